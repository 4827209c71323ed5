"""Rules about pools that an autoscaler fills, as objects of Kubernetes. How large they may grow: `clouds`."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.pods import part
from fairlead.rules.settings import text

POOL = ("kubernetes:karpenter.sh/*:NodePool",)


def _emptied(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("spec.disruption.consolidateAfter")
    if given == "Never":
        what = "nodes that nothing runs on are kept, and paid"
        fix = "name a time, for example 5m"
        yield Flaw("spec.disruption.consolidateAfter", what, "Never", "a time", fix)


def _renewed(subject: Subject) -> Iterator[Flaw]:
    drift = part(part(subject.inputs, "spec"), "disruption")
    given = subject.get("spec.template.spec.expireAfter")
    if given == "Never" and not drift.get("budgets"):
        what = "nodes stay as old as they are: nothing replaces them when their image is mended"
        fix = "name a time, or budgets for nodes that have drifted"
        yield Flaw("spec.template.spec.expireAfter", what, text(given), "a time", fix)


RULES = (
    ResourceRule(
        id="workload-pool-emptied",
        title="Nodes that nothing runs on go",
        reason="An empty node with accelerators costs as much as a full one.",
        level="mandatory",
        references=(),
        types=POOL,
        check=_emptied,
    ),
    ResourceRule(
        id="workload-pool-renewed",
        title="Nodes of a pool are replaced when they are out of date",
        reason="A node that is never replaced keeps every fault of its kernel and its kubelet.",
        level="advisory",
        references=(),
        types=POOL,
        check=_renewed,
    ),
)
