"""Ray: the real KubeRay and the real Kueue; real Ray processes on the real node, simulated ones with accelerators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from e2e.stage import REMOTE_IMAGE, ROOT, Stage, throughout, until
from fairlead import labels
from fairlead.layers.objects import RBAC
from fairlead.layers.ray import place
from fairlead.plan.ray_model import NAMESPACE

pytestmark = pytest.mark.e2e

TENANT, QUEUE = "team-a", "training"
GPU = "nvidia.com/gpu"
TAKEN = {"key": GPU, "operator": "Exists", "effect": "NoSchedule"}
"""The taint of accelerator nodes: who asks for accelerators tolerates it."""


@pytest.fixture
def stage(tools: Stage) -> Stage:
    """A platform on which Ray runs."""
    return tools


def pod(gpus: int) -> dict[str, Any]:
    """A Ray node that asks for accelerators: it is simulated, no process runs."""
    asked = {"cpu": "10m", "memory": "16Mi", GPU: str(gpus)}
    box = {
        "name": "ray",
        "image": REMOTE_IMAGE,
        "resources": {"requests": asked, "limits": {GPU: str(gpus)}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    user = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    return {"spec": {"securityContext": user, "containers": [box], "tolerations": [TAKEN]}}


def cluster_spec(workers: int = 1, gpus: int = 1, **rest: Any) -> dict[str, Any]:
    group = {"groupName": "workers", "replicas": workers, "rayStartParams": {}, "template": pod(gpus)}
    head = {"rayStartParams": {}, "template": pod(gpus)}
    return {"rayVersion": "2.56.1", "headGroupSpec": head, "workerGroupSpecs": [group], **rest}


def ray(
    kind: str, name: str, spec: Mapping[str, Any], queue: str | None = QUEUE, **meta: Any
) -> dict[str, Any]:
    named = {"name": name, "namespace": TENANT, "labels": {labels.QUEUE: queue} if queue else {}, **meta}
    return {"apiVersion": "ray.io/v1", "kind": kind, "metadata": named, "spec": dict(spec)}


def one(stage: Stage, kind: str, name: str) -> dict[str, Any]:
    return json.loads(stage.kubectl("get", kind, name, "-n", TENANT, "-o", "json"))


def pods(stage: Stage, cluster: str, phase: str = "") -> list[dict[str, Any]]:
    chosen = f"{place.GROUP}/cluster={cluster}"
    found = json.loads(stage.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]
    return [one for one in found if not phase or one["status"].get("phase") == phase]


def workload(stage: Stage, owner: str) -> dict[str, Any]:
    [found] = stage.workloads_of(owner)
    return found


def removed(stage: Stage, kind: str, name: str) -> None:
    stage.kubectl("delete", kind, name, "-n", TENANT, "--timeout=120s")
    until("its pods are gone", lambda: not pods(stage, name), 120)


def test_the_layer_is_healthy(stage: Stage) -> None:
    [line] = [one for one in stage.fairlead("status").splitlines() if one.startswith("ray ")]
    assert "healthy" in line


def test_a_job_of_a_member_runs_on_a_cluster_of_its_own_and_leaves_nothing_behind(stage: Stage) -> None:
    """The example as it stands: real processes, and the operator asks the dashboard through the tenant's fence."""
    job = yaml.safe_load((ROOT / "examples" / "ray" / "squares.yaml").read_text())
    stage.sent(job)

    def ended() -> str:
        status = one(stage, "rayjob", "squares").get("status", {})
        return (
            status["jobDeploymentStatus"]
            if status.get("jobStatus") in ("SUCCEEDED", "FAILED", "STOPPED")
            else ""
        )

    def cluster() -> str:
        return one(stage, "rayjob", "squares").get("status", {}).get("rayClusterName", "")

    def running() -> str:
        """The cluster. The operator names one before it sees that the job waits, and another once it may start."""
        name = cluster()
        return name if name and len(pods(stage, name, "Running")) == 2 else ""

    name = until("both Ray nodes run", running, 300)
    hosts = {
        pod["metadata"]["labels"]["ray.io/node-type"]: pod["metadata"]["name"] for pod in pods(stage, name)
    }
    admitted = workload(stage, "squares")["status"]["admission"]["podSetAssignments"]
    assert {one["name"]: set(one["flavors"].values()) for one in admitted} == {
        part: {"cpu-on-demand"} for part in ("head", "workers", "submitter")
    }
    until("the job has ended", ended, 300)
    status = one(stage, "rayjob", "squares")["status"]
    assert status["jobStatus"] == "SUCCEEDED", status
    told = stage.kubectl("logs", "-n", TENANT, "-l", "job-name=squares", "--tail=-1")
    assert f"{sum(x * x for x in range(100))} ['{hosts['worker']}']" in told
    until("the cluster is gone", lambda: not pods(stage, name), 120)
    done = until(
        "its place is free",
        lambda: [c for c in workload(stage, "squares")["status"]["conditions"] if c["type"] == "Finished"],
    )
    assert done[0]["status"] == "True"
    stage.kubectl("delete", "rayjob", "squares", "-n", TENANT, "--timeout=60s")


