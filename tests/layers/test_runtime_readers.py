"""Who may read the runtimes: members of tenants, for the SDK does so, and nobody may write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from support.specs import minimal
from support.strict import problems

from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.layers import runtimes, tenancy
from fairlead.plan.load import load_plan
from fairlead.plan.model import PeoplePlan, PlatformPlan


def plan(**jobs: Any) -> PlatformPlan:
    return load_plan(minimal(layers={"jobs": jobs}), "test", load())


def test_members_of_all_tenants_read_the_clusters_runtimes() -> None:
    [tenant] = plan().tenants
    tenants = [replace(tenant, groups=("b", "a")), replace(tenant, name="other", groups=("b", "c"))]
    role, bound, other = runtimes.readers(tenants)
    assert role["rules"] == [
        {
            "apiGroups": ["trainer.kubeflow.org"],
            "resources": ["clustertrainingruntimes"],
            "verbs": ["get", "list", "watch"],
        }
    ]
    for one, groups in ((bound, ["b", "a"]), (other, ["b", "c"])):
        assert one["kind"] == "ClusterRoleBinding"
        assert one["roleRef"]["name"] == role["metadata"]["name"]
        assert [who["name"] for who in one["subjects"]] == groups
    assert bound["metadata"]["name"] != other["metadata"]["name"]
    assert [problem for obj in (role, bound, other) for problem in problems(obj)] == []


def test_who_may_only_look_reads_no_runtimes_and_admins_do() -> None:
    [tenant] = plan().tenants
    people = replace(tenant, groups=(), viewers=PeoplePlan(("guests",)), admins=PeoplePlan((), ("ada",)))
    _, bound = runtimes.readers([people])
    assert [(who["kind"], who["name"]) for who in bound["subjects"]] == [("User", "ada")]


def test_where_tenants_have_no_groups_nobody_is_bound() -> None:
    assert runtimes.readers([replace(one, groups=()) for one in plan().tenants]) == []


def test_in_a_namespace_members_look_for_runtimes_and_make_none() -> None:
    [tenant] = plan().tenants
    rules: list[Mapping[str, Any]] = tenancy.rights(tenant)[0]["rules"]
    verbs = {verb for rule in rules if "trainingruntimes" in rule["resources"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}


def test_all_frameworks_are_offered_unless_the_spec_names_some_and_none_without_the_layer() -> None:
    assert plan().jobs.runtimes == ("torch", "jax", "xgboost", "mpi", "deepspeed")
    chosen = plan(runtimes=["jax"], images={"jax": "mine/jax:2"}).jobs
    assert (chosen.runtimes, chosen.images) == (("jax",), {"jax": "mine/jax:2"})
    assert plan(enabled=False).jobs.runtimes == ()
    assert plan(runtimes=[]).jobs.runtimes == ()


@pytest.mark.parametrize(
    ("jobs", "where", "said"),
    [
        ({"runtimes": ["jax", "torch", "jax"]}, "runtimes", "jax twice"),
        ({"runtimes": ["tensorflow"]}, "runtimes", ""),
        ({"images": {"jax": "mine/jax"}}, "images", "tag other than latest"),
        ({"images": {"jax": "host:5000/jax"}}, "images", "tag other than latest"),
        ({"images": {"jax": "mine/jax:latest"}}, "images", "tag other than latest"),
        ({"runtimes": ["jax"], "images": {"mpi": "mine/mpi:1"}}, "", "images has mpi"),
        ({"images": {"keras": "mine/keras:1"}}, "images", ""),
    ],
)
def test_a_framework_that_there_is_not_or_an_image_that_changes_is_refused(
    jobs: Mapping[str, Any], where: str, said: str
) -> None:
    with pytest.raises(InputError) as refusal:
        plan(**jobs)
    [problem] = refusal.value.problems
    assert f"layers.jobs.{where}".rstrip(".") in problem.where
    assert said in problem.what


@pytest.mark.parametrize("image", ["mine/jax:2", "host:5000/jax:2", "jax@sha256:" + "a" * 64])
def test_an_image_that_stays_the_same_is_taken(image: str) -> None:
    assert plan(images={"jax": image}).jobs.images == {"jax": image}
