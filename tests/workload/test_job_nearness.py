"""How near a job's nodes stand: a word in the job, a node label in the cluster's runtimes."""

from __future__ import annotations

from typing import Any

import pytest
from job_samples import job
from support.clouds import cloud_plan

from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan.queue_model import NearnessPlan
from fairlead.workload.load import load_job
from fairlead.workload.nearness import PREFERRED, REQUIRED, UNCONSTRAINED, pod_annotations
from fairlead.workload.render import render
from fairlead.workload.runtime import runtimes

RACKS = (
    NearnessPlan("near", "example.com/rack", required=False),
    NearnessPlan("rack", "example.com/rack", required=True),
)


def referred(**fields: Any) -> str:
    """Runtime that a job of accelerators refers to."""
    return render(job(accelerators="L4:1", **fields), load())[-1]["spec"]["runtimeRef"]["name"]


def test_a_job_with_accelerators_stands_near_unless_it_says_more() -> None:
    assert referred() == "fairlead-near"
    assert referred(topology="rack", max_restarts=2) == "fairlead-rack-restart-2"
    assert render(job(), load())[-1]["spec"]["runtimeRef"]["name"] == "fairlead"


def test_a_job_without_accelerators_has_no_topology() -> None:
    with pytest.raises(InputError, match=r"job\.topology: only nodes with accelerators"):
        load_job({"name": "a", "tenant": "t", "image": "a/b:1", "run": "x", "topology": "rack"}, "f")


def test_an_unknown_word_is_refused() -> None:
    data = {
        "name": "a",
        "tenant": "t",
        "image": "a/b:1",
        "run": "x",
        "accelerators": "H100:8",
        "topology": "row",
    }
    with pytest.raises(InputError, match=r"job\.topology: is none of the words"):
        load_job(data, "f")


def test_the_runtime_says_which_label_a_word_means_and_whether_it_must_be_kept() -> None:
    made = {one["metadata"]["name"]: one for one in runtimes(nearness=pod_annotations(RACKS))}

    def notes(name: str) -> dict[str, str]:
        (part,) = made[name]["spec"]["template"]["spec"]["replicatedJobs"]
        return part["template"]["spec"]["template"].get("metadata", {}).get("annotations", {})

    assert notes("fairlead-near-restart-3") == {PREFERRED: "example.com/rack"}
    assert notes("fairlead-rack") == {REQUIRED: "example.com/rack"}
    assert notes("fairlead") == {}
    assert "fairlead-block" not in made, "a word that cannot be kept has no runtime"


def test_where_no_place_is_known_any_free_node_will_do_and_where_pools_grow_nothing_is_said() -> None:
    assert pod_annotations([NearnessPlan("near", "", required=False)]) == {"near": {UNCONSTRAINED: "true"}}
    growing = cloud_plan("aws", {"name": "gpu", "accelerators": "H100:8", "min": 0, "max": 2})
    assert pod_annotations(growing.queues.nearness) == {"near": {}}
