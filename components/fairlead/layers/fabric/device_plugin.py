"""A fabric's device plugin out of its chart: nodes advertise their fast interfaces as an extended resource.

It runs on exactly the nodes of the pools whose jobs get the fabric and tolerates their taints alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import transform
from fairlead.layers.fabric import place
from fairlead.plan.fabric_model import NodePart

RESOURCES = ("10m", "20Mi", "128Mi")
"""cpu and memory as the chart asks for them, and the most memory: this product's choice."""


def values(part: NodePart) -> Mapping[str, Any]:
    """Values of the chart: the nodes with these accelerators, and their taints."""
    return {
        "supportedInstanceLabels": {"keys": [labels.ACCELERATOR], "values": list(part.accelerators)},
        "tolerations": place.tolerations(part),
    }


def objects(render: Renderer, part: NodePart, image: str) -> list[Object]:
    """Its objects, with the lock's image."""
    release = Release(part.name, part.name, place.NAMESPACE, values(part))
    made = transform.in_namespace(transform.without_hooks(render(release)), place.NAMESPACE)
    made = transform.on_pods(made, transform.with_image(image))
    made = transform.on_pods(made, transform.with_resources(*RESOURCES))
    return list(transform.on_pods(made, _exactly(part)))


def _exactly(part: NodePart) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """A pod change: only the nodes of these pools, and none of the taints that the chart tolerates by itself."""

    def change(spec: Mapping[str, Any]) -> Mapping[str, Any]:
        required = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        terms = [
            {**term, "matchExpressions": [place.rule(part), *term["matchExpressions"]]}
            for term in required["nodeSelectorTerms"]
        ]
        affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        return {**spec, "tolerations": place.tolerations(part), "affinity": {"nodeAffinity": affinity}}

    return change
