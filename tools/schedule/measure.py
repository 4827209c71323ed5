"""Figures of one day out of the stories of its jobs. Pure: the same stories give the same figures."""

from __future__ import annotations

import statistics
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from schedule.jobs import GPUS_PER_NODE
from schedule.story import Placed, Span, Story

CLASSES: Mapping[str, range] = {
    "1 to 4 GPUs": range(1, 5),
    "8 GPUs": range(5, 9),
    "16 to 32 GPUs": range(9, 33),
    "more": range(33, 10_000),
}
"""Jobs by size, as waits are told."""
POINTS = (50, 95, 99)


@dataclass(frozen=True)
class Sample:
    """One moment of the day. GPUs, all of them."""

    hour: float
    allocated: int
    waiting: int
    """Asked for by jobs that have waited for longer than a short while."""
    present: int
    """On nodes that are there."""
    fragmented: float
    """Free GPUs of which the mean pod could not be given any: see `fragmentation`."""


@dataclass(frozen=True)
class Day:
    """The figures of a variant."""

    samples: Sequence[Sample]
    allocation: float
    """Mean, 0 to 1."""
    allocation_queued: float | None
    """Mean over the moments at which work waited; None: none ever did."""
    queued_share: float
    """Part of the day during which work waited."""
    idle_hours: float
    """GPU-hours that were not allocated on nodes that were there."""
    idle_always_on: float
    """The same if all nodes are there all day."""
    fragmentation: float
    """Mean GPUs of `Sample.fragmented`."""
    waits: Mapping[str, Mapping[str, float]]
    """Class of size -> p50, p95, p99 in minutes of the trace, jobs, and how many never started."""
    slowdown: float
    """Median of (wait + run) / run."""
    partial_gangs: int
    held_in_vain: float
    """GPU-hours held by gangs that were not whole."""
    repeated: float
    """GPU-hours of pods that were ended before their time: that work is done twice."""
    finished: int
    useful: float
    """GPU-hours of pods that ran to their end or still run."""


@dataclass(frozen=True)
class Rules:
    """By which the day is judged. Times in hours of the trace."""

    nodes: int
    hours: float
    idle_after: float | None
    """After which an empty node leaves; None: nodes stay."""
    short: float
    """What waits for less than this is on its way: the machinery needs that time."""
    partial_after: float
    """A gang that has a part of its pods in place for longer than this is a partial one."""
    samples: int = 240


def day(told: Sequence[Story], rules: Rules) -> Day:
    """All figures."""
    placed = [one for story in told for one in story.placed]
    used = usage(placed)
    whole = rules.nodes * GPUS_PER_NODE
    taken = sum(_within(one.span, rules.hours) * one.gpus for one in placed)
    present = {node: presence(steps, rules) for node, steps in used.items()}
    there = sum(span.hours for spans in present.values() for span in spans) * GPUS_PER_NODE
    always = whole * rules.hours - taken
    points = _samples(told, used, present, rules)
    queued = [one.allocated / whole for one in points if one.waiting]
    new = [story for story in told if story.job.sent > 0]
    return Day(
        samples=points,
        allocation=taken / (whole * rules.hours),
        allocation_queued=statistics.fmean(queued) if queued else None,
        queued_share=len(queued) / len(points),
        idle_hours=always if rules.idle_after is None else there - taken,
        idle_always_on=always,
        fragmentation=statistics.fmean(one.fragmented for one in points),
        waits={
            name: _waits([s for s in new if s.job.size in sizes], rules.hours)
            for name, sizes in CLASSES.items()
        },
        slowdown=_slowdown(new, rules.hours),
        partial_gangs=sum(any(span.hours > rules.partial_after for span in s.partial) for s in told),
        held_in_vain=sum(story.held_in_vain for story in told),
        repeated=sum(one.span.hours * one.gpus for one in placed if not one.done),
        finished=sum(_finished(story, rules.hours) for story in told),
        useful=sum(_within(one.span, rules.hours) * one.gpus for one in placed if one.done),
    )


def _within(span: Span, hours: float) -> float:
    return max(0.0, min(span.ends, hours) - max(span.begins, 0.0))


