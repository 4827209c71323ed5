"""Where an object of Kubernetes has pods: found once, for all rules about them.

Not the built-in kinds alone: a RayCluster, a JobSet or a TrainJob has pods inside, and what is wrong with a pod is
wrong there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from fairlead.rules.model import Data, Subject

TEMPLATES: Mapping[str, str] = {
    "Pod": "spec",
    "Deployment": "spec.template.spec",
    "DaemonSet": "spec.template.spec",
    "StatefulSet": "spec.template.spec",
    "ReplicaSet": "spec.template.spec",
    "Job": "spec.template.spec",
    "CronJob": "spec.jobTemplate.spec.template.spec",
}
"""Kind of Kubernetes' own -> path of the pod's spec."""
TYPES = tuple(f"kubernetes:*:{kind}" for kind in TEMPLATES)
ANY = ("kubernetes:*",)
"""Types that may have pods inside."""
NONE = frozenset({"CustomResourceDefinition", "ConfigMap", "Secret", "ServiceAccount", "NetworkPolicy"})
"""Kinds that have none, and some of which are large."""
PATCHES = frozenset({"TrainJob"})
"""Kinds whose pods are laid over others: what they leave out is said elsewhere."""
MARKS = frozenset(
    {
        *(
            "containers",
            "initContainers",
            "volumes",
            "tolerations",
            "securityContext",
            "nodeSelector",
            "affinity",
        ),
        *("serviceAccountName", "nodeName", "hostNetwork", "hostPID", "hostIPC", "priorityClassName"),
    }
)
"""Fields by which the spec of a template is known to be a pod's."""
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def pod_of(subject: Subject) -> tuple[str, Data] | None:
    """(path, the pod's spec) of an object of Kubernetes' own that makes pods; None of another."""
    path = TEMPLATES.get(subject.kind)
    found = subject.get(path) if path else None
    return (path, cast("Data", found)) if path and isinstance(found, Mapping) else None


def pods(subject: Subject) -> Iterator[tuple[str, Data]]:
    """(path, spec) of every pod inside an object, whatever its kind; looked for once."""
    if "pods" not in subject.kept:
        subject.kept["pods"] = tuple(_pods(subject))
    return iter(subject.kept["pods"])


def _pods(subject: Subject) -> Iterator[tuple[str, Data]]:
    own = pod_of(subject)
    if own:
        yield own
    elif subject.kind not in NONE:
        yield from _inside(subject.get("spec"), "spec", "")


def complete(subject: Subject) -> Iterator[tuple[str, Data]]:
    """Those that are written out, and no patches of others."""
    return iter(()) if subject.kind in PATCHES else pods(subject)


def _inside(value: Any, path: str, above: str) -> Iterator[tuple[str, Data]]:
    """above: under which key the map lies whose entry this is."""
    if isinstance(value, Mapping):
        found = cast("Data", value)
        if _is_pod(found, path, above):
            yield path, found
            return
        for key, one in found.items():
            yield from _inside(one, f"{path}.{key}", path.rpartition(".")[2])
    elif isinstance(value, list):
        for place, one in enumerate(cast("list[Any]", value)):
            yield from _inside(one, f"{path}[{place}]", above)


def _is_pod(value: Data, path: str, above: str) -> bool:
    if above == "template" and path.endswith(".spec") and MARKS & set(value):
        return True
    return bool(entries(value.get("containers")))


def entries(value: Any) -> list[Data]:
    """The maps of a list; nothing of what is not known yet, or is no list."""
    return (
        [one for one in cast("list[Any]", value) if isinstance(one, Mapping)]
        if isinstance(value, list)
        else []
    )


def part(value: Data, key: str) -> Data:
    """A map inside a map; empty where there is none, or where it is not known yet."""
    found = value.get(key)
    return cast("Data", found) if isinstance(found, Mapping) else {}


def containers_of(path: str, pod: Data) -> Iterator[tuple[str, Data]]:
    """(path, container) of every container of one pod, those that run before it or were added later too."""
    for kind in CONTAINERS:
        for place, one in enumerate(entries(pod.get(kind))):
            yield f"{path}.{kind}[{place}]", one


def containers(subject: Subject) -> Iterator[tuple[str, Data]]:
    """(path, container) of every container of every pod inside an object."""
    for path, pod in pods(subject):
        yield from containers_of(path, pod)


def boxes(subject: Subject) -> Iterator[tuple[str, Data]]:
    """The same, and what has an image, variables and arguments like one: the trainer of a TrainJob."""
    yield from containers(subject)
    trainer = subject.get("spec.trainer")
    if isinstance(trainer, Mapping):
        yield "spec.trainer", cast("Data", trainer)


def contexts(subject: Subject) -> Iterator[tuple[str, Data]]:
    """(path, security context) of every pod and container that has one."""
    for path, pod in pods(subject):
        for where, one in ((path, pod), *containers_of(path, pod)):
            if one.get("securityContext"):
                yield f"{where}.securityContext", part(one, "securityContext")


def meta(subject: Subject, key: str) -> str:
    """A text of an object's metadata, such as its name; empty where there is none."""
    found = subject.get(f"metadata.{key}")
    return found if isinstance(found, str) else ""
