"""Karpenter with its own simulated provider: pools that grow get nodes when pods wait, and lose idle ones.

The controller, its order of pools, its limits and its consolidation are the real ones; what it buys is
simulated: a machine is a Node object, played by the same KWOK as the nodes that are always there.
Formats after sigs.k8s.io/karpenter v1.14.1: kwok/cloudprovider/helpers.go for the machines,
kwok/charts and kwok/apis/crds for the objects; 2026-11-24.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

import pulumi

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.contract.crd import without_descriptions
from fairlead.contract.group import ObjectGroup
from fairlead.plan.model import PoolPlan, Rung
from fairlead.plan.sites.local import Provisioner
from fairlead.targets.local.node_pools import BLOCK, RACK, RESOURCES, ZONE, resources
from fairlead.values import cpu_text, memory_text, quantity

CHART = "karpenter-kwok"
NAMESPACE = "karpenter"
CLASS = "simulated"
TYPES = "instance-types.json"
FOLDER = "/etc/karpenter"
OVERHEAD: Mapping[str, str] = {"cpu": "100m", "memory": "10Mi"}
"""What the provider takes off each machine for a kubelet: newInstanceType in kwok/cloudprovider/helpers.go."""
MARKETS: Mapping[str, str] = {"reserved": "on-demand", "on-demand": "on-demand", "spot": "spot"}
"""Capacity -> what Karpenter calls it. The simulated provider knows no reservations: there it is the limit
of the step, and the label `fairlead.dev/capacity`, that make nodes reserved ones."""
REGISTRATION = "2s"
"""How long a simulated machine takes to join."""
USED = ("100m", "256Mi", "1Gi")
"""What the controller asks for: cpu, memory, most memory."""


def machine(pool: PoolPlan) -> Object:
    """The pool's machine as an instance type: what its nodes advertise, and the provider's overhead on top."""
    whole = dict(resources(pool))
    whole["cpu"] = cpu_text(quantity(whole["cpu"]) + quantity(OVERHEAD["cpu"]))
    whole["memory"] = memory_text(quantity(whole["memory"]) + quantity(OVERHEAD["memory"]))
    return {
        "name": pool.machine,
        "architecture": "amd64",
        "operatingSystems": ["linux"],
        "resources": whole,
        "offerings": [
            {
                "Available": True,
                "Requirements": [_is("karpenter.sh/capacity-type", market), _is(ZONE_LABEL, ZONE)],
            }
            for market in dict.fromkeys(MARKETS.values())
        ],
    }


ZONE_LABEL = "topology.kubernetes.io/zone"


def _is(key: str, value: str) -> Object:
    return {"key": key, "operator": "In", "values": [value]}


def machines(pools: Sequence[PoolPlan]) -> Object:
    """The file of all machines, as the controller reads it."""
    found = list({pool.machine: machine(pool) for pool in pools}.values())
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "instance-types", "namespace": NAMESPACE},
        "data": {TYPES: json.dumps(found, indent=1, sort_keys=True)},
    }


def controller(image: str, system: Mapping[str, str], types: Object) -> Release:
    """Karpenter itself. It reads its machines once: another file is another pod."""
    repository, _, tag = image.rpartition(":")
    cpu, memory, most = USED
    values = {
        "replicas": 1,
        "nodeSelector": dict(system),
        "podAnnotations": {"fairlead.dev/machines": hashlib.sha256(_text(types)).hexdigest()[:16]},
        "controller": {
            "image": {"repository": repository, "tag": tag},
            "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
            "env": [{"name": "INSTANCE_TYPES_FILE_PATH", "value": f"{FOLDER}/{TYPES}"}],
            "extraVolumeMounts": [{"name": "machines", "mountPath": FOLDER, "readOnly": True}],
        },
        "extraVolumes": [{"name": "machines", "configMap": {"name": types["metadata"]["name"]}}],
        # The chart leaves these two empty, on which the controller ends.
        "settings": {"featureGates": {"staticCapacity": False, "capacityBuffer": False}},
    }
    return Release(CHART, "karpenter", NAMESPACE, values)


def _text(types: Object) -> bytes:
    return str(types["data"][TYPES]).encode()


def node_class() -> Object:
    """How simulated machines join."""
    return {
        "apiVersion": "karpenter.kwok.sh/v1alpha1",
        "kind": "KWOKNodeClass",
        "metadata": {"name": CLASS},
        "spec": {"nodeRegistrationDelay": REGISTRATION},
    }


def node_pool(step: Provisioner, pool: PoolPlan) -> Object:
    """Which nodes one step of a ladder may have. Only nodes without any pod are taken away, all at once."""
    rung = _rung(step, pool)
    template = {
        "nodeClassRef": {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": CLASS},
        "requirements": [
            _is("node.kubernetes.io/instance-type", pool.machine),
            _is("karpenter.sh/capacity-type", MARKETS[step.capacity]),
            _is("kubernetes.io/arch", "amd64"),
            _is("kubernetes.io/os", "linux"),
        ],
        "taints": [{"key": one.key, "value": one.value, "effect": one.effect} for one in pool.taints],
        "expireAfter": "Never",
        "terminationGracePeriod": f"{pool.drain_minutes}m",
    }
    notes = {RESOURCES: json.dumps(resources(pool), sort_keys=True)}
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": step.name},
        "spec": {
            "weight": step.weight,
            "limits": _limits(step.nodes, pool),
            "disruption": {
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": f"{pool.idle_seconds}s",
                "budgets": [
                    {"nodes": "100%", "reasons": ["Empty"]},
                    {"nodes": str(pool.max_unavailable), "reasons": ["Drifted", "Underutilized"]},
                ],
            },
            "template": {
                # Machines of a step come into one rack: which other there was, nobody would know before.
                "metadata": {
                    "labels": {**rung.labels, RACK: step.name, BLOCK: step.name},
                    "annotations": notes,
                },
                "spec": template,
            },
        },
    }


def _limits(nodes: int, pool: PoolPlan) -> Mapping[str, str]:
    """Most nodes, said twice. Karpenter holds their number against the limit only before it begins with the
    pods that wait: a gang that comes at once would pass it. What a machine offers is counted one by one.

    https://github.com/kubernetes-sigs/karpenter/issues/2915, seen with 1.14.1, 2026-11-24
    """
    return {"nodes": str(nodes), "pods": str(nodes * int(resources(pool)["pods"]))}


def _rung(step: Provisioner, pool: PoolPlan) -> Rung:
    return next(rung for rung in pool.rungs if rung.capacity == step.capacity)


class Autoscaling(pulumi.ComponentResource):
    """Karpenter, at work once its class and pools stand.

    The pools go first at the end: the engine waits for a NodePool to be gone, which it is when the
    controller, that still runs, has taken its nodes away.
    """

    ready: Sequence[pulumi.Resource]

    def __init__(
        self,
        name: str,
        steps: Sequence[Provisioner],
        pools: Mapping[str, PoolPlan],
        image: str,
        system: Mapping[str, str],
        render: Renderer,
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("fairlead:local:Autoscaling", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        types = machines([pools[step.pool] for step in steps])
        parts = render(controller(image, system, types))
        crds = [without_descriptions(one) for one in parts if one["kind"] == "CustomResourceDefinition"]
        rest = [one for one in parts if one["kind"] != "CustomResourceDefinition"]
        kinds = ObjectGroup(f"{name}-crds", crds, inside)
        program = ObjectGroup(f"{name}-controller", [_namespace(), types, *rest], inside, after=kinds.ready)
        classes = ObjectGroup(f"{name}-class", [node_class()], inside, after=program.ready)
        wanted = [node_pool(step, pools[step.pool]) for step in steps]
        self.ready = ObjectGroup(f"{name}-pools", wanted, inside, after=classes.ready).ready
        self.register_outputs({})


def _namespace() -> Object:
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": level}}
