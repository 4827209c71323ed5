"""What machines cost, and which accelerators a seller has that the catalogue has no machine of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.errors import Problem, one_of

if TYPE_CHECKING:
    from fairlead.catalog.model import Catalog

NO_PRICE = 700.0
"""SkyPilot's tables say so where they know no price."""
RESERVATION = "reservation"
"""Kind of reservation that is meant unless a target knows another."""
DEAREST_FACTOR = 2.0
"""A reservation may cost more than its machines, but not this much: a figure above is a slip."""


@dataclass(frozen=True)
class PriceRow:
    """What one machine costs in one region, USD an hour."""

    name: str
    region: str
    on_demand: float | None
    spot: float | None
    source: str
    date: str
    """Of the table that has it: prices age. `undated` where the table has none; its source then says when it was
    read."""
    spot_source: str = ""
    """Of the spot price, where another table has it."""
    spot_date: str = ""
    """Like date; empty where the spot price is of the same table."""

    @property
    def spot_day(self) -> str:
        """The date of the table that has the spot price."""
        return self.spot_date or self.date


@dataclass(frozen=True)
class ReservedRow:
    """What a node of a reservation costs, in every region of a target: a part of its price on demand."""

    name: str
    """Kind of reservation: `reservation` is the usual one."""
    target: str
    why: str
    """How it is charged, one clause."""
    source: str
    date: str
    """When the source was read."""
    factor: float | None = None
    """Times the price on demand; None where it has a price of its own that no table has."""


@dataclass(frozen=True)
class AbsentRow:
    """An accelerator that a target's seller has and the catalogue has no machine of there."""

    name: str
    """Of the accelerator."""
    target: str
    reason: str
    """Why there is no machine."""
    source: str
    date: str


def check_prices(catalog: Catalog) -> Iterator[Problem]:
    """What is wrong with prices."""
    for target, regions in catalog.prices.items():
        for region, rows in regions.items():
            for row in rows.values():
                where = f"prices.{target}.toml [{region}.{row.name}]"
                if row.name not in catalog.machines[target]:
                    yield Problem(where, "no such machine in the catalogue", given=row.name)
                if row.on_demand is None and row.spot is None:
                    yield Problem(where, "a price row has at least one price")
                if (row.spot_source == "") != (row.spot_date == "") or (row.spot is None and row.spot_date):
                    yield Problem(where, "spot, spot_source and spot_date go together")
                if 0 in (row.on_demand, row.spot) or NO_PRICE in (row.on_demand, row.spot):
                    yield Problem(where, f"0 and {NO_PRICE:g} are how tables say that they have no price")


def check_reserved(catalog: Catalog) -> Iterator[Problem]:
    """What is wrong with the prices of reservations."""
    for target, rows in catalog.reserved.items():
        where = f"reserved.toml [{target}]"
        if target not in catalog.targets:
            yield Problem(where, "unknown word", given=target, allowed=one_of(list(catalog.targets), target))
        if RESERVATION not in rows:
            yield Problem(where, "says nothing of the usual kind", fix=f"write [{target}.{RESERVATION}]")
        for row in rows.values():
            if row.factor is not None and not 0 < row.factor <= DEAREST_FACTOR:
                allowed = f"above 0, up to {DEAREST_FACTOR:g}"
                yield Problem(f"{where[:-1]}.{row.name}]", "is no factor", f"{row.factor:g}", allowed)


def check_absent(catalog: Catalog) -> Iterator[Problem]:
    """What is wrong with absences."""
    for target, rows in catalog.absent.items():
        for row in rows.values():
            where = f"absent.toml [{target}.{row.name}]"
            for word, known in ((target, catalog.targets), (row.name, catalog.accelerators)):
                if word not in known:
                    yield Problem(where, "unknown word", given=word, allowed=one_of(list(known), word))
            if any(machine.accelerator == row.name for machine in catalog.machines.get(target, {}).values()):
                yield Problem(where, f"target {target} has a machine with it")
