"""LeaderWorkerSet: the real controller and the real Kueue; groups of real processes that start and restart as one."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from e2e.stage import REMOTE_IMAGE, ROOT, Stage, throughout, until
from fairlead import labels
from fairlead.layers.lws.tool import GROUP
from fairlead.layers.queue_controller import PODS

pytestmark = pytest.mark.e2e

TENANT = "team-a"
INDEX = "leaderworkerset.sigs.k8s.io/group-index"
GPU = "nvidia.com/gpu"


@pytest.fixture(scope="module")
def example() -> Mapping[str, Any]:
    return yaml.safe_load((ROOT / "examples" / "lws" / "pairs.yaml").read_text())


@pytest.fixture(scope="module")
def pairs(tools: Stage, example: Mapping[str, Any]) -> Stage:
    """A platform with two groups of two pods that run."""
    tools.sent(example)
    until("all four run", lambda: len(pods(tools, "pairs", "Running")) == 4, 180)
    return tools


def pods(stage: Stage, name: str, phase: str = "") -> list[dict[str, Any]]:
    """Its pods that are not on their way out."""
    chosen = f"{PODS['lws']}={name}"
    found = json.loads(stage.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]
    return [
        one
        for one in found
        if (not phase or one["status"].get("phase") == phase) and "deletionTimestamp" not in one["metadata"]
    ]


def ids(stage: Stage, group: str) -> set[str]:
    mine = [one for one in pods(stage, "pairs", "Running") if one["metadata"]["labels"][INDEX] == group]
    return {one["metadata"]["uid"] for one in mine}


def changed(example: Mapping[str, Any], name: str, queue: str | None, **spec: Any) -> dict[str, Any]:
    made = copy.deepcopy(dict(example))
    made["metadata"] = {"name": name, "namespace": TENANT, "labels": {labels.QUEUE: queue} if queue else {}}
    made["spec"] = {**made["spec"], **spec}
    return made


def with_gpus(made: dict[str, Any], gpus: int) -> dict[str, Any]:
    """On simulated nodes."""
    pod = made["spec"]["leaderWorkerTemplate"]["workerTemplate"]["spec"]
    pod["tolerations"] = [{"key": GPU, "operator": "Exists", "effect": "NoSchedule"}]
    [box] = pod["containers"]
    box["image"] = REMOTE_IMAGE
    box["resources"]["limits"][GPU] = str(gpus)
    return made


def test_the_layer_is_healthy(tools: Stage) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith("lws ")]
    assert "healthy" in line


def test_each_group_is_one_workload_that_the_queue_has_let_go(pairs: Stage) -> None:
    found = pairs.workloads_of("pairs")
    assert len(found) == 2
    for one in found:
        [part] = one["status"]["admission"]["podSetAssignments"]
        assert (part["count"], set(part["flavors"].values())) == (2, {"cpu-on-demand"})
        assert one["spec"]["queueName"] == "inference"


def test_the_pods_of_a_group_know_their_leader(pairs: Stage) -> None:
    told = pairs.kubectl("logs", "-n", TENANT, "-l", f"{PODS['lws']}=pairs,{INDEX}=1", "--tail=-1")
    assert sorted(line for line in told.splitlines() if line.startswith("part")) == [
        f"part {number} of pairs-1.pairs.{TENANT}" for number in (0, 1)
    ]


@pytest.mark.parametrize("who", ["pairs-0", "pairs-0-1"], ids=["the-leader", "a-worker"])
def test_all_of_a_group_starts_anew_when_one_of_it_ends_and_no_other_group_does(
    pairs: Stage, who: str
) -> None:
    before, other = ids(pairs, "0"), ids(pairs, "1")
    assert (len(before), len(other)) == (2, 2)
    pairs.kubectl("exec", "-n", TENANT, who, "--", "touch", "/tmp/end")
    after = until("the group is whole again", lambda: _whole(pairs, before), 120)
    assert not after & before
    assert ids(pairs, "1") == other
    assert all(one["status"]["admission"] for one in pairs.workloads_of("pairs"))


def _whole(stage: Stage, before: set[str]) -> set[str]:
    now = ids(stage, "0")
    return now if len(now) == 2 and not now & before else set()


def test_groups_come_and_go_with_the_number_that_is_wanted(pairs: Stage) -> None:
    kind = f"leaderworkersets.{GROUP}"
    for wanted in (3, 2):
        pairs.kubectl("scale", kind, "pairs", "-n", TENANT, f"--replicas={wanted}")
        until(f"{wanted} groups", lambda: len(pods(pairs, "pairs", "Running")) == 2 * wanted, 120)  # noqa: B023
        until("as many workloads", lambda: len(pairs.workloads_of("pairs")) == wanted)  # noqa: B023
    pairs.kubectl("delete", kind, "pairs", "-n", TENANT, "--timeout=60s")
    until("its pods are gone", lambda: not pods(pairs, "pairs"), 120)
    assert not [one for one in pairs.workloads_of("pairs") if one["status"].get("admission")]


def test_a_group_with_accelerators_is_admitted_whole_or_waits(
    tools: Stage, example: Mapping[str, Any]
) -> None:
    """Groups of two pods with 2 accelerators each: of the 8 that there are, two groups take all."""
    tools.sent(with_gpus(changed(example, "served", "inference", replicas=3), 2))
    until("two groups run", lambda: len(pods(tools, "served", "Running")) == 4, 120)

    def waits() -> bool:
        held = [one for one in pods(tools, "served", "Pending") if one["spec"].get("schedulingGates")]
        return len(held) >= 1 and len(pods(tools, "served", "Running")) == 4

    until("the third waits", waits)
    throughout("and goes on waiting", waits)
    admitted = [one for one in tools.workloads_of("served") if one["status"].get("admission")]
    parts = [part for one in admitted for part in one["status"]["admission"]["podSetAssignments"]]
    assert [(one["flavors"][GPU], one["resourceUsage"][GPU]) for one in parts] == [
        ("h100-on-demand", "4")
    ] * 2
    tools.kubectl("delete", f"leaderworkersets.{GROUP}", "served", "-n", TENANT, "--timeout=60s")
    until("its pods are gone", lambda: not pods(tools, "served"), 120)


def test_groups_that_name_no_queue_run_nowhere_and_own_no_others(
    tools: Stage, example: Mapping[str, Any]
) -> None:
    tools.sent(changed(example, "nameless", None, replicas=1))
    held = until("its leader is there", lambda: pods(tools, "nameless"), 60)
    assert held[0]["spec"]["schedulingGates"]
    throughout(
        "nothing runs", lambda: not any(one["spec"].get("nodeName") for one in pods(tools, "nameless"))
    )
    tools.kubectl("delete", f"leaderworkersets.{GROUP}", "nameless", "-n", TENANT, "--timeout=60s")
    until("its pods are gone", lambda: not pods(tools, "nameless"), 120)


def test_a_pod_that_is_of_no_group_is_not_held_back(tools: Stage) -> None:
    """Kueue looks at pods for the groups' sake: it must leave all others alone."""
    held = [
        one
        for one in tools.objects("pods", TENANT)
        if one["spec"].get("schedulingGates") and PODS["lws"] not in one["metadata"].get("labels", {})
    ]
    assert held == []
    box = {
        "name": "main",
        "image": REMOTE_IMAGE,
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    user = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"securityContext": user, "containers": [box]}
    alone = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "alone", "namespace": TENANT},
        "spec": spec,
    }
    shown = tools.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", given=alone)
    assert not json.loads(shown)["spec"].get("schedulingGates")
