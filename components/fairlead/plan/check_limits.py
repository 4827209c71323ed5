"""Checks of what tenants may borrow and lend: of accelerators that are there, and no more than they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan import sharing
from fairlead.spec.tenant import Tenant


def limits(
    tenants: Mapping[int, Tenant], supply: Mapping[str, int], catalog: Catalog, complete: bool, root: str
) -> Iterator[Problem]:
    """Problems of the limits. supply: accelerators at the pools' maximum; complete: all pools are known."""
    for place, tenant in tenants.items():
        where = f"{root}[{place}]"
        if tenant.borrow_limit and not tenant.borrow:
            what = "the tenant borrows nothing at all: borrow is false"
            given = ", ".join(tenant.borrow_limit)
            yield Problem(f"{where}.borrow_limit", what, given, fix="leave borrow_limit out, or borrow")
        for field, amounts in (("borrow_limit", tenant.borrow_limit), ("lend_limit", tenant.lend_limit)):
            yield from _names(f"{where}.{field}", amounts, supply, catalog, complete)
        yield from _lends_what_it_has(f"{where}.lend_limit", tenant, catalog)


def _names(
    where: str, amounts: Mapping[str, int], supply: Mapping[str, int], catalog: Catalog, complete: bool
) -> Iterator[Problem]:
    spelled: dict[str, str] = {}
    for given in amounts:
        found = sharing.find(given, f"{where}.{given}", catalog)
        if isinstance(found, Problem):
            yield found
            continue
        earlier = spelled.setdefault(found.name, given)
        if earlier != given:
            what = f"{earlier} says the same: both mean {found.name}"
            yield Problem(f"{where}.{given}", what, given, fix="keep one")
        elif complete and found.name not in supply:
            allowed = ", ".join(supply) or "nothing: no pool has accelerators"
            what = f"no pool has {found.name}"
            yield Problem(f"{where}.{given}", what, given, allowed, "remove this limit")


def _lends_what_it_has(where: str, tenant: Tenant, catalog: Catalog) -> Iterator[Problem]:
    own = _by_name(tenant.quota.accelerators, catalog)
    for given, limit in tenant.lend_limit.items():
        found = sharing.find(given, where, catalog)
        if isinstance(found, Problem):
            continue
        share = own.get(found.name, 0)
        if limit > share or not share:
            yield Problem(
                f"{where}.{given}",
                f"a tenant lends of its own share, and that is {share} {found.name}",
                str(limit),
                f"at most {share}" if share else "no limit: it has nothing to lend",
                "lower the limit, or raise the share",
            )


def _by_name(amounts: Mapping[str, int], catalog: Catalog) -> dict[str, int]:
    found = ((sharing.find(name, "", catalog), count) for name, count in amounts.items())
    return {one.name: count for one, count in found if isinstance(one, sharing.Asked)}
