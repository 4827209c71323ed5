"""The controllers of queues and jobs, beside their charts: who they run as, what they write, who calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers import transform
from fairlead.layers.objects import MONITORING, SEALED, closed, door, unprivileged

USER = 65_532
"""Their images' own: Dockerfiles of kueue v0.19.2 and jobset v0.12.0; Trainer's v2.3.0 is of distroless' nonroot."""
WEBHOOKS, METRICS = 9443, 8443
DOORS: Mapping[str, Sequence[int]] = {
    # 8082: the API server passes on who asks for the places of waiting jobs.
    "kueue": (WEBHOOKS, 8082),
    "jobset": (WEBHOOKS,),
    # 10443: jobs tell how far they are.
    "kubeflow-trainer": (WEBHOOKS, 10_443),
}
"""Controller -> ports that are called from anywhere: by the API server, which no policy can name, or by jobs."""


def sealed(objects: Sequence[Object]) -> list[Object]:
    """Their pods as nobody of the node, with a file system that stays as it is.

    Certificates come in a Secret, settings in a ConfigMap: Kueue and JobSet have been so in their own charts, and
    Trainer's sources write no file either.
    """
    return transform.on_pods(objects, _sealed)


def _sealed(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    told: Mapping[str, Any] = {**(spec.get("securityContext") or {}), **unprivileged(USER)}
    boxes: list[Mapping[str, Any]] = [
        {**box, "securityContext": {**(box.get("securityContext") or {}), **SEALED}}
        for box in spec["containers"]
    ]
    return {**spec, "securityContext": told, "containers": boxes}


def fence(controller: str, namespace: str, objects: Sequence[Object]) -> list[Object]:
    """Nobody calls a pod of the namespace but through these doors; what gathers metrics has one of its own.

    Egress stays open: the controllers call the API server.
    """
    [pods] = [one["spec"]["selector"]["matchLabels"] for one in objects if one["kind"] == "Deployment"]
    doors = [*(door(port) for port in DOORS[controller]), door(METRICS, [MONITORING])]
    return [closed("default-deny", namespace, {}), closed(controller, namespace, pods, doors)]
