"""Rules about what keeps services up, and what keeps nodes from being renewed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.pods import TYPES, containers_of, meta, part, pod_of
from fairlead.rules.settings import is_known, text

SERVED = ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet")
SERVICE, BUDGET = "kubernetes:core/v1:Service", "kubernetes:policy/*:PodDisruptionBudget"


def _memory(subject: Subject) -> Iterator[Flaw]:
    path, pod = pod_of(subject) or ("", {})
    for where, one in containers_of(path, pod):
        if not part(part(one, "resources"), "limits").get("memory"):
            what = "it may take all memory of its node, and others are killed for it"
            fix = "say how much it has at most"
            yield Flaw(f"{where}.resources.limits.memory", what, "left out", "for example 256Mi", fix)


def _requests(subject: Subject) -> Iterator[Flaw]:
    path, pod = pod_of(subject) or ("", {})
    for where, one in containers_of(path, pod):
        asked = part(one, "resources")
        if not part(asked, "requests").get("cpu") and not part(asked, "limits").get("cpu"):
            what = "the scheduler places it as if it needed nothing"
            fix = "say what it needs"
            yield Flaw(f"{where}.resources.requests.cpu", what, "left out", "for example 50m", fix)


def _labels(subject: Subject) -> Data:
    return part(part(part(part(subject.inputs, "spec"), "template"), "metadata"), "labels")


def _selected(selector: Any, by: Subject, pods: Subject) -> bool:
    """Whether labels choose the pods of an object of the same namespace."""
    chosen: Mapping[str, Any] = cast("Mapping[str, Any]", selector) if isinstance(selector, Mapping) else {}
    same = meta(by, "namespace") == meta(pods, "namespace")
    return bool(chosen) and same and all(_labels(pods).get(key) == value for key, value in chosen.items())


def _probes(whole: Whole) -> Iterator[Flaw]:
    for subject in whole.of(*SERVED):
        called = any(_selected(one.get("spec.selector"), one, subject) for one in whole.of(SERVICE))
        path, pod = pod_of(subject) or ("", {})
        main = [(where, one) for where, one in containers_of(path, pod) if ".containers[" in where]
        if called and not any(one.get("readinessProbe") for _, one in main):
            what = "it is called before it can answer, and when it no longer can"
            fix = "add a readinessProbe"
            where = f"{path}.containers[0].readinessProbe"
            yield Flaw(where, what, "left out", "a probe", fix, subject)


def _several(subject: Subject) -> int:
    given = subject.get("spec.replicas")
    return given if isinstance(given, int) else 1


def _alone(whole: Whole) -> Iterator[Flaw]:
    for subject in whole.of(SERVED[0]):
        called = any(_selected(one.get("spec.selector"), one, subject) for one in whole.of(SERVICE))
        if called and _several(subject) == 1:
            what = "while its one pod moves to another node nobody answers"
            yield Flaw(
                "spec.replicas", what, "1", "2 or more", "run two, or except it with the reason", subject
            )


def _budgets(whole: Whole) -> Iterator[Flaw]:
    budgets = list(whole.of(BUDGET))
    for subject in whole.of(*SERVED):
        kept = any(_selected(one.get("spec.selector.matchLabels"), one, subject) for one in budgets)
        if _several(subject) > 1 and not kept:
            what = "nodes are emptied one after the other, and all its pods with them"
            fix = "add a PodDisruptionBudget"
            yield Flaw("spec.replicas", what, text(_several(subject)), "with a budget", fix, subject)


def _blocks(subject: Subject) -> Iterator[Flaw]:
    most, least = subject.get("spec.maxUnavailable"), subject.get("spec.minAvailable")
    fix = "let one be away: maxUnavailable: 1"
    what = "no node that it runs on can ever be emptied: updates and repairs stop there"
    if most is not None and text(most) in ("0", "0%"):
        yield Flaw("spec.maxUnavailable", what, text(most), "1 or more", fix)
    if least is not None and text(least) == "100%":
        yield Flaw("spec.minAvailable", what, text(least), "less than all", fix)


def _blocks_together(whole: Whole) -> Iterator[Flaw]:
    for budget in whole.of(BUDGET):
        least = budget.get("spec.minAvailable")
        for one in whole.of(*SERVED):
            chosen = _selected(budget.get("spec.selector.matchLabels"), budget, one)
            sized = is_known(one.get("spec.replicas"))
            if chosen and sized and isinstance(least, int) and least >= _several(one):
                what = "all its pods must run: no node that it runs on can ever be emptied"
                given = f"{least} of {_several(one)}"
                fix = "ask for less than there are"
                yield Flaw("spec.minAvailable", what, given, f"at most {_several(one) - 1}", fix, budget)


RULES = (
    ResourceRule(
        id="workload-memory-limit",
        title="Containers have at most so much memory",
        reason="Without a limit one that leaks takes its neighbours down, and the kernel chooses which.",
        level="mandatory",
        references=(sources.NETWORK,),
        types=TYPES,
        check=_memory,
    ),
    ResourceRule(
        id="workload-cpu-request",
        title="Containers say how much of a processor they need",
        reason="What asks for nothing is placed anywhere, and is the first that gets nothing where it is full.",
        level="advisory",
        references=(sources.NETWORK,),
        types=TYPES,
        check=_requests,
    ),
    ResourceRule(
        id="workload-budget-drains",
        title="A budget for disruptions lets at least one pod go",
        reason="Nodes are renewed by emptying them: a budget of nothing keeps old kernels running.",
        level="mandatory",
        references=(),
        types=(BUDGET,),
        check=_blocks,
    ),
    WholeRule(
        id="workload-budget-fits",
        title="A budget for disruptions asks for less than there is",
        reason="As many as there are at least means that none may ever go.",
        level="mandatory",
        references=(),
        looks_at="resources",
        check=_blocks_together,
    ),
    WholeRule(
        id="workload-probed",
        title="What a Service leads to says when it can answer",
        reason="Calls are lost at each start, each update and each stop.",
        level="advisory",
        references=(),
        looks_at="resources",
        check=_probes,
    ),
    WholeRule(
        id="workload-replicas",
        title="What is called runs more than once",
        reason="A node goes at any time: repairs, updates, spot capacity that is taken back.",
        level="advisory",
        references=(),
        looks_at="resources",
        check=_alone,
    ),
    WholeRule(
        id="workload-budgeted",
        title="What runs more than once has a budget for disruptions",
        reason="Several pods help only where they do not go together.",
        level="advisory",
        references=(),
        looks_at="resources",
        check=_budgets,
    ),
)
