"""The detector's objects: where it runs, what it tolerates, what it looks for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.strict import containers

from fairlead import labels
from fairlead.catalog import faults
from fairlead.catalog.read import load
from fairlead.layers.health import detector
from fairlead.plan.health_model import DetectorPlan
from fairlead.plan.load import load_plan

IMAGE = "registry.example.com/npd:1"
LOST = "NVRM: Xid (PCI:0000:10:1c): 79, pid=1896, GPU has fallen off the bus."
READ_ONLY = "EXT4-fs (sda1): Remounting filesystem read-only"


def planned() -> DetectorPlan:
    nodes = {"cpu": "8", "memory": "32Gi"}
    spec = {
        "name": "lab",
        "environment": "dev",
        "target": {
            "kind": "onprem",
            "kubeconfig": "~/.kube/config",
            "context": "rack",
            "storage": {"block": {"provisioner": "a"}, "shared": {"provisioner": "b"}},
        },
        "pools": [
            {"name": "system", "min": 1, "max": 1, "nodes": {**nodes, "names": ["cpu-0"]}},
            {
                "name": "h100",
                "accelerators": "H100:8",
                "min": 1,
                "max": 1,
                "nodes": {**nodes, "names": ["gpu-0"]},
            },
        ],
        "tenants": [{"name": "team-a", "quota": {}}],
    }
    plan = load_plan(spec, "test", load()).health.detector
    assert plan is not None
    return plan


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return {obj["kind"]: obj for obj in detector.objects(planned(), IMAGE)}


def pod(made: dict[str, Any]) -> dict[str, Any]:
    return made["DaemonSet"]["spec"]["template"]["spec"]


def matching(made: dict[str, Any], line: str) -> list[dict[str, Any]]:
    monitor = json.loads(made["ConfigMap"]["data"][detector.MONITOR])
    return [rule for rule in monitor["rules"] if re.search(rule["pattern"], line)]


def test_it_runs_on_the_nodes_of_the_platforms_real_pools_and_nowhere_else(made: dict[str, Any]) -> None:
    (term,) = pod(made)["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term["matchExpressions"] == [{"key": labels.POOL, "operator": "In", "values": ["system", "h100"]}]


def test_it_tolerates_exactly_the_taints_of_those_pools_and_quarantine(made: dict[str, Any]) -> None:
    tolerated = {(one["key"], one["effect"]) for one in pod(made)["tolerations"]}
    assert tolerated == {("nvidia.com/gpu", "NoSchedule"), (labels.QUARANTINE, "NoExecute")}


def test_what_it_runs_is_the_image_of_the_lock_and_the_kernel_log_is_all_it_sees_of_the_node(
    made: dict[str, Any],
) -> None:
    (box,) = containers(pod(made))
    assert box["image"] == IMAGE
    assert [volume["hostPath"]["path"] for volume in pod(made)["volumes"] if "hostPath" in volume] == [
        "/dev/kmsg"
    ]
    assert not any(pod(made).get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))


@pytest.mark.parametrize(("line", "condition"), [(LOST, "GPULost"), (READ_ONLY, "ReadonlyFilesystem")])
def test_a_line_of_the_kernel_sets_the_condition_of_its_fault(
    made: dict[str, Any], line: str, condition: str
) -> None:
    (rule,) = matching(made, line)
    assert (rule["type"], rule["condition"]) == ("permanent", condition)


def test_every_code_of_a_driver_means_one_fault_and_no_code_is_part_of_another(made: dict[str, Any]) -> None:
    for row in faults.load().faults.values():
        for xid in row.xids:
            line = f"NVRM: Xid (PCI:0000:10:1c): {xid}, pid=1, what it says"
            (rule,) = matching(made, line)
            assert rule["type"] == ("temporary" if row.grade == "application" else "permanent"), xid
    assert matching(made, "NVRM: Xid (PCI:0000:10:1c): 7, pid=1, x") == []
    assert matching(made, "NVRM: Xid (PCI:0000:10:1c): 795, pid=1, x") == []


def test_every_condition_of_a_rule_is_declared_and_begins_as_false(made: dict[str, Any]) -> None:
    monitor = json.loads(made["ConfigMap"]["data"][detector.MONITOR])
    declared = [one["type"] for one in monitor["conditions"]]
    assert len(declared) == len(set(declared))
    assert {rule["condition"] for rule in monitor["rules"] if "condition" in rule} == set(declared)


def test_another_configuration_is_another_pod_for_it_is_read_at_the_start_alone() -> None:
    plan = planned()
    fewer = DetectorPlan(plan.pools, plan.tolerations, plan.rules[1:])
    notes = [
        next(obj for obj in detector.objects(one, IMAGE) if obj["kind"] == "DaemonSet")["spec"]["template"][
            "metadata"
        ]
        for one in (plan, plan, fewer)
    ]
    assert notes[0] == notes[1] != notes[2]


def test_the_conditions_are_those_of_the_catalogue() -> None:
    rows = faults.load().repairs["operator-onprem"].values()
    assert {rule.condition for rule in planned().rules if rule.lasting} <= {row.condition for row in rows}
    assert Path(detector.KERNEL_LOG) == Path("/dev/kmsg")


def test_its_priority_has_a_quota_in_its_namespace_where_clusters_insist_on_one(made: dict[str, Any]) -> None:
    (scope,) = made["ResourceQuota"]["spec"]["scopeSelector"]["matchExpressions"]
    assert pod(made)["priorityClassName"] in scope["values"]
    assert made["ResourceQuota"]["metadata"]["namespace"] == made["DaemonSet"]["metadata"]["namespace"]
