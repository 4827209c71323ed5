"""`fairlead contract check`: each rule of the contract held against the cluster as it is now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from fairlead.operate import contract_nodes, contract_services
from fairlead.operate.findings import Cluster, NotApplicable, Problems, Rule
from fairlead.operate.live import Seen, look
from fairlead.operate.resources import resources
from fairlead.plan.model import PlatformPlan
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack

Status = Literal["met", "not met", "not applicable"]

RULES: Mapping[str, tuple[str, Rule]] = {
    "C1": ("nodes say their pool, accelerator, capacity and place", contract_nodes.labelled),
    "C2": ("accelerator nodes keep everything else off", contract_nodes.tainted),
    "C3": ("nodes offer the accelerators of the plan", contract_nodes.advertised),
    "C4": ("volumes and object store by the contract's names", contract_services.stores),
    "C5": ("workloads have an identity and no key", contract_services.accounts),
    "C6": ("a queue per tenant and stage, and priorities", contract_services.queues),
    "C7": ("one gateway", contract_services.gateway),
    "C8": ("recording rules for accelerators", contract_services.metrics),
    "C9": ("no credential in the engine's state", contract_services.keyless),
    "C10": ("what is missing is declared, with the reason", contract_services.declared),
}
"""Rule -> what it says in short, and what looks at it."""


@dataclass(frozen=True)
class Verdict:
    """What came of one rule."""

    rule: str
    title: str
    status: Status
    detail: str
    """What was found; for a rule that does not apply, why."""
    problems: Problems
    """(what is wrong, what to do), one after the other."""


@dataclass(frozen=True)
class Report:
    """All rules over one cluster."""

    server: str
    verdicts: Sequence[Verdict]

    @property
    def kept(self) -> bool:
        """Whether no rule is broken."""
        return all(one.status != "not met" for one in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        rows = [
            {**asdict(one), "problems": [{"what": what, "fix": fix} for what, fix in one.problems]}
            for one in self.verdicts
        ]
        return {"kept": self.kept, "server": self.server, "rules": rows}

    def lines(self) -> Iterator[str]:
        """The report for people."""
        yield f"contract at {self.server}"
        for one in self.verdicts:
            yield f"  {one.rule:4}{one.status:16}{one.title}: {one.detail}"
            for what, fix in one.problems:
                yield f"{'':22}{what}"
                yield f"{'':22}    fix: {fix}"


def check(stack: Stack, kubeconfig: Path) -> Report:
    """Every rule, held against the cluster of a stack. Raises ApiFailure if it does not answer."""
    plan = plan_of(stack.folder, stack.name)
    providers = [one for one in resources(stack) if one["type"] == "pulumi:providers:kubernetes"]
    return judge(plan, look(kubeconfig, plan), [str(one["inputs"]["kubeconfig"]) for one in providers])


def judge(plan: PlatformPlan, seen: Seen, kubeconfigs: Sequence[str]) -> Report:
    """Every rule, held against what was seen; kubeconfigs: as the program gives them to the engine."""
    cluster = Cluster(plan, seen, kubeconfigs)
    return Report(seen.server, [_verdict(rule, cluster) for rule in RULES])


def _verdict(rule: str, cluster: Cluster) -> Verdict:
    title, look_at = RULES[rule]
    try:
        detail, problems = look_at(cluster)
    except NotApplicable as reason:
        return Verdict(rule, title, "not applicable", str(reason), ())
    return Verdict(rule, title, "not met" if problems else "met", detail, problems)
