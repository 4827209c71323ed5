"""Two nodes of an NVLink rack on a bare API server with the real Kueue, and gangs that claim its channels.

The test publishes the channels in the driver's place.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from support import matrix

from e2e.bare import Bare
from e2e.bare_kueue import Certificate, make_queues, start_kueue
from e2e.bare_nodes import node, resource_slice, stands
from fairlead import labels
from fairlead.layers import queue_controller
from fairlead.plan.fabric_model import Claim
from fairlead.plan.model import PlatformPlan
from fairlead.workload.runtime import runtime

Object = Mapping[str, Any]
NVLINK = matrix.Combination("onprem", "none", "infiniband and nvlink")
DRIVER = "compute-domain.nvidia.com"
NODES = 2
SIZE = {"cpu": "90", "memory": "900Gi", "nvidia.com/gpu": "4", "rdma/infiniband": "1"}
CHANNEL_0 = {"channel-0": {"type": "channel", "id": 0}}
"""What the driver's plugin publishes on a node."""


@cache
def plan() -> PlatformPlan:
    return matrix.planned(NVLINK)


def template(claim: Claim) -> Object:
    """What the driver's controller makes of a ComputeDomain, after its compute-domain-workload-claim-template."""
    asked = {"name": "channel", "exactly": {"deviceClassName": claim.device_class}}
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": claim.template, "namespace": "team-a"},
        "spec": {"spec": {"devices": {"requests": [asked]}}},
    }


def rack(bare: Bare, controllers: Sequence[Object]) -> None:
    """The nodes with their channels, the queues that the plan makes, the control plane and Kueue."""
    made = plan()
    classes = [obj for obj in controllers if obj["kind"] == "DeviceClass" and DRIVER in str(obj)]
    assert classes
    (claim,) = made.fabrics.claims
    bare.make(*classes, template(claim))
    make_queues(bare, made.queues, trees=True)
    account = {"apiVersion": "v1", "kind": "ServiceAccount"}
    bare.make({**account, "metadata": {"name": labels.WORKLOAD_ACCOUNT, "namespace": "team-a"}})
    flavor = next(one for one in made.queues.flavors if one.accelerator == "GB200")
    for place in range(NODES):
        name = f"rack-{place}"
        one = node(name, flavor.node_labels, flavor.node_taints, SIZE)
        stands(bare, one, resource_slice(DRIVER, name, CHANNEL_0))
    bare.control()
    config = queue_controller.config(made.queues, made.fabrics.uncounted)
    # Without its chart's objects: no webhook of it is asked.
    start_kueue(bare, config, (), Certificate(bare.folder / "certificate"), {"batch/job": "jobs"})


def gang(name: str, nodes: int = NODES) -> Object:
    """A job of whole nodes as JobSet would make it of the accelerator's runtime."""
    job = next(one for one in plan().fabrics.jobs if one.accelerator == "GB200")
    made = runtime(0, None, "near", {}, job)["spec"]["template"]["spec"]["replicatedJobs"][0]
    pod = copy.deepcopy(made["template"]["spec"]["template"])
    box = pod["spec"]["containers"][0]
    box["image"] = "registry.example.com/team/train:1.0"
    amounts = {**box["resources"]["limits"], "nvidia.com/gpu": "4", "cpu": "8", "memory": "16Gi"}
    box["resources"] |= {"requests": amounts, "limits": amounts}
    pod["spec"]["nodeSelector"] = {labels.ACCELERATOR: "GB200"}
    pod["spec"]["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    notes = (
        {"kueue.x-k8s.io/podset-required-topology": "kubernetes.io/hostname"}
        if nodes == 1
        else {"kueue.x-k8s.io/podset-unconstrained-topology": "true"}
    )
    pod["metadata"] = {**pod.get("metadata", {}), "annotations": notes}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "team-a", "labels": {labels.QUEUE: "training"}},
        "spec": {"suspend": True, "parallelism": nodes, "completions": nodes, "template": pod},
    }


def workload(bare: Bare, job: str) -> Any:
    found = json.loads(bare.kubectl("get", "workloads", "-n", "team-a", "-o", "json"))["items"]
    return next((one for one in found if one["metadata"]["ownerReferences"][0]["name"] == job), None)


def status(bare: Bare, job: str) -> dict[str, Any]:
    found = workload(bare, job)
    return found.get("status", {}) if found else {}


def waiting(bare: Bare, job: str) -> list[Any]:
    """What the queue says of a workload that has no place yet."""
    return [one for one in status(bare, job).get("conditions", []) if one["type"] == "QuotaReserved"]


def pods(bare: Bare, job: str) -> list[Any]:
    return json.loads(bare.kubectl("get", "pods", "-n", "team-a", "-l", f"job-name={job}", "-o", "json"))[
        "items"
    ]
