"""Jobs of Kubeflow's old API: the real operator, the real Kueue, and two processes that find each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from e2e.stage import ROOT, Stage, throughout, until
from fairlead.layers.jobs_v1 import place
from fairlead.plan.jobs_v1_model import NAMESPACE

pytestmark = pytest.mark.e2e

TENANT, QUEUE = "team-a", "training"
EXAMPLE = yaml.safe_load((ROOT / "examples" / "jobs-v1" / "sum.yaml").read_text())
OPERATOR = f"system:serviceaccount:{NAMESPACE}:{place.OPERATOR}"


@pytest.fixture
def stage(tools: Stage) -> Stage:
    """A platform on which such jobs run."""
    return tools


@pytest.fixture
def held(stage: Stage) -> Iterator[Stage]:
    """The tenant's queue lets nothing go."""
    _policy(stage, "Hold")
    yield stage
    _policy(stage, "None")


def _policy(stage: Stage, policy: str) -> None:
    patch = json.dumps({"spec": {"stopPolicy": policy}})
    stage.kubectl("patch", "localqueue", QUEUE, "-n", TENANT, "--type=merge", "-p", patch)


def pods(stage: Stage, name: str) -> list[dict[str, Any]]:
    chosen = f"training.kubeflow.org/job-name={name}"
    return json.loads(stage.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]


def conditions(stage: Stage, name: str) -> set[str]:
    found = json.loads(stage.kubectl("get", "pytorchjob", name, "-n", TENANT, "-o", "json"))
    told = found.get("status", {}).get("conditions", [])
    return {one["type"] for one in told if one["status"] == "True"}


def test_the_layer_is_healthy(stage: Stage) -> None:
    [line] = [one for one in stage.fairlead("status").splitlines() if one.startswith("jobs-v1 ")]
    assert "healthy" in line


def test_a_job_waits_in_the_queue_and_then_its_processes_work_together(stage: Stage, held: Stage) -> None:
    """The example as it stands."""
    stage.sent(EXAMPLE)
    until("its queue looks at it", lambda: stage.workloads_of("sum"), 120)
    throughout("it waits", lambda: not pods(stage, "sum"), 5)
    _policy(held, "None")
    found = until("it is let go", lambda: made if len(made := pods(stage, "sum")) == 2 else None, 120)
    assert all("initContainers" not in pod["spec"] for pod in found)
    until("it ends", lambda: conditions(stage, "sum") & {"Succeeded", "Failed"}, 600)
    told = "\n".join(stage.kubectl("logs", "-n", TENANT, pod["metadata"]["name"]) for pod in found)
    assert "Succeeded" in conditions(stage, "sum"), told[-3000:]
    for rank in (0, 1):
        assert f"rank {rank} of 2: the sum is 3" in told
    stage.kubectl("delete", "pytorchjob", "sum", "-n", TENANT, "--timeout=120s")
    until("its pods are gone", lambda: not pods(stage, "sum"), 120)


def test_a_job_without_a_queue_never_runs(stage: Stage) -> None:
    made = deepcopy(EXAMPLE)
    made["metadata"] = {"name": "unqueued", "namespace": TENANT}
    stage.sent(made)
    until("the operator has seen it", lambda: "Suspended" in conditions(stage, "unqueued"), 120)
    throughout("it has no pod", lambda: not pods(stage, "unqueued"), 5)
    assert "Running" not in conditions(stage, "unqueued")
    stage.kubectl("delete", "pytorchjob", "unqueued", "-n", TENANT, "--timeout=120s")


def test_what_would_pass_the_queue_is_refused_and_the_operators_own_webhook_answers(stage: Stage) -> None:
    owned = deepcopy(EXAMPLE)
    # Not a job: of an owner that is one, and is not there, Kueue says so before the policy is asked.
    owner = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "kube-root-ca.crt",
        "uid": "x",
        "controller": True,
    }
    owned["metadata"]["ownerReferences"] = [owner]
    assert "leave ownerReferences with controller: true out" in stage.sent(owned, check=False)
    nameless = deepcopy(EXAMPLE)
    template = nameless["spec"]["pytorchReplicaSpecs"]["Worker"]["template"]
    template["spec"]["containers"][0]["name"] = "other"
    assert "must have at least one container with name pytorch" in stage.sent(nameless, check=False)


def test_members_send_and_strangers_do_not_and_the_operator_makes_pods_in_tenants_alone(stage: Stage) -> None:
    def may(who: str, verb: str, what: str, where: str, *groups: str) -> bool:
        given = [part for group in groups for part in ("--as-group", group)]
        said = stage.kubectl("auth", "can-i", verb, what, "-n", where, "--as", who, *given, check=False)
        return said.split()[-1] == "yes"

    for kind in place.KINDS.values():
        assert may("somebody", "create", f"{kind}.{place.GROUP}", TENANT, TENANT)
        assert not may("somebody", "create", f"{kind}.{place.GROUP}", TENANT, "team-b")
    assert may(OPERATOR, "create", "pods", TENANT)
    assert not may(OPERATOR, "create", "pods", "default")
    assert not may(OPERATOR, "get", "secrets", TENANT)
