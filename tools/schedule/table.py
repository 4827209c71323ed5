"""The figures as a table for the terminal and for docs, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from schedule.measure import Day
from schedule.replay import Played

LATE_S = 2.0
"""Seconds of this machine by which a job may be sent late: what the queue itself needs."""
GOAL_ADMISSIONS, GOAL_ALLOCATION, GOAL_IDLE = 40.0, 0.95, 3.0


@dataclass(frozen=True)
class Result:
    """One variant: what was played, and its figures."""

    played: Played
    day: Day


Row = tuple[str, Callable[[Result], str]]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f} %"


def _whole(amount: float) -> str:
    return f"{amount:,.0f}".replace(",", " ")


def _rate(amount: float | None) -> str:
    return "-" if amount is None else f"{amount:.0f}"


ROWS: Sequence[Row] = (
    ("GPUs allocated, mean of the day", lambda r: _percent(r.day.allocation)),
    ("GPUs allocated while work waits", lambda r: _percent(r.day.allocation_queued)),
    ("part of the day in which work waits", lambda r: _percent(r.day.queued_share)),
    ("idle GPU-hours", lambda r: _whole(r.day.idle_hours)),
    ("idle GPU-hours if all nodes stay", lambda r: _whole(r.day.idle_always_on)),
    ("useful GPU-hours", lambda r: _whole(r.day.useful)),
    ("GPU-hours of work done twice", lambda r: _whole(r.day.repeated)),
    ("fragmented GPUs, mean", lambda r: _whole(r.day.fragmentation)),
    ("partial gangs", lambda r: str(r.day.partial_gangs)),
    ("GPU-hours held by gangs not whole", lambda r: _whole(r.day.held_in_vain)),
    ("jobs finished that day", lambda r: _whole(r.day.finished)),
    ("evictions", lambda r: _whole(r.played.evictions) if r.played.variant.queues else "-"),
    ("slowdown, median", lambda r: f"{r.day.slowdown:.2f}"),
    ("admissions a second", lambda r: _rate(r.played.admissions)),
    ("admissions a second, best 10 s", lambda r: _rate(r.played.admissions_peak)),
    ("admissions a second, workloads alone", lambda r: _rate(r.played.alone and r.played.alone.a_second)),
    ("the same, best 10 s", lambda r: _rate(r.played.alone and r.played.alone.best)),
)


def _waits(results: Sequence[Result]) -> list[list[str]]:
    lines: list[list[str]] = []
    for name in results[0].day.waits:
        cells = [
            "{p50:.0f} / {p95:.0f} / {p99:.0f}".format(**result.day.waits[name])
            + (f" ({result.day.waits[name]['never']:.0f} never)" if result.day.waits[name]["never"] else "")
            for result in results
        ]
        count = results[0].day.waits[name]["jobs"]
        lines.append([f"wait p50 / p95 / p99, minutes: {name} ({count:.0f} jobs)", *cells])
    return lines


def cells(results: Sequence[Result]) -> list[list[str]]:
    """All lines of the table; the first has the names of the variants."""
    head = ["", *(result.played.variant.name for result in results)]
    rows = [[name, *(show(result) for result in results)] for name, show in ROWS]
    return [head, *rows, *_waits(results)]


def text(results: Sequence[Result]) -> str:
    """For the terminal."""
    lines = cells(results)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    shown = (
        "  ".join(
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
    return "\n".join(shown)


def markdown(results: Sequence[Result]) -> str:
    """For docs/scheduling.md."""
    head, *rest = cells(results)
    rule = ["---", *("---:" for _ in results)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *rest))


def goals(results: Sequence[Result]) -> list[tuple[str, str, bool]]:
    """Goal, what was seen, and whether it is reached; only what the variants that ran can tell."""
    of = {result.played.variant.name: result for result in results}
    ours = of.get("fairlead")
    if ours is None:
        return []
    found = [
        *_admissions(ours.played),
        ("no partial gang", str(ours.day.partial_gangs), ours.day.partial_gangs == 0),
        (
            f"at least {GOAL_ALLOCATION * 100:.0f} % allocated while work waits",
            _percent(ours.day.allocation_queued),
            (ours.day.allocation_queued or 0) >= GOAL_ALLOCATION,
        ),
    ]
    if "fixed" in of:
        ratio = of["fixed"].day.idle_hours / max(ours.day.idle_hours, 1.0)
        what = f"at least {GOAL_IDLE:.0f} times fewer idle GPU-hours than fixed pools"
        found.append((what, f"{ratio:.1f} times", ratio >= GOAL_IDLE))
    return found


def _admissions(played: Played) -> list[tuple[str, str, bool]]:
    """By the queue as it is asked by others' tests, and with all that a job makes: both are told."""
    seen = f"{played.admissions or 0:.1f} (best ten seconds {played.admissions_peak or 0:.1f})"
    goal = f"at least {GOAL_ADMISSIONS:.0f} admissions a second"
    found = [(f"{goal}, jobs with their pods", seen, (played.admissions or 0) >= GOAL_ADMISSIONS)]
    if (alone := played.alone) is not None:
        said = f"{alone.a_second:.1f} (best ten seconds {alone.best:.1f}; {alone.admitted} of {alone.sent})"
        found.insert(0, (f"{goal}, workloads alone", said, alone.a_second >= GOAL_ADMISSIONS))
    return found


def doubts(results: Sequence[Result]) -> list[str]:
    """Where the machine did not keep up with its clock: such figures tell of the machine."""
    found: list[str] = []
    for result in results:
        played, name = result.played, result.played.variant.name
        if played.latest > LATE_S:
            found.append(
                f"{name}: a job was sent {played.latest:.0f} s after its moment: the machine is too busy"
            )
        if not played.settled:
            found.append(
                f"{name}: the jobs of the start still came up when the day began: the machine is too busy"
            )
    return found


def plain(results: Sequence[Result], about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, as JSON."""
    return {
        "about": dict(about),
        "variants": {
            result.played.variant.name: {
                "what": result.played.variant.what,
                "admissions_per_second": result.played.admissions,
                "admissions_per_second_best_10_s": result.played.admissions_peak,
                "admitted_at_start": result.played.burst,
                "workloads_alone": result.played.alone and asdict(result.played.alone),
                "evictions": result.played.evictions,
                "latest_sent_s": result.played.latest,
                "seconds": result.played.seconds,
                **asdict(result.day),
            }
            for result in results
        },
        "doubts": doubts(results),
        "goals": [{"goal": goal, "seen": seen, "reached": ok} for goal, seen, ok in goals(results)],
    }
