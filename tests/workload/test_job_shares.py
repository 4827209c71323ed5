"""A job that asks for a part of an accelerator: what it renders to, and what makes no sense."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from job_samples import job
from support.clouds import cloud_plan
from support.rendered_pods import pod
from support.specs import with_gpus

from fairlead import labels
from fairlead.catalog.read import load as load_catalog
from fairlead.errors import InputError
from fairlead.plan.load import load_plan
from fairlead.plan.model import PoolPlan, Taint
from fairlead.values import Accelerators, quantity
from fairlead.workload.load import load_job
from fairlead.workload.render import render
from fairlead.workload.runtime import runtime

GPU = "nvidia.com/gpu"


def spec_of(accelerators: str) -> dict[str, Any]:
    asked = job(accelerators=accelerators, num_nodes=1)
    return pod(render(asked)[-1], runtime(asked.max_restarts))["spec"]


def requests(accelerators: str) -> dict[str, str]:
    asked = job(accelerators=accelerators, num_nodes=1)
    return render(asked)[-1]["spec"]["trainer"]["resourcesPerNode"]["requests"]


def refused(**changes: Any) -> list[tuple[str, str]]:
    base = {"name": "x", "tenant": "team-a", "image": "x:1", "run": "true"}
    with pytest.raises(InputError) as caught:
        load_job({**base, **changes}, "f")
    return [(one.where, str(one)) for one in caught.value.problems]


@pytest.mark.parametrize("text", ["H100/1g.10gb:1", "H100/1g.10gb", "L4/shared:1", "A100-80GB/3g.40gb:1"])
def test_a_share_is_written_after_a_slash_and_reads_back_as_written(text: str) -> None:
    found = Accelerators.parse(text)
    assert str(found) == (text if ":" in text else f"{text}:1")
    assert found.share == text.partition("/")[2].partition(":")[0]


@pytest.mark.parametrize(
    "text", ["H100/", "/1g.10gb", "H100/1G.10GB", "H100/1g..10gb", "H100/1g.10gb/x", "H100/1g.10gb:0"]
)
def test_a_text_that_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be NAME"):
        Accelerators.parse(text)


def test_a_share_is_one_of_the_vendors_resource_on_nodes_of_its_name() -> None:
    found = spec_of("H100/1g.10gb:1")
    assert requests("H100/1g.10gb:1")[GPU] == "1"
    assert found["nodeSelector"] == {labels.ACCELERATOR: "H100_1g.10gb"}
    assert {"key": labels.SHARE, "operator": "Equal", "value": "1g.10gb", "effect": "NoSchedule"} in found[
        "tolerations"
    ]


def test_a_job_that_wants_whole_accelerators_tolerates_no_share() -> None:
    found = spec_of("H100:1")
    assert found["nodeSelector"] == {labels.ACCELERATOR: "H100"}
    assert labels.SHARE not in {one["key"] for one in found["tolerations"]}


def test_no_toleration_of_a_share_lets_another_share_in() -> None:
    (one,) = [each for each in spec_of("L4/shared")["tolerations"] if each["key"] == labels.SHARE]
    assert (one["operator"], one["value"]) == ("Equal", "shared")


@pytest.mark.parametrize(
    ("share", "part"), [("1g.10gb", Fraction(1, 7)), ("3g.40gb", Fraction(3, 7)), ("shared", Fraction(1, 4))]
)
def test_a_share_asks_for_its_part_of_the_usual_cores_and_memory(share: str, part: Fraction) -> None:
    row = load_catalog().accelerators["H100"]
    found = requests(f"H100/{share}")
    assert abs(quantity(found["cpu"]) - quantity(row.job_cpu) * part) < Fraction(1, 1000)
    assert 0 <= quantity(row.job_memory) * part - quantity(found["memory"]) < 1024**2


def nodes_of(target: str, sharing: Any) -> PoolPlan:
    """A pool of the target whose L4s are shared so."""
    asked = {"name": "l4", "accelerators": "L4:1", "min": 1, "max": 1, "sharing": sharing}
    plan = (
        load_plan(with_gpus(asked), "f", load_catalog()) if target == "local" else cloud_plan(target, asked)
    )
    return next(one for one in plan.pools if one.name == "l4")


def tolerated(taint: Taint, by: list[dict[str, str]]) -> bool:
    return any(
        one["key"] == taint.key and (one["operator"] == "Exists" or one["value"] == taint.value) for one in by
    )


@pytest.mark.parametrize("target", ["local", "aws", "gcp"])
@pytest.mark.parametrize(
    ("sharing", "fits", "stranger"),
    [
        ("none", "L4:1", "L4/shared:1"),
        ({"time-slicing": 4}, "L4/shared:1", "L4:1"),
        ({"mps": 4}, "L4/shared:1", "L4:1"),
    ],
)
def test_one_job_file_fits_the_nodes_of_its_share_on_every_target_and_no_others(
    target: str, sharing: Any, fits: str, stranger: str
) -> None:
    nodes = nodes_of(target, sharing)
    for accelerators, wanted in ((fits, True), (stranger, False)):
        found = spec_of(accelerators)
        selected = found["nodeSelector"].items() <= nodes.labels.items()
        let_in = all(tolerated(taint, found["tolerations"]) for taint in nodes.taints)
        assert requests(accelerators)[nodes.resource or ""] == "1"
        assert (selected, selected and let_in) == (wanted, wanted)
    assert nodes.offered == (1 if sharing == "none" else 4)


def test_two_shares_and_gangs_of_shares_are_refused_together() -> None:
    problems = refused(accelerators="L4/shared:2", num_nodes=2)
    assert [where for where, _ in problems] == ["job.accelerators", "job.num_nodes"]
    assert "L4:1" in problems[0][1]
    assert "NCCL" in problems[1][1]


@pytest.mark.parametrize(
    ("accelerators", "words"),
    [
        ("H100/1g.5gb", "H100/1g.10gb"),
        ("T4/1g.10gb", "T4/shared"),
        ("MI300X/shared", "handed out whole"),
        ("MI300X/dra", "handed out whole"),
        ("A100/shared", "A100-40GB"),
    ],
)
def test_a_share_that_the_catalogue_does_not_have_is_refused(accelerators: str, words: str) -> None:
    ((where, text),) = refused(accelerators=accelerators)
    assert where == "job.accelerators"
    assert words in text
