"""Rules about where pods land, and what makes room for them."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules.kubernetes_admission import every_pod, of_pods, unless
from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.pods import ANY, entries, meta, pods

CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
SYSTEM = "kube-system"


def _wildcard(subject: Subject) -> Iterator[Flaw]:
    for path, pod in pods(subject):
        for place, one in enumerate(entries(pod.get("tolerations"))):
            if one.get("operator") == "Exists" and not one.get("key"):
                what = "it lands on every node: accelerators, the control plane, nodes that are taken out"
                fix = "name the taints that it stands"
                yield Flaw(f"{path}.tolerations[{place}].key", what, "left out", "a taint's key", fix)


def _control_plane(subject: Subject) -> Iterator[Flaw]:
    for path, pod in pods(subject):
        for place, one in enumerate(entries(pod.get("tolerations"))):
            if one.get("key") in CONTROL_PLANE:
                what = "it may land on nodes of the control plane"
                where = f"{path}.tolerations[{place}].key"
                yield Flaw(where, what, str(one["key"]), "other taints", "leave it out")


def _placed(subject: Subject) -> Iterator[Flaw]:
    for path, pod in pods(subject):
        if pod.get("nodeName"):
            what = "it goes past the scheduler: whether there is room, and for whom the node is, is not asked"
            fix = "use nodeSelector"
            yield Flaw(f"{path}.nodeName", what, str(pod["nodeName"]), "none", fix)


def _priority(subject: Subject) -> Iterator[Flaw]:
    if meta(subject, "namespace") == SYSTEM:
        return
    for path, pod in pods(subject):
        given = pod.get("priorityClassName")
        if isinstance(given, str) and given.startswith("system-"):
            what = "it pushes out everything that is not the cluster's own"
            fix = "leave it out, or make a class of your own"
            yield Flaw(f"{path}.priorityClassName", what, given, "a class of your own", fix)


_TOLERATIONS = "p.tolerations"
_KEYS = "t.key in ['{}', '{}']".format(*CONTROL_PLANE)
RULES = (
    ResourceRule(
        id="workload-no-wildcard-toleration",
        title="No pod tolerates every taint",
        reason="Taints say for whom a node is: accelerators cost most, and a node is taken out because it is broken.",
        level="mandatory",
        references=(),
        types=ANY,
        check=_wildcard,
        admission=of_pods(
            every_pod(
                unless(
                    _TOLERATIONS,
                    f"{_TOLERATIONS}.all(t, (has(t.key) && t.key != '')"
                    " || !has(t.operator) || t.operator != 'Exists')",
                )
            ),
            "no pod tolerates every taint: name the key",
        ),
    ),
    ResourceRule(
        id="workload-no-control-plane",
        title="Nothing runs beside the control plane",
        reason="The API server and its store are on those nodes: what takes up their memory stops the whole cluster.",
        level="mandatory",
        references=(),
        types=ANY,
        check=_control_plane,
        admission=of_pods(
            every_pod(unless(_TOLERATIONS, f"{_TOLERATIONS}.all(t, !has(t.key) || !({_KEYS}))")),
            "nothing runs on nodes of the control plane: leave that toleration out",
        ),
    ),
    ResourceRule(
        id="workload-no-node-name",
        title="The scheduler decides where pods run",
        reason="A node's room is given twice, and taints that keep others off do not hold for it.",
        level="mandatory",
        references=(),
        types=ANY,
        check=_placed,
        admission=of_pods(
            every_pod("!has(p.nodeName) || p.nodeName == ''"),
            "the scheduler decides where pods run: leave nodeName out, or use nodeSelector",
            operations=("CREATE",),
        ),
    ),
    ResourceRule(
        id="workload-no-system-priority",
        title="The priorities of the cluster's own parts are left to them",
        reason="A pod with such a priority evicts what keeps its node working.",
        level="mandatory",
        references=(),
        types=ANY,
        check=_priority,
        admission=of_pods(
            every_pod("!has(p.priorityClassName) || !p.priorityClassName.startsWith('system-')"),
            "priority classes that begin with system- are left to the cluster's own parts",
        ),
    ),
)
