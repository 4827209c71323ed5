"""Rows of faults.toml: what can go wrong with a node, who mends it where, how much warning there is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import tomli

from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem, one_of
from fairlead.values import seconds

FILE = "faults.toml"
GRADES = ("application", "recoverable", "node-fatal")
ACTIONS = ("none", "restart-job", "reboot", "replace")
NODES = ("all", "standing", "growing")
CONDITION = re.compile(r"[A-Z][A-Za-z0-9]*")
"""Name of a node condition."""


@dataclass(frozen=True)
class FaultRow:
    """A fault of a node."""

    name: str
    sees: str
    """What is seen, in words."""
    grade: str
    """application, recoverable or node-fatal."""
    action: str
    """What is done about it unless the spec says otherwise."""
    after: str
    """How long it must last before that."""
    source: str
    date: str
    vendor: str = ""
    """Vendor of the accelerators that can have it; empty: any node."""
    xids: tuple[str, ...] = ()
    """Codes of NVIDIA's driver in the kernel log."""
    patterns: tuple[str, ...] = ()
    """Other messages of the kernel log, as RE2 expressions."""


@dataclass(frozen=True)
class RepairerRow:
    """Who mends nodes of a target."""

    name: str
    target: str
    nodes: str
    """all, standing (the min of a pool) or growing (what is above it)."""
    title: str
    switchable: bool
    """Whether a pool may be left alone by it."""
    detects: bool
    """Whether this platform runs the detector there."""
    limit: str
    """How much it mends at a time."""
    source: str
    date: str
    never: tuple[str, ...] = ()
    """Capacities whose nodes it does not mend."""
    never_reason: str = ""
    shown_already: tuple[str, ...] = ()
    """Faults that a detector of the target shows under the same condition: this platform's leaves them to it."""

    def watches(self, fault: FaultRow) -> bool:
        """Whether this platform's detector looks for a fault there."""
        return self.detects and fault.name not in self.shown_already and bool(fault.xids or fault.patterns)


@dataclass(frozen=True)
class RepairRow:
    """What one repairer does about one fault."""

    name: str
    detector: str
    condition: str
    """Node condition, or what else shows it."""
    source: str
    date: str
    action: str = ""
    """What it does whatever is asked; empty: what is asked."""
    after: str = ""
    """After what time, where that is fixed."""
    reason: str = ""
    """Why it cannot be told; empty where it can."""


@dataclass(frozen=True)
class NoticeRow:
    """Who warns of an event before a machine goes."""

    name: str
    giver: str
    source: str
    date: str
    seconds: int | None = None
    """What pods have of it; None where no figure is promised."""


@dataclass(frozen=True)
class Faults:
    """All rows."""

    faults: Mapping[str, FaultRow]
    repairers: Mapping[str, RepairerRow]
    repairs: Mapping[str, Mapping[str, RepairRow]]
    """repairer -> fault -> row."""
    notices: Mapping[str, Mapping[str, NoticeRow]]
    """target -> event -> row."""

    def of(self, target: str) -> list[RepairerRow]:
        """Who mends nodes of a target."""
        return [row for row in self.repairers.values() if row.target == target]


@cache
def load() -> Faults:
    """The product's own rows, read once. Raises InputError naming every bad row."""
    return load_from(files("fairlead.catalog").joinpath("data"))


def load_from(folder: Traversable) -> Faults:
    """The rows of any folder. Raises InputError naming every bad row."""
    data = tomli.loads(folder.joinpath(FILE).read_text(encoding="utf-8"))
    problems: list[Problem] = []

    def table(part: str, rows: Mapping[str, Any]) -> Table:
        return Table(f"{FILE} {part}", rows)

    found = Faults(
        read_rows(FaultRow, table("faults", data["faults"]), problems),
        read_rows(RepairerRow, table("repairers", data["repairers"]), problems),
        {
            name: read_rows(RepairRow, table(f"repairs.{name}", rows), problems)
            for name, rows in data["repairs"].items()
        },
        {
            name: read_rows(NoticeRow, table(f"notices.{name}", rows), problems)
            for name, rows in data["notices"].items()
        },
    )
    problems += check(found)
    if problems:
        raise InputError("the catalogue", problems)
    return found


def check(rows: Faults) -> Iterator[Problem]:
    """What must hold between the rows."""
    for row in rows.faults.values():
        yield from _word(f"faults.{row.name} grade", row.grade, GRADES)
        yield from _word(f"faults.{row.name} action", row.action, ACTIONS)
        yield from _time(f"faults.{row.name} after", row.after)
    for row in rows.repairers.values():
        yield from _word(f"repairers.{row.name} nodes", row.nodes, NODES)
        for fault in sorted(set(rows.faults) - set(rows.repairs.get(row.name, {}))):
            yield Problem(f"{FILE} repairs.{row.name}", "every repairer says so about every fault", fault)
        for fault in row.shown_already:
            yield from _word(f"repairers.{row.name} shown_already", fault, tuple(rows.faults))
        yield from _watched(row, rows)
    for name, repairs in rows.repairs.items():
        yield from _word(f"repairs.{name}", name, tuple(rows.repairers))
        for row in repairs.values():
            yield from _repair(f"repairs.{name}.{row.name}", row, rows)


def _watched(repairer: RepairerRow, rows: Faults) -> Iterator[Problem]:
    """What the detector marks nodes with is the name of a condition."""
    for fault in rows.faults.values():
        row = rows.repairs.get(repairer.name, {}).get(fault.name)
        lasting = fault.grade != "application"
        if row and lasting and repairer.watches(fault) and not CONDITION.fullmatch(row.condition):
            where = f"{FILE} repairs.{repairer.name}.{row.name} condition"
            yield Problem(
                where, "the detector cannot set it", row.condition, "the name of a condition, as GPULost"
            )


def _repair(where: str, row: RepairRow, rows: Faults) -> Iterator[Problem]:
    yield from _word(where, row.name, tuple(rows.faults))
    if len({bool(row.action), bool(row.after), bool(row.reason)}) > 1:
        yield Problem(f"{FILE} {where}", "what is fixed has an action, a time and a reason")
    if row.action:
        yield from _word(f"{where} action", row.action, ACTIONS)
        yield from _time(f"{where} after", row.after)


def _word(where: str, given: str, allowed: tuple[str, ...]) -> Iterator[Problem]:
    if given not in allowed:
        yield Problem(f"{FILE} {where}", "unknown word", given, one_of(allowed, given))


def _time(where: str, given: str) -> Iterator[Problem]:
    try:
        seconds(given)
    except ValueError as error:
        yield Problem(f"{FILE} {where}", str(error), given)
