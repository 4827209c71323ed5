"""`python -m schedule`: runs the variants one after the other, prints the table, draws the picture."""

from __future__ import annotations

import argparse
import json
import os
import platform as machine
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fairlead.errors import InputError
from fairlead.targets.local import host
from fairlead.tools.cache import Cache
from schedule import plot, table
from schedule.jobs import GPUS_PER_NODE, Job, Wish, kept, make
from schedule.measure import Rules, day
from schedule.progress import say
from schedule.replay import Player
from schedule.stage import Stage, staged
from schedule.table import Result
from schedule.variants import IDLE_SECONDS, VARIANTS, Variant

SHORT_S, PARTIAL_S = 5.0, 10.0
"""Seconds of this machine: what has waited for less is on its way; a gang is a partial one after that."""
LOAD = 0.95


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What the user wants."""
    wish = Wish()
    parser = argparse.ArgumentParser(prog="make bench-schedule", description=__doc__)
    parser.add_argument("--nodes", type=int, default=wish.nodes, help="simulated nodes of 8 GPUs")
    parser.add_argument("--hours", type=float, default=wish.hours, help="hours of the trace")
    parser.add_argument("--factor", type=float, default=300, help="seconds of the trace in one second")
    parser.add_argument("--load", type=float, default=LOAD, help="GPU time asked for, of all there is")
    parser.add_argument("--seed", type=int, default=wish.seed, help="of the jobs")
    parser.add_argument("--variants", default="fairlead,fixed,default", help=f"some of {', '.join(VARIANTS)}")
    parser.add_argument(
        "--out", type=Path, default=Cache.default().root / "schedule", help="folder of the results"
    )
    parser.add_argument("--dry", action="store_true", help="only says what would be sent")
    found = parser.parse_args(argv)
    found.variants = found.variants.split(",")
    if unknown := [name for name in found.variants if name not in VARIANTS]:
        parser.error(f"no such variant: {', '.join(unknown)}; there are {', '.join(VARIANTS)}")
    return found


def run(variant: Variant, jobs: Sequence[Job], wish: Wish, factor: float) -> Result:
    """One variant on a cluster of its own."""
    say(f"variant {variant.name}: {variant.what}")
    began = time.monotonic()
    with staged(Stage(variant, wish.nodes, say)) as stage:
        up = time.monotonic() - began
        played = Player(stage, variant, wish, factor, say).play(jobs)
    played.seconds = {"cluster": up, **played.seconds, "whole": time.monotonic() - began}
    idle = IDLE_SECONDS / 3600 if variant.leaves else None
    rules = Rules(wish.nodes, wish.hours, idle, SHORT_S * factor / 3600, PARTIAL_S * factor / 3600)
    return Result(played, day(played.told, rules))


def about(wish: Wish, jobs: Sequence[Job], factor: float) -> dict[str, Any]:
    """What was measured, and on what."""
    of_jobs, of_time = kept(wish.least)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{len(os.sched_getaffinity(0))} cores, {machine.machine()}",
        "load_average_at_start": os.getloadavg()[1],
        "nodes": wish.nodes,
        "gpus": wish.gpus,
        "hours": wish.hours,
        "seconds_of_trace_per_second": factor,
        "load": wish.load,
        "seed": wish.seed,
        "jobs": len(jobs),
        "jobs_at_start": sum(job.sent == 0 for job in jobs),
        "pods": sum(job.pods for job in jobs),
        "left_out": f"jobs under {wish.least:.0f} s: {1 - of_jobs:.0%} of all, {1 - of_time:.1%} of GPU time",
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints, draws. 0 if every goal is reached that the variants can tell of, else 1."""
    asked = arguments(argv)
    wish = Wish(nodes=asked.nodes, hours=asked.hours, load=asked.load, seed=asked.seed)
    jobs = make(wish)
    told = about(wish, jobs, asked.factor)
    for name, value in told.items():
        print(f"{name:30} {value}")
    if asked.dry:
        return 0
    if lacking := host.rights():
        raise InputError("this machine", lacking)
    results: list[Result] = []
    missed = 0
    for name in asked.variants:
        results.append(run(VARIANTS[name], jobs, wish, asked.factor))
        # After each one: a run that is stopped leaves what it knew.
        missed = report(results, told, asked.out)
    return missed


def report(results: Sequence[Result], told: dict[str, Any], out: Path) -> int:
    """Prints and writes everything."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "schedule.json").write_text(json.dumps(table.plain(results, told), indent=1) + "\n")
    (out / "schedule.md").write_text(table.markdown(results) + "\n")
    title = f"{told['hours']:g} hours of trace, {told['nodes']} nodes, load {told['load']:g}, {told['date']}"
    plot.draw(results, told["nodes"] * GPUS_PER_NODE, title, out / "schedule.png")
    print(f"\n{table.text(results)}\n")
    missed = 0
    for goal, seen, reached in table.goals(results):
        print(f"{'reached' if reached else 'MISSED':8} {goal}: {seen}")
        missed += not reached
    for doubt in table.doubts(results):
        print(f"DOUBTFUL {doubt}")
    print(f"\n{out}/schedule.json, schedule.md, schedule.png")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
