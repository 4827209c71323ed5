"""Coherence: parts that are sound by themselves, and do not fit together, are refused at preview.

A rule has a name, the failure that it prevents and the thread in which somebody reported it;
docs/coherence.md lists them all. Rules look at the spec and at what was decided from it, never at a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from fairlead.catalog.model import Catalog, TargetRow
from fairlead.errors import Problem
from fairlead.plan.coherence import advertising, drivers, fabrics, runtimes, sharing, taints
from fairlead.plan.coherence.model import LAYER, OPERATOR, Facts, PoolFacts, Rule
from fairlead.plan.machines import Choice
from fairlead.plan.pools import image_of, kubernetes_of
from fairlead.plan.software import SIMULATED, Asked, decide
from fairlead.spec.aws import AwsTarget
from fairlead.spec.azure import AzureTarget
from fairlead.spec.layer import GpuLayer
from fairlead.spec.pool import Pool
from fairlead.spec.targets import AnyTarget
from fairlead.spec.tenant import Tenant

RULES: tuple[Rule, ...] = (
    *drivers.RULES,
    *runtimes.RULES,
    *advertising.RULES,
    *sharing.RULES,
    *taints.RULES,
    *fabrics.RULES,
)
ROOT = "platform.pools"


def check(
    gpu: GpuLayer,
    pools: Mapping[int, Pool],
    choices: Mapping[int, Choice],
    target: AnyTarget,
    row: TargetRow,
    catalog: Catalog,
    tenants: Iterable[Tenant] = (),
) -> Iterator[Problem]:
    """Every problem that a rule finds; where two rules speak of one place, the first of them."""
    if not gpu.enabled:
        return
    if row.gpu_mode == SIMULATED:
        yield from _without_effect(gpu)
        return
    facts = facts_of(gpu, pools, choices, target, row, catalog, tenants)
    said: set[str] = set()
    for rule in RULES:
        for problem in rule.check(facts):
            if problem.where not in said:
                said.add(problem.where)
                yield replace(problem, fix=f"{problem.fix} (rule {rule.name}: {rule.thread})")


def facts_of(
    gpu: GpuLayer,
    pools: Mapping[int, Pool],
    choices: Mapping[int, Choice],
    target: AnyTarget,
    row: TargetRow,
    catalog: Catalog,
    tenants: Iterable[Tenant] = (),
) -> Facts:
    """What the rules look at. Pools without real accelerators, or whose image nobody knows, are left out."""
    found: list[PoolFacts] = []
    for place, choice in choices.items():
        pool, accelerator = pools[place], choice.accelerator
        image = image_of(pool, choice.machine, catalog)
        if accelerator is None or image is None or choice.machine.simulated:
            continue
        fast = pool.fabric != "off" and choice.machine.fabric != "none"
        software = decide(Asked(pool.name, accelerator, image, pool.sharing == "dra", fast), gpu)
        fabric = choice.machine.fabric if fast else "none"
        found.append(PoolFacts(f"{ROOT}[{place}]", pool, accelerator, image, software, fabric))
    version = kubernetes_of(target, row)
    permitted = tuple(one.name for one in tenants if "fabric" in one.host_access)
    return Facts(row.name, version, _karpenter(target), gpu, tuple(found), catalog, permitted)


def _karpenter(target: AnyTarget) -> bool:
    """Whether Karpenter grows pools: always on AWS, under node auto-provisioning on Azure."""
    return isinstance(target, AwsTarget) or (isinstance(target, AzureTarget) and target.node_provisioning)


def _without_effect(gpu: GpuLayer) -> Iterator[Problem]:
    """Settings for real accelerators where they are simulated."""
    usual = GpuLayer()
    for name in sorted(gpu.model_fields_set - {"enabled"}):
        if getattr(gpu, name) == getattr(usual, name):
            continue
        what = "has no effect here: accelerators are simulated, and nothing is installed for them"
        yield Problem(f"{LAYER}.{name}", what, fix=f"leave {name} out")


__all__ = ["LAYER", "OPERATOR", "RULES", "Facts", "Rule", "check", "facts_of"]
