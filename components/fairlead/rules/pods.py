"""Where an object of Kubernetes has pods: found once, for all rules about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.rules.model import Subject

TEMPLATES: Mapping[str, str] = {
    "Pod": "spec",
    "Deployment": "spec.template.spec",
    "DaemonSet": "spec.template.spec",
    "StatefulSet": "spec.template.spec",
    "ReplicaSet": "spec.template.spec",
    "Job": "spec.template.spec",
    "CronJob": "spec.jobTemplate.spec.template.spec",
}
"""Kind -> path of the pod's spec."""
TYPES = tuple(f"kubernetes:*:{kind}" for kind in TEMPLATES)


def pod_of(subject: Subject) -> tuple[str, Mapping[str, Any]] | None:
    """(path, the pod's spec) of an object that makes pods; None of another."""
    path = TEMPLATES.get(subject.kind)
    found = subject.get(path) if path else None
    return (path, found) if path and isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType]


def containers(subject: Subject) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path, container) of every container of a pod, those that run before it too."""
    found = pod_of(subject)
    if found is None:
        return
    path, spec = found
    for kind in ("initContainers", "containers"):
        for place, one in enumerate(spec.get(kind) or ()):
            yield f"{path}.{kind}[{place}]", one
