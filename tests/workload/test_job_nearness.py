"""How near a job's nodes stand: a word in the job, a node label in the cluster's runtimes."""

from __future__ import annotations

from typing import Any

import pytest
from job_samples import job
from support.clouds import cloud_plan
from support.specs import minimal

from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan.load import load_plan
from fairlead.plan.queue_model import QueuesPlan
from fairlead.workload.load import load_job
from fairlead.workload.nearness import PREFERRED, REQUIRED, UNCONSTRAINED, pod_annotations
from fairlead.workload.render import render
from fairlead.workload.runtime import runtimes

FIXED = {"name": "gpu", "accelerators": "H100:8", "min": 2, "max": 2}


def referred(**fields: Any) -> str:
    """Runtime that a job of accelerators refers to."""
    return render(job(accelerators="L4:1", **fields), load())[-1]["spec"]["runtimeRef"]["name"]


def test_a_job_with_accelerators_stands_near_unless_it_says_more() -> None:
    assert referred() == "fairlead-l4-near"
    assert referred(topology="rack", max_restarts=3) == "fairlead-l4-rack-restart-3"
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


def notes(queues: QueuesPlan) -> dict[str, dict[str, str]]:
    """Runtime -> annotations of its pods, for jobs that never start again."""
    found: dict[str, dict[str, str]] = {}
    for one in runtimes(nearness=pod_annotations(queues)):
        (part,) = one["spec"]["template"]["spec"]["replicatedJobs"]
        metadata = part["template"]["spec"]["template"].get("metadata", {})
        found[one["metadata"]["name"]] = metadata.get("annotations", {})
    return {name: said for name, said in found.items() if "restart" not in name}


def test_the_runtime_of_an_accelerator_says_which_label_a_word_means_and_whether_it_must_be_kept() -> None:
    layer_2, layer_3 = (f"topology.k8s.aws/network-node-layer-{place}" for place in (2, 3))
    assert notes(cloud_plan("aws", FIXED).queues) == {
        "fairlead": {},
        "fairlead-h100-near": {PREFERRED: layer_3},
        "fairlead-h100-rack": {REQUIRED: layer_3},
        "fairlead-h100-block": {REQUIRED: layer_2},
    }


def test_a_word_that_cannot_be_kept_has_no_runtime() -> None:
    """L4 machines tell their zone and nothing finer."""
    small = {"name": "small", "accelerators": "L4:1", "min": 2, "max": 2}
    assert notes(cloud_plan("aws", small).queues) == {
        "fairlead": {},
        "fairlead-l4-near": {PREFERRED: "topology.kubernetes.io/zone"},
    }


def test_beside_an_accelerator_that_grows_another_keeps_its_racks() -> None:
    growing = {"name": "small", "accelerators": "L4:1", "min": 0, "max": 2}
    said = notes(cloud_plan("aws", FIXED, growing).queues)
    assert said["fairlead-l4-near"] == {}, "nodes that do not stand yet cannot be chosen from"
    assert PREFERRED in said["fairlead-h100-near"]
    assert REQUIRED in said["fairlead-h100-rack"]
    assert "fairlead-l4-rack" not in said


def test_where_nodes_tell_no_place_any_that_are_free_will_do() -> None:
    names = {"names": ["gpu-0", "gpu-1"], "cpu": "96", "memory": "1Ti"}
    plain = {"names": ["cpu-0"], "cpu": "8", "memory": "32Gi"}
    pools = [
        {"name": "system", "min": 1, "max": 1, "nodes": plain},
        {"name": "gpu", "accelerators": "H100:8", "min": 2, "max": 2, "nodes": names},
    ]
    target = {"kind": "onprem", "kubeconfig": "/k", "context": "c"}
    plan = load_plan(minimal(target=target, pools=pools), "f", load())
    assert notes(plan.queues)["fairlead-h100-near"] == {UNCONSTRAINED: "true"}