def _finished(story: Story, hours: float) -> bool:
    ended = [one for one in story.placed if one.done and one.span.ends < hours]
    return len(ended) >= story.job.pods


Steps = Sequence[tuple[float, int]]
"""Moments, in order, and the GPUs in use from each of them on."""


def usage(placed: Iterable[Placed]) -> dict[str, Steps]:
    """Node -> how many of its GPUs are in use, from when on."""
    changes: dict[str, list[tuple[float, int]]] = {}
    for one in placed:
        changes.setdefault(one.node, []).extend(((one.span.begins, one.gpus), (one.span.ends, -one.gpus)))
    found: dict[str, Steps] = {}
    for node, many in changes.items():
        many.sort()
        found[node] = list(zip([at for at, _ in many], accumulate(gpus for _, gpus in many), strict=True))
    return found


def at(steps: Steps, moment: float) -> int:
    """GPUs in use at a moment."""
    place = bisect_right(steps, moment, key=lambda step: step[0])
    return steps[place - 1][1] if place else 0


def presence(steps: Steps, rules: Rules) -> list[Span]:
    """When a node is there: while it is in use, and `idle_after` longer; all day where nodes stay."""
    if rules.idle_after is None:
        return [Span(0.0, rules.hours)]
    busy: list[Span] = []
    begins: float | None = None
    for moment, used in steps:
        if used and begins is None:
            begins = moment
        if not used and begins is not None:
            busy.append(Span(begins, moment))
            begins = None
    found: list[Span] = []
    for span in busy:
        ends = span.ends + rules.idle_after
        if found and found[-1].ends >= span.begins:
            found[-1] = Span(found[-1].begins, ends)
        else:
            found.append(Span(span.begins, ends))
    cut = [Span(max(one.begins, 0.0), min(one.ends, rules.hours)) for one in found]
    return [one for one in cut if one.hours > 0]


def fragmentation(free: Iterable[int], pods: Mapping[int, float]) -> float:
    """GPUs that are free and of no use, for the mean pod of the day.

    Of each node's free GPUs a pod of g can have none if there are fewer than g. Weighed by how many pods of
    each g there are. Definition: Weng et al., Beware of Fragmentation, USENIX ATC 23, F_n(M); there for parts
    of a GPU, here for whole ones.
    """
    return sum(share * sum(gpus for gpus in free if gpus < wanted) for wanted, share in pods.items())


def _samples(
    told: Sequence[Story], used: Mapping[str, Steps], present: Mapping[str, Sequence[Span]], rules: Rules
) -> list[Sample]:
    sizes = [story.job.gpus for story in told for _ in range(story.job.pods)]
    pods = {gpus: sizes.count(gpus) / len(sizes) for gpus in set(sizes)}
    found: list[Sample] = []
    for step in range(rules.samples):
        hour = (step + 0.5) * rules.hours / rules.samples
        now = {node: at(steps, hour) for node, steps in used.items()}
        free = [GPUS_PER_NODE - one for one in now.values() if one]
        nodes = rules.nodes
        if rules.idle_after is not None:
            nodes = sum(any(s.begins <= hour < s.ends for s in spans) for spans in present.values())
        waiting = sum(
            s.job.size for s in told if any(w.begins + rules.short <= hour < w.ends for w in s.waiting)
        )
        whole = nodes * GPUS_PER_NODE
        found.append(Sample(hour, sum(now.values()), waiting, whole, fragmentation(free, pods)))
    return found


def wait_minutes(story: Story, hours: float) -> float:
    """From being sent until all pods had a place; until the end of the day for what never had."""
    return ((story.whole if story.whole is not None else hours) - story.sent) * 60


def _waits(told: Sequence[Story], hours: float) -> Mapping[str, float]:
    minutes = sorted(wait_minutes(story, hours) for story in told)
    points = {f"p{point}": _point(minutes, point) for point in POINTS}
    return {**points, "jobs": len(minutes), "never": sum(story.whole is None for story in told)}


def _point(ordered: Sequence[float], point: int) -> float:
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, len(ordered) * point // 100)]


def _slowdown(told: Sequence[Story], hours: float) -> float:
    if not told:
        return 1.0
    return statistics.median(1 + wait_minutes(one, hours) * 60 / one.job.seconds for one in told)
