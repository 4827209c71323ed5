"""What an all-reduce has measured: read out of its log, and held against the figure of the machine's row. Pure.

Format: the table of nccl-tests, https://github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md; a line is
size, count, type, redop, root, then time, algbw, busbw, #wrong out of place, then the same four in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from fairlead.errors import FairleadError

SHARE = 0.9
"""Of the published figure, what must be reached: this product's choice, room for another software version."""
NODES = 2
"""Nodes over which the published figures were measured: with more of them the bus bandwidth is another."""
_ROW = re.compile(r"^\s*(\d+)\s+\d+\s+\w+\s+\w+\s+-?\d+((?:\s+\S+){8})\s*$")
_AVERAGE = re.compile(r"#\s*Avg bus bandwidth\s*:\s*([\d.e+-]+)")
_RANK = re.compile(r"^\[\d+,\d+\]<std(?:out|err)>:")


@dataclass(frozen=True)
class Row:
    """One message size."""

    size: int
    """Bytes."""
    busbw: float
    """GB/s, out of place."""
    busbw_in_place: float
    wrong: int | None
    """Wrong numbers of both; None where the run did not compare."""


@dataclass(frozen=True)
class Measured:
    """The whole table."""

    rows: tuple[Row, ...]
    average: float | None
    """GB/s over all sizes, as the run printed it."""

    @property
    def largest(self) -> Row:
        """The largest message: the one whose bandwidth counts."""
        return max(self.rows, key=lambda row: row.size)

    @property
    def wrong(self) -> int:
        """Wrong numbers of all sizes."""
        return sum(row.wrong or 0 for row in self.rows)


@dataclass(frozen=True)
class Wanted:
    """What a machine must reach."""

    figure: float | None
    """Published bus bandwidth, GB/s; None where none is known."""
    source: str = ""

    def least(self, nodes: int) -> float | None:
        """GB/s below which something is wrong; None where nothing is known of so many nodes."""
        return SHARE * self.figure if self.figure is not None and nodes == NODES else None


@dataclass(frozen=True)
class Verdict:
    """What came of a check."""

    pool: str
    machine: str
    nodes: int
    per_node: int
    """Accelerators of a node; 0 for the stand-in on CPUs."""
    fabric: str
    """Network that the jobs of the pool get: none, or a row of the catalogue's fabrics."""
    busbw_gbps: float
    size: int
    average_gbps: float | None
    wrong: int
    least_gbps: float | None
    source: str
    ok: bool
    says: str

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def parse(lines: Iterable[str]) -> Measured:
    """The table of a log. Raises FairleadError where there is none."""
    rows: list[Row] = []
    average: float | None = None
    for line in (_RANK.sub("", one) for one in lines):
        if found := _AVERAGE.search(line):
            average = float(found[1])
        elif match := _ROW.match(line):
            cells = match[2].split()
            rows.append(Row(int(match[1]), float(cells[2]), float(cells[6]), _wrong(cells[3], cells[7])))
    if not rows:
        raise FairleadError("the job's log holds no table of an all-reduce\n    fix:     read it above")
    return Measured(tuple(rows), average)


def _wrong(*cells: str) -> int | None:
    return None if "N/A" in cells else sum(int(cell) for cell in cells)


def judge(measured: Measured, wanted: Wanted, nodes: int) -> tuple[bool, str]:
    """Whether a run is as it must be, and what there is to say of it."""
    got, least = measured.largest.busbw, wanted.least(nodes)
    if measured.wrong:
        return False, f"{measured.wrong} numbers came out wrong: a node, an accelerator or a link is broken"
    if least is None and wanted.figure is not None:
        return True, f"no threshold: the published figure, {wanted.figure:g} GB/s, is for {NODES} nodes"
    if least is None:
        return True, "no threshold known: nobody has published a figure for this machine that we could read"
    told = f"{SHARE:.0%} of the {wanted.figure:g} GB/s that others have measured"
    if got < least:
        fix = "see that NCCL_DEBUG=INFO names the fast network, and that the job's image has its plugin"
        return False, f"below {least:.1f} GB/s, {told}: {fix}"
    return True, f"at least {least:.1f} GB/s, {told}"


def lines(verdict: Verdict, measured: Measured) -> list[str]:
    """For people."""
    kind = f"{verdict.per_node} accelerators" if verdict.per_node else "1 CPU, a stand-in"
    head = f"pool {verdict.pool}: {verdict.nodes} nodes ({verdict.machine}, {kind} each), network {verdict.fabric}"
    table = [f"  {size(row.size):>8}  {row.busbw:8.4g} GB/s" for row in measured.rows]
    result = f"bus bandwidth {verdict.busbw_gbps:.4g} GB/s at {size(verdict.size)}: {'ok' if verdict.ok else 'FAILED'}"
    source = [f"  source:  {verdict.source}"] if verdict.source else []
    return [head, *table, result, f"  {verdict.says}", *source]


def size(number: int) -> str:
    """Bytes for people: 16 GiB."""
    for unit in ("B", "KiB", "MiB"):
        if number < 1024:
            return f"{number:g} {unit}"
        number //= 1024
    return f"{number:g} GiB"