def test_a_cluster_gets_its_accelerators_from_the_queue_and_can_be_held_and_let_go(stage: Stage) -> None:
    stage.sent(ray("RayCluster", "held", cluster_spec(workers=2)))
    found = until("all run", lambda: _three(stage, "held"), 120)
    simulated = {node["metadata"]["name"] for node in stage.objects("nodes") if _simulated(node)}
    assert {pod["spec"]["nodeName"] for pod in found} <= simulated
    services = {one["metadata"]["name"] for one in stage.objects("services", TENANT)}
    assert "held-head-svc" in services
    assigned = workload(stage, "held")["status"]["admission"]["podSetAssignments"]
    assert {(one["name"], one["flavors"][GPU], one["resourceUsage"][GPU]) for one in assigned} == {
        ("head", "h100-on-demand", "1"),
        ("workers", "h100-on-demand", "2"),
    }
    name = workload(stage, "held")["metadata"]["name"]
    for active, wanted in ((False, 0), (True, 3)):
        patch = json.dumps({"spec": {"active": active}})
        stage.kubectl("patch", "workload", name, "-n", TENANT, "--type=merge", "-p", patch)
        until(f"{wanted} pods", lambda: len(pods(stage, "held", "Running")) == wanted, 120)  # noqa: B023
        assert one(stage, "raycluster", "held")["spec"].get("suspend", False) is not active
    removed(stage, "raycluster", "held")


def _three(stage: Stage, name: str) -> list[dict[str, Any]]:
    running = pods(stage, name, "Running")
    return running if len(running) == 3 else []


def _simulated(node: Mapping[str, Any]) -> bool:
    return node["metadata"]["labels"].get(labels.SIMULATED) == "true"


def test_what_the_queue_cannot_admit_has_no_pods(stage: Stage) -> None:
    stage.sent(ray("RayCluster", "large", cluster_spec(workers=8)))
    stage.sent(ray("RayCluster", "nameless", cluster_spec(), queue=None))
    job = {"entrypoint": "true", "shutdownAfterJobFinishes": True, "rayClusterSpec": cluster_spec()}
    stage.sent(ray("RayJob", "nameless", job, queue=None))
    until("it waits", lambda: workload(stage, "large")["status"].get("conditions"))
    throughout(
        "none has pods",
        lambda: (
            not stage.objects("pods", TENANT)
            or not [
                one
                for one in stage.objects("pods", TENANT)
                if "ray.io/cluster" in one["metadata"].get("labels", {})
            ]
        ),
        10,
    )
    assert one(stage, "raycluster", "nameless")["spec"]["suspend"] is True
    assert one(stage, "rayjob", "nameless")["spec"]["suspend"] is True
    stage.kubectl("delete", "rayclusters,rayjobs", "--all", "-n", TENANT, "--timeout=60s")


