"""Shared accelerators on AKS: the agent pool cuts them, the device plugin of this platform shares them."""

from __future__ import annotations

from typing import Any

import pytest
from azure_platforms import agent_pools, pool, registered
from support.clouds import cloud_plan

from fairlead import labels
from fairlead.errors import InputError
from fairlead.plan.sites.azure_edits import refused as edit_refused

A100 = ("a100", "A100-80GB:1")


def fixed(sharing: Any, **more: Any) -> dict[str, Any]:
    return pool(*A100, **{"min": 2, "max": 2, "sharing": sharing, **more})


def refused(*pools: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        cloud_plan("azure", *pools)
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(("profile", "count", "word"), [("1g.10gb", 7, "MIG1g"), ("3g.40gb", 2, "MIG3g")])
def test_a_mig_profile_is_the_instance_profile_of_the_agent_pool(profile: str, count: int, word: str) -> None:
    made = registered(fixed({"mig": {profile: count}}))
    (a100,) = [
        dict(one.inputs)
        for one in made.resources
        if one.typ.endswith(":AgentPool") and one.inputs["agentPoolName"].startswith("a100")
    ]
    assert a100["gpuInstanceProfile"] == word
    assert a100["nodeLabels"]["nvidia.com/device-plugin.config"] == "mig"
    assert f"{labels.SHARE}={profile}:NoSchedule" in a100["nodeTaints"]


def test_whole_accelerators_have_no_instance_profile() -> None:
    assert agent_pools(fixed("none"))["a100g1o"].gpu_instance_profile == ""


def test_a_profile_that_aks_has_no_word_for_is_refused() -> None:
    assert "1g.10gb" in refused(fixed({"mig": {"1g.20gb": 4}}))


def test_fewer_slices_than_aks_would_cut_are_refused() -> None:
    assert "as many slices of the profile as fit" in refused(fixed({"mig": {"1g.10gb": 5}}))


def test_a_growing_pool_of_shares_is_refused_with_the_threads() -> None:
    text = refused(fixed({"mig": {"1g.10gb": 7}}, min=0))
    assert "AKS#4216" in text
    assert "#5161" in text


def test_slices_on_azure_linux_are_refused() -> None:
    assert "azurelinux-nvidia" in refused(fixed({"mig": {"1g.10gb": 7}}, image="azurelinux-nvidia"))


def test_how_accelerators_are_cut_cannot_be_changed_in_a_pool_that_stands() -> None:
    (problem,) = edit_refused("a100g1o", {"gpuInstanceProfile": "MIG1g"}, {"gpuInstanceProfile": "MIG2g"})
    assert problem.what == "how accelerators are cut cannot be changed in a pool that stands"
