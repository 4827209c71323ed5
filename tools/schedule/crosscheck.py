"""`python -m schedule.crosscheck`: what the rule of idle nodes says, against a real autoscaler's nodes.

A thousand machines that come and go are too much for Karpenter beside everything else on a small machine, so
`make bench-schedule` keeps all nodes and counts an empty one as gone after `idle_after`. Here the same sort of jobs
runs on a few nodes that Karpenter really makes and takes away, and both ways of counting are held together.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead import labels
from fairlead.errors import InputError
from fairlead.targets.local import host
from schedule.api import Api
from schedule.jobs import GPUS_PER_NODE, Wish, make
from schedule.measure import Rules, day, presence, usage
from schedule.progress import say
from schedule.replay import Played, Player
from schedule.stage import Stage, staged
from schedule.story import Clock, Span
from schedule.variants import POOL, VARIANTS

IDLE_AFTER = 15
"""Seconds of this machine."""
NODES = f"/api/v1/nodes?labelSelector={labels.POOL.replace('/', '%2F')}%3D{POOL}"


@dataclass
class Lives:
    """When each node came and went, by this machine's clock; 0: it is there."""

    came: dict[str, float] = field(default_factory=dict[str, float])
    went: dict[str, float] = field(default_factory=dict[str, float])

    def node(self, kind: str, obj: Mapping[str, Any], now: float) -> None:
        """Takes in one change of a node."""
        name = obj["metadata"]["name"]
        self.came.setdefault(name, now)
        if kind == "DELETED":
            self.went[name] = now

    def hours(self, clock: Clock, end: float) -> float:
        """Hours of the trace that nodes were there during the day, all of them together."""
        spans = (
            Span(
                max(clock.hours(came), 0.0),
                min(clock.hours(self.went[name]), end) if name in self.went else end,
            )
            for name, came in self.came.items()
        )
        return sum(max(0.0, one.hours) for one in spans)


def follow(api: Api, lives: Lives) -> None:
    """Hears of nodes until the process ends."""
    _, version = api.listed(NODES)
    for kind, obj in api.watch(NODES, version):
        if kind != "BOOKMARK":
            lives.node(kind, obj, time.monotonic())


def compare(played: Played, lives: Lives, rules: Rules) -> dict[str, float]:
    """GPU-hours of the day: allocated, idle on real nodes, idle by the rule."""
    placed = [one for story in played.told for one in story.placed]
    ruled = (
        sum(span.hours for steps in usage(placed).values() for span in presence(steps, rules)) * GPUS_PER_NODE
    )
    there = lives.hours(played.clock, rules.hours) * GPUS_PER_NODE
    taken = ruled - day(played.told, rules).idle_hours
    return {"allocated": taken, "idle on real nodes": there - taken, "idle by the rule": ruled - taken}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=24)
    parser.add_argument("--hours", type=float, default=12)
    parser.add_argument("--factor", type=float, default=300)
    parser.add_argument("--load", type=float, default=0.5)
    asked = parser.parse_args(argv)
    if lacking := host.rights():
        raise InputError("this machine", lacking)
    wish = Wish(nodes=asked.nodes, hours=asked.hours, load=asked.load)
    jobs = [job for job in make(wish) if job.size <= wish.gpus // 4]
    variant, lives = VARIANTS["growing"], Lives()
    stage = Stage(variant, wish.nodes, say, real_growth=True, idle_after=f"{IDLE_AFTER}s")
    with staged(stage):
        threading.Thread(target=follow, args=(stage.api, lives), daemon=True).start()
        played = Player(stage, variant, wish, asked.factor, say).play(jobs)
    hour = asked.factor / 3600
    rules = Rules(wish.nodes, wish.hours, IDLE_AFTER * hour, 5 * hour, 10 * hour)
    for name, gpu_hours in compare(played, lives, rules).items():
        print(f"{name:20} {gpu_hours:8.0f} GPU-hours")
    print(f"{'nodes that came':20} {len(lives.came):8d}, {len(lives.went)} of them went")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
