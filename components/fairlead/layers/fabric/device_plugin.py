"""A fabric's device plugin out of its chart: nodes advertise their fast interfaces as an extended resource.

It runs on exactly the nodes of the pools whose jobs get the fabric and tolerates their taints alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import transform
from fairlead.plan.fabric_model import NodePart

NAMESPACE = "fairlead-fabric"
RESOURCES = ("10m", "20Mi", "128Mi")
"""cpu and memory as the chart asks for them, and the most memory: this product's choice."""


def values(part: NodePart) -> Mapping[str, Any]:
    """Values of the chart: the nodes with these accelerators, and their taints."""
    return {
        "supportedInstanceLabels": {"keys": [labels.ACCELERATOR], "values": list(part.accelerators)},
        "tolerations": [
            {
                "key": one.key,
                "operator": one.operator,
                **({"value": one.value} if one.value else {}),
                "effect": one.effect,
            }
            for one in part.tolerations
        ],
    }


def objects(render: Renderer, part: NodePart, image: str) -> list[Object]:
    """Its namespace and its objects, with the lock's image.

    The namespace is privileged: the plugin mounts the kubelet's socket directory and /dev/infiniband.
    """
    release = Release(part.name, part.name, NAMESPACE, values(part))
    made = transform.in_namespace(transform.without_hooks(render(release)), NAMESPACE)
    made = transform.on_pods(made, transform.with_image(image))
    made = transform.on_pods(made, transform.with_resources(*RESOURCES))
    return [_namespace(), *transform.on_pods(made, _exactly(part))]


def _namespace() -> Object:
    level = {"pod-security.kubernetes.io/enforce": "privileged"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": level}}


def _exactly(part: NodePart) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """A pod change: only the nodes of these pools, and none of the taints that the chart tolerates by itself."""
    pools = {"key": labels.POOL, "operator": "In", "values": list(part.pools)}
    tolerations = values(part)["tolerations"]

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        required = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        terms = [
            {**term, "matchExpressions": [pools, *term["matchExpressions"]]}
            for term in required["nodeSelectorTerms"]
        ]
        affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        return {**spec, "tolerations": tolerations, "affinity": {"nodeAffinity": affinity}}

    return change
