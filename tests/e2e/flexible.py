"""A cloud that sells capacity as a whole, played by the tests: Kueue's request is real, the answer is theirs.

The queue's objects come from the plan of such a platform, as its own program would make them. The one thing
that the local target lacks is an autoscaler that answers ProvisioningRequests; its CRD comes from the Go module
that Kueue is built with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from reference.gomodule import go_module
from support.clouds import cloud_plan

from e2e.stage import Stage, until
from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers import queue, tenancy
from fairlead.plan.model import PlatformPlan, PoolPlan, Taint
from fairlead.targets.local.node_pools import KWOK, RESOURCES, resources
from fairlead.workload.nearness import pod_annotations
from fairlead.workload.runtime import runtimes

APIS = "k8s.io/autoscaler/cluster-autoscaler/apis@v0.0.0-20240830133931-adfbe7e45277"
"""The version in go.mod of sigs.k8s.io/kueue v0.19.2."""
CRD = "provisioningrequests.autoscaling.x-k8s.io"
MANAGER = ("-n", queue.NAMESPACE, "deployment/kueue-controller-manager")
TENANT, ACCELERATOR = "flex-a", "A100-40GB:1"
NOW = "2026-01-01T00:00:00Z"


def plan() -> PlatformPlan:
    """Six machines of one accelerator, which are only there when all that a job needs of them is."""
    pool = {"name": "flex", "accelerators": ACCELERATOR, "capacity": "flex", "max_duration": "7d"}
    size = {"min": 0, "max": 6, "zones": ["us-central1-a"]}
    tenants = [{"name": TENANT, "quota": {"accelerators": {"A100-40GB": 6}}}]
    return cloud_plan("gcp", pool | size, name="flex", target={"queued": ["flex"]}, tenants=tenants)


def objects(made: PlatformPlan) -> list[Object]:
    """What such a platform's program would apply for its queue, in the same order."""
    queues, (tenant,) = made.queues, made.tenants
    (own,) = queues.queues
    jobs = runtimes(None, pod_annotations(queues), made.fabrics.jobs)
    return [
        *queue.topologies(queues),
        *queue.checks(queues),
        *queue.flavors(queues),
        *queue.cohort(queues),
        queue.cluster_queue(queues, own),
        # Runtimes of plain jobs are there already.
        *(one for one in jobs if "a100" in one["metadata"]["name"]),
        tenancy.namespace(tenant),
        *tenancy.objects(tenant),
        *queue.local_queues(queues, own),
    ]


@dataclass
class Cloud:
    """What answers requests, and the nodes that come of it."""

    stage: Stage
    made: PlatformPlan

    @classmethod
    def beside(cls, stage: Stage) -> Cloud:
        """Adds such a platform's queue to a cluster. Kueue looks for the CRD when it starts, so it starts again."""
        file = go_module(APIS) / "config" / "crd" / "autoscaling.x-k8s.io_provisioningrequests.yaml"
        crd: Mapping[str, Any] = yaml.safe_load(file.read_text())
        assert crd["metadata"]["name"] == CRD
        stage.apply(crd)
        stage.kubectl("wait", f"crd/{CRD}", "--for=condition=Established", "--timeout=30s")
        stage.kubectl("rollout", "restart", *MANAGER)
        stage.kubectl("rollout", "status", *MANAGER, "--timeout=100s")
        made = plan()
        until("Kueue's webhooks answer", lambda: _answers(stage, queue.probe()), 90)
        stage.apply(*objects(made))
        return cls(stage, made)

    @property
    def pool(self) -> PoolPlan:
        return next(one for one in self.made.pools if one.name == "flex")

    def leave(self) -> None:
        """Takes all of it away again, users of things before the things."""
        spaces = [one for one in objects(self.made) if one["kind"] == "Namespace"]
        rest = [one for one in reversed(objects(self.made)) if one["kind"] != "Namespace"]
        for obj in (*spaces, *rest):
            where = ["-n", space] if (space := obj["metadata"].get("namespace")) else []
            kind = (
                f"{obj['kind']}.{obj['apiVersion'].partition('/')[0]}"
                if "/" in obj["apiVersion"]
                else obj["kind"]
            )
            self.stage.kubectl(
                "delete", kind, obj["metadata"]["name"], *where, "--ignore-not-found", "--timeout=90s"
            )
        self.nodes_go()

    def requests(self) -> list[Object]:
        """ProvisioningRequests, the oldest first."""
        found = self.stage.objects(CRD, TENANT)
        return sorted(found, key=lambda one: one["metadata"]["creationTimestamp"])

    def templates(self, request: Object) -> list[tuple[int, Object]]:
        """(number, pod) of what a request asks room for."""
        pods = {
            one["metadata"]["name"]: one["template"] for one in self.stage.objects("podtemplates", TENANT)
        }
        return [(one["count"], pods[one["podTemplateRef"]["name"]]) for one in request["spec"]["podSets"]]

    def answer(self, request: Object, *conditions: tuple[str, str]) -> None:
        """Writes (condition, message) into the request's status, as the cloud's autoscaler would."""
        said = [
            {"type": kind, "status": "True", "reason": kind, "message": message, "lastTransitionTime": NOW}
            for kind, message in conditions
        ]
        patch = json.dumps({"status": {"conditions": said}})
        name = request["metadata"]["name"]
        self.stage.kubectl(
            "patch", CRD, name, "-n", TENANT, "--subresource=status", "--type=merge", "-p", patch
        )

    def nodes_come(self, places: Sequence[int]) -> None:
        """Machines of the pool, with the labels and taints that the cloud gives them."""
        self.stage.apply(*(self._node(place) for place in places))

    def nodes_go(self) -> None:
        self.stage.kubectl("delete", "nodes", "-l", f"{labels.POOL}=flex", "--ignore-not-found")

    def _node(self, place: int) -> Object:
        name, (rung,) = f"flex-{place}", self.pool.rungs
        told = {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/zone": "us-central1-a",
            "cloud.google.com/gke-nodepool": "flex-g1",
            labels.SIMULATED: "true",
        }
        taints = [_taint(one) for one in (*self.pool.taints, *rung.taints)]
        assert len(taints) == 2, "the accelerator's, and the one of queued nodes"
        notes = {KWOK: "fake", RESOURCES: json.dumps(resources(self.pool), sort_keys=True)}
        meta = {"name": name, "labels": {**told, **rung.labels}, "annotations": notes}
        return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": {"taints": taints}}


def _taint(one: Taint) -> Object:
    return {"key": one.key, "value": one.value, "effect": one.effect}


def _answers(stage: Stage, probe: Object) -> bool:
    said = stage.kubectl("apply", "--dry-run=server", "-f", "-", given=probe, check=False)
    return "dry run" in said and "rror" not in said
