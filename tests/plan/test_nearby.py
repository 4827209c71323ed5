"""Accelerators that a target has not are refused with what comes nearest there, and with who has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.clouds import refused

from fairlead.catalog.read import load
from fairlead.errors import Problem
from fairlead.plan import nearby
from fairlead.values import Accelerators


def refusal(cloud: str, accelerators: str, **more: Any) -> Problem:
    """The one problem of a pool that asks for these."""
    (problem,) = refused(cloud, {"name": "gpu", "min": 0, "max": 1, "accelerators": accelerators, **more})
    return problem


def test_a_count_that_a_target_has_not_names_the_nearest_counts_and_the_target_that_has_it() -> None:
    problem = refusal("aws", "H100:2")
    assert problem.allowed == "H100:1, H100:8"
    assert problem.fix.endswith("or target gcp has H100:2")


def test_a_count_that_no_target_has_names_the_counts_of_all() -> None:
    problem = refusal("aws", "H100:3")
    assert problem.allowed == "H100:8, H100:1"
    assert "target azure has H100:8; target gcp has H100:4, H100:2, H100:8, H100:1" in problem.fix


def test_an_accelerator_that_a_target_has_not_names_five_of_the_same_vendor_by_memory_and_count() -> None:
    problem = refusal("azure", "B200:8")
    assert problem.allowed == "H200:8, GB200:4, A100-80GB:8, H100:8, GB300:4 (nearest)"
    assert problem.fix.startswith("target aws, gcp has B200:8; `fairlead accelerators --target azure`")


def test_where_no_machine_is_of_the_vendor_the_nearest_are_told_all_the_same() -> None:
    assert refusal("gcp", "MI300X:8").allowed.startswith("B200:8, H200:8, ")
    assert "target azure has MI300X:8" in refusal("gcp", "MI300X:8").fix


def test_the_nearest_choices_are_not_machines_that_a_plan_refuses() -> None:
    """P6e-GB200 has no known size, bare-metal A4X Max no cluster, and what is simulated cannot be bought."""
    rows = load().accelerators
    told = nearby.closest(Accelerators("GB300", 4), rows["GB300"], "aws", load())
    assert told[0] == "B300:8"
    assert not any(one.startswith("GB200") for one in told)
    assert (
        nearby.elsewhere(Accelerators("GB300", 4), rows["GB300"], "aws", load()) == "target azure has GB300:4"
    )
    assert "local" not in nearby.targets_with("H100", load(), "aws")


def test_an_accelerator_that_the_cloud_sells_under_an_unknown_name_is_refused_with_the_reason() -> None:
    problem = refusal("aws", "GB300:4")
    reason = load().absent["aws"]["GB300"].reason
    assert problem.what == f"no machine of target aws has GB300: {reason}"
    assert "p6e-gb300" in reason
    assert reason not in refusal("aws", "MI300X:8").what


@pytest.mark.parametrize("name", [name for rows in load().absent.values() for name in rows])
def test_what_the_catalogue_lacks_for_a_reason_is_told_in_the_clouds_page(name: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "aws.md"
    assert f"P6e-{name}" in page.read_text(encoding="utf-8")
