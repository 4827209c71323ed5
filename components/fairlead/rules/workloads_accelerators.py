"""Rules about who asks for accelerators, and how."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from fairlead import labels
from fairlead.rules.kubernetes_admission import every_box, every_pod, of_pods
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.pods import ANY, TYPES, complete, containers, containers_of, entries, part
from fairlead.rules.settings import is_known, text
from fairlead.rules.unseen import is_unseen

GATE = "kueue.x-k8s.io/admission"
"""Scheduling gate of a pod that Kueue holds back: pkg/controller/jobs/pod/constants of v0.19.2."""
QUEUED = ("Pod", "Job", "CronJob")
"""Kinds whose work begins and ends: it waits for its turn."""


@cache
def domains() -> frozenset[str]:
    """What names of accelerators' resources begin with, as the catalogue has them: `nvidia.com`."""
    from fairlead.catalog.read import load

    return frozenset(row.resource.partition("/")[0] for row in load().accelerators.values())


def devices(container: Data) -> dict[str, Any]:
    """What a container asks for of accelerators: resource -> how many."""
    asked = part(container, "resources")
    both = {**part(asked, "requests"), **part(asked, "limits")}
    return {name: count for name, count in both.items() if name.partition("/")[0] in domains()}


def _same(subject: Subject) -> Iterator[Flaw]:
    for path, one in containers(subject):
        asked = part(one, "resources")
        requests, limits = part(asked, "requests"), part(asked, "limits")
        for name in devices(one):
            seen = is_known(requests.get(name)) and is_known(limits.get(name))
            if name in requests and seen and text(requests[name]) != text(limits.get(name)):
                what = "nothing can be more of a device than it has: the API server refuses it"
                given = f"requests {text(requests[name])}, limits {text(limits.get(name, 'left out'))}"
                where = f"{path}.resources.limits.{name}"
                yield Flaw(where, what, given, "the same twice", "set the limit, and leave the request out")


def _tolerated(subject: Subject) -> Iterator[Flaw]:
    for path, pod in complete(subject):
        if not is_known(pod.get("tolerations")):
            continue
        tolerations = entries(pod.get("tolerations"))
        stands = {str(one.get("key", "")).partition("/")[0] for one in tolerations}
        anything = any(one.get("operator") == "Exists" and not one.get("key") for one in tolerations)
        for where, one in containers_of(path, pod):
            for name in devices(one):
                if not anything and name.partition("/")[0] not in stands:
                    taint = f"{name}={labels.TAINT_VALUE}:NoSchedule"
                    what = "every node that has it keeps this pod off: it waits for ever"
                    fix = f"add a toleration of {taint}"
                    yield Flaw(f"{where}.resources.limits.{name}", what, "no toleration", taint, fix)


def _queued(subject: Subject) -> Iterator[Flaw]:
    for path, pod in complete(subject):
        found = [
            *(
                (f"{where}.resources.limits.{name}", text(count))
                for where, one in containers_of(path, pod)
                for name, count in devices(one).items()
            ),
            *_claimed(path, pod),
        ]
        if found and not _waits(subject, pod):
            where, given = found[0]
            what = "it takes an accelerator past the queue, out of another tenant's share"
            fix = "send a TrainJob or a Job with the label " + labels.QUEUE
            yield Flaw(where, what, given, "work that waits in a queue", fix)


def _claimed(path: str, pod: Data) -> Iterator[tuple[str, str]]:
    """What a pod claims. Of which class the device is stands elsewhere: any claim may be of an accelerator."""
    for place, one in enumerate(entries(pod.get("resourceClaims"))):
        named = one.get("resourceClaimTemplateName") or one.get("resourceClaimName") or one.get("name")
        yield f"{path}.resourceClaims[{place}]", text(named)


def _waits(subject: Subject, pod: Data) -> bool:
    """Whether it waits in a queue, or may do so for all that is known."""
    if subject.kind != "Pod":
        told = part(part(subject.inputs, "metadata"), "labels")
        return bool(told.get(labels.QUEUE)) or is_unseen(subject.inputs, "metadata.labels")
    if not is_known(pod.get("schedulingGates")):
        return True
    return any(one.get("name") == GATE for one in entries(pod.get("schedulingGates")))


_DEVICES = " && ".join(
    f"(!has(c.resources.{which}) || c.resources.{which}.all(k, !k.contains('/')))"
    for which in ("requests", "limits")
)
_UNCLAIMED = "!has(p.resourceClaims) || p.resourceClaims.size() == 0"
_GATED = f"(has(p.schedulingGates) && p.schedulingGates.exists(q, q.name == '{GATE}'))"
RULES = (
    ResourceRule(
        id="workload-accelerator-request-is-limit",
        title="Accelerators are asked for once",
        reason="A device is there or not: a request that differs from the limit is a mistake in one of them.",
        level="mandatory",
        references=(),
        types=ANY,
        check=_same,
    ),
    ResourceRule(
        id="workload-accelerator-toleration",
        title="What asks for an accelerator tolerates the taint of its nodes",
        reason="Nodes with accelerators keep all else off: a pod without the toleration is paid for and never runs.",
        level="mandatory",
        references=(),
        types=ANY,
        check=_tolerated,
    ),
    ResourceRule(
        id="workload-accelerator-queued",
        title="Work with accelerators waits in a queue",
        reason="What goes past the queue is in no quota: the tenant whose share it was waits, and nobody sees why.",
        level="mandatory",
        references=(),
        types=tuple(one for one in TYPES if one.rpartition(":")[2] in QUEUED),
        check=_queued,
        admission=of_pods(
            f"{every_pod(_GATED)}"
            f" || ({every_pod(_UNCLAIMED)} && {every_box(f'!has(c.resources) || ({_DEVICES})')})",
            "a pod by itself waits in no queue and takes no device: send a TrainJob or a Job with the label "
            + labels.QUEUE,
            pods_alone=True,
        ),
    ),
)
