"""Checks of the tenants: their names, and that nobody is promised what the pools cannot give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan import check_limits, sharing
from fairlead.plan.machines import Choice
from fairlead.plan.policy import RESERVED_NAMES, RESERVED_PREFIXES, RESERVED_SUFFIXES
from fairlead.spec.pool import Pool
from fairlead.spec.tenant import Tenant
from fairlead.values import cpu_text, memory_text, quantity

TENANTS = "platform.tenants"


@dataclass(frozen=True)
class Share:
    """What one tenant is promised of one accelerator."""

    where: str
    tenant: str
    count: int


def names(tenants: Mapping[int, Tenant]) -> Iterator[Problem]:
    """A tenant's name becomes a namespace: not one that belongs to somebody else."""
    for place, tenant in tenants.items():
        taken = tenant.name in RESERVED_NAMES
        if taken or tenant.name.startswith(RESERVED_PREFIXES) or tenant.name.endswith(RESERVED_SUFFIXES):
            listing = ", ".join(
                [
                    *RESERVED_NAMES,
                    *(f"{p}*" for p in RESERVED_PREFIXES),
                    *(f"*{s}" for s in RESERVED_SUFFIXES),
                ]
            )
            yield Problem(
                f"{TENANTS}[{place}].name",
                "this namespace is reserved for Kubernetes, its controllers or this platform",
                given=tenant.name,
                allowed=f"any name but {listing}",
            )


def quotas(
    tenants: Mapping[int, Tenant],
    pools: Mapping[int, Pool],
    choices: Mapping[int, Choice],
    catalog: Catalog,
    complete: bool,
) -> Iterator[Problem]:
    """Problems of the guaranteed shares. complete: all pools are known, so that sums can be judged."""
    supply = _supply(pools, choices)
    shares: dict[str, list[Share]] = {}
    for place, tenant in tenants.items():
        path = f"{TENANTS}[{place}].quota.accelerators"
        spelled: dict[str, str] = {}
        for given, count in tenant.quota.accelerators.items():
            row = sharing.find(given, f"{path}.{given}", catalog)
            if isinstance(row, Problem):
                yield row
                continue
            earlier = spelled.setdefault(row.name, given)
            if earlier != given:
                what = f"{earlier} says the same: both mean {row.name}"
                yield Problem(f"{path}.{given}", what, given, fix="keep one")
            elif complete and row.name not in supply:
                yield _no_pool(f"{path}.{given}", row.name, count, supply)
            else:
                shares.setdefault(row.name, []).append(Share(f"{path}.{given}", tenant.name, count))
    yield from check_limits.limits(tenants, supply, catalog, complete, TENANTS)
    if complete:
        for name, promised in shares.items():
            yield from _too_much(name, promised, supply[name])
        yield from _plain(tenants, pools, choices)


def _supply(pools: Mapping[int, Pool], choices: Mapping[int, Choice]) -> dict[str, int]:
    supply: dict[str, int] = {}
    for place, choice in choices.items():
        if choice.accelerator:
            shared = sharing.plan_of(pools[place].sharing)
            name = sharing.named(choice.accelerator.name, shared.share)
            each = 1 if shared.claimed else shared.per_accelerator
            supply[name] = supply.get(name, 0) + pools[place].max * choice.machine.count * each
    return supply


def _no_pool(where: str, name: str, count: int, supply: Mapping[str, int]) -> Problem:
    return Problem(
        where,
        f"no pool has {name}",
        given=str(count),
        allowed=", ".join(supply) or "nothing: no pool has accelerators",
        fix=f"add a pool with {name}, or remove this share",
    )


def _too_much(name: str, promised: list[Share], supply: int) -> Iterator[Problem]:
    """At most one problem per accelerator, at the share with which the sum passes the supply."""
    total = sum(share.count for share in promised)
    running = 0
    for share in promised:
        before, running = running, running + share.count
        if before <= supply < running:
            excess = total - supply
            yield Problem(
                share.where,
                f"the tenants are promised {excess} {name} more than the pools have at their maximum",
                given=f"{total} in all: {', '.join(f'{each.tenant} {each.count}' for each in promised)}",
                allowed=f"at most {supply}",
                fix=f"lower the shares by {excess}, or raise max of a pool with {name}",
            )


def _plain(
    tenants: Mapping[int, Tenant], pools: Mapping[int, Pool], choices: Mapping[int, Choice]
) -> Iterator[Problem]:
    """Cores and memory on plain nodes, where their size is known before they run."""
    plain = {place: choice.machine for place, choice in choices.items() if choice.accelerator is None}
    if any(machine.cpu is None or machine.memory is None for machine in plain.values()):
        return
    for resource, text in (("cpu", cpu_text), ("memory", memory_text)):
        sizes = (pools[place].max * quantity(getattr(machine, resource)) for place, machine in plain.items())
        supply, asked = sum(sizes, Fraction(0)), Fraction(0)
        for place, tenant in tenants.items():
            before, asked = asked, asked + quantity(getattr(tenant.quota, resource))
            if before <= supply < asked:
                yield Problem(
                    f"{TENANTS}[{place}].quota.{resource}",
                    f"the tenants are promised more {resource} than the plain pools have at their maximum",
                    given=f"{text(asked)} up to this tenant",
                    allowed=f"at most {text(supply)}",
                    fix="lower the shares, or raise max of a pool without accelerators",
                )
