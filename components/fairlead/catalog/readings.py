"""What the exporters of accelerators' metrics say, in their own words: one row for each vendor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.errors import Problem, one_of

if TYPE_CHECKING:
    from fairlead.catalog.model import Catalog

MEASURES = ("utilization", "memory_used", "power", "temperature")
"""What is read of every accelerator whose exporter tells it."""
TOLD, SOLE = "told", "sole"
"""Whose an accelerator is: the exporter says it; or it is of the one pod that holds accelerators on its node."""


@dataclass(frozen=True)
class ReadingRow:
    """How the exporter of one vendor says what is read of every accelerator.

    Each measure is a list of PromQL expressions, best first: what has no series of one is looked for in the next.
    """

    name: str
    """The vendor."""
    device: tuple[str, ...]
    """Labels that together tell one accelerator of a node from another."""
    model: str
    """Label that tells its kind."""
    holder: str
    """`told` or `sole`: how it is known whose pod holds it."""
    utilization: tuple[str, ...]
    """How busy it is, 0 to 1."""
    source: str
    date: str
    memory_used: tuple[str, ...] = ()
    """Part of its memory that is used, 0 to 1."""
    power: tuple[str, ...] = ()
    """Watts."""
    temperature: tuple[str, ...] = ()
    """Degrees Celsius."""
    silent: tuple[str, ...] = ()
    """`measure: reason` of those that its exporter does not tell."""

    def measure(self, name: str) -> tuple[str, ...]:
        """The expressions of one measure."""
        expressions: tuple[str, ...] = getattr(self, name)
        return expressions


def check_readings(catalog: Catalog) -> Iterator[Problem]:
    """What is wrong with readings."""
    vendors = sorted({row.vendor for row in catalog.accelerators.values()})
    for vendor in vendors:
        if vendor not in catalog.readings:
            yield Problem("readings.toml", "the accelerators' vendor has no row", given=vendor)
    for row in catalog.readings.values():
        where = f"readings.toml [{row.name}]"
        if row.name not in vendors:
            yield Problem(where, "no accelerator is of this vendor", allowed=one_of(vendors, row.name))
        if row.holder not in (TOLD, SOLE):
            yield Problem(f"{where} holder", "unknown word", given=row.holder, allowed=f"{TOLD}, {SOLE}")
        reasons = {one.partition(": ")[0] for one in row.silent if one.partition(": ")[2]}
        for measure in MEASURES:
            if bool(row.measure(measure)) == (measure in reasons):
                yield Problem(f"{where} {measure}", "is either told, or has its reason in silent")