def test_a_service_has_one_cluster_which_the_queue_lets_go(stage: Stage) -> None:
    """Its applications are not looked at: nothing runs on simulated nodes."""
    stage.sent(ray("RayService", "served", {"rayClusterConfig": cluster_spec()}, queue="inference"))
    mine = until("it has a cluster", lambda: _clusters(stage, "served"), 120)
    [cluster] = mine
    until("it runs", lambda: len(pods(stage, cluster, "Running")) == 2, 120)
    assert workload(stage, "served")["status"]["admission"]
    throughout("it stays one", lambda: len(_clusters(stage, "served")) == 1, 5)
    stage.kubectl("delete", "rayservice", "served", "-n", TENANT, "--timeout=120s")
    until("its pods are gone", lambda: not pods(stage, cluster), 120)


def _clusters(stage: Stage, service: str) -> list[str]:
    found = stage.objects("rayclusters", TENANT)
    return [
        one["metadata"]["name"]
        for one in found
        if service in {ref["name"] for ref in one["metadata"].get("ownerReferences", [])}
    ]


SENDER = {
    "entrypoint": "true",
    "clusterSelector": {"ray.io/cluster": "held"},
    "submitterPodTemplate": {**pod(1), "spec": {**pod(1)["spec"], "restartPolicy": "Never"}},
}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (ray("RayCluster", "no", cluster_spec(enableInTreeAutoscaling=True)), "enableInTreeAutoscaling"),
        (ray("RayJob", "no", SENDER), "waits in no queue"),
        (
            ray(
                "RayService",
                "no",
                {"rayClusterConfig": cluster_spec(), "upgradeStrategy": {"type": "NewCluster"}},
            ),
            "must be None",
        ),
        (
            ray("RayJob", "no", {"entrypoint": "true", "rayClusterSpec": cluster_spec()}),
            "should delete the cluster after finishing",
        ),
    ],
    ids=["autoscaling", "sender-with-a-gpu", "second-cluster", "cluster-that-stays"],
)
def test_what_would_run_past_the_queue_is_refused(stage: Stage, made: Mapping[str, Any], said: str) -> None:
    assert said in stage.sent(made, check=False)


def test_nobody_passes_the_queue_by_saying_that_what_runs_owns_the_next(stage: Stage) -> None:
    """Kueue believes it: the same object is let go at once when it comes from the operator's account."""
    stage.sent(ray("RayCluster", "first", cluster_spec()))
    uid = one(stage, "raycluster", "first")["metadata"]["uid"]
    owner = {"apiVersion": "ray.io/v1", "kind": "RayCluster", "name": "first", "uid": uid, "controller": True}
    owned = ray("RayCluster", "next", cluster_spec(), queue=None, ownerReferences=[owner])
    assert "only the controller of an owner" in stage.sent(owned, check=False)
    operator = f"system:serviceaccount:{NAMESPACE}:{place.OPERATOR}"
    told = ("create", "--dry-run=server", "-o", "json", "-f", "-", "--as", operator)
    shown = json.loads(stage.kubectl(*told, given=owned))
    assert not shown["spec"].get("suspend", False)
    removed(stage, "raycluster", "first")


def test_members_send_and_strangers_do_not_and_the_operator_makes_pods_in_tenants_alone(stage: Stage) -> None:
    operator = f"system:serviceaccount:{NAMESPACE}:{place.OPERATOR}"

    def may(who: str, verb: str, what: str, where: str, *groups: str) -> bool:
        given = [part for group in groups for part in ("--as-group", group)]
        said = stage.kubectl("auth", "can-i", verb, what, "-n", where, "--as", who, *given, check=False)
        return said.split()[-1] == "yes"

    for kind in place.KINDS:
        assert may("somebody", "create", f"{kind}.{place.GROUP}", TENANT, TENANT)
        assert not may("somebody", "create", f"{kind}.{place.GROUP}", TENANT, "team-b")
    assert may(operator, "create", "pods", TENANT)
    assert not may(operator, "create", "pods", "default")
    assert not may(operator, "create", f"roles.{RBAC}", TENANT)
