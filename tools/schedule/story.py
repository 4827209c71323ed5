"""One job's life out of the stays of its pods: when it was whole, when it waited, when it held a part in vain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from schedule.jobs import Job
from schedule.record import Stay


@dataclass(frozen=True)
class Span:
    """A stretch of time, in hours of the trace."""

    begins: float
    ends: float

    @property
    def hours(self) -> float:
        """Its length."""
        return self.ends - self.begins


@dataclass(frozen=True)
class Placed:
    """A pod that held GPUs of a node for a time, in hours of the trace."""

    node: str
    gpus: int
    span: Span
    done: bool
    """Whether it ran to its end, or still runs at the end of the day."""


@dataclass(frozen=True)
class Story:
    """A job and what became of it by the end of the day."""

    job: Job
    sent: float
    """Hours of the trace."""
    placed: Sequence[Placed]
    whole: float | None
    """When all of its pods had a place first; None: not that day."""
    waiting: Sequence[Span] = field(default_factory=tuple)
    """When it had less than all of its pods in place and was not done."""
    partial: Sequence[Span] = field(default_factory=tuple)
    """When it had some of its pods in place, and not all."""
    held_in_vain: float = 0.0
    """GPU-hours that it held while it was not whole."""


@dataclass(frozen=True)
class Clock:
    """From this machine's clock to hours of the trace."""

    began: float
    factor: float
    """Seconds of the trace that pass in one second."""

    def hours(self, moment: float) -> float:
        """Hours of the trace since its start; negative before it."""
        return (moment - self.began) * self.factor / 3600


def stories(
    jobs: Iterable[Job], sent: Mapping[str, float], stays: Iterable[Stay], clock: Clock, end: float
) -> list[Story]:
    """The story of each job that was sent by the end, both in hours; stays that begin after it are left out."""
    of: dict[str, list[Placed]] = {}
    for stay in stays:
        if stay.node and clock.hours(stay.bound) < end:
            of.setdefault(stay.job, []).append(_placed(stay, clock, end))
    found: list[Story] = []
    for job in jobs:
        began = clock.hours(sent[job.name]) if job.name in sent else math.inf
        if began < end:
            found.append(_story(job, began, of.get(job.name, []), end))
    return found


def _placed(stay: Stay, clock: Clock, end: float) -> Placed:
    ended = clock.hours(stay.ended) if stay.ended else math.inf
    span = Span(clock.hours(stay.bound), min(ended, end))
    return Placed(stay.node, stay.gpus, span, stay.done or ended > end)


def _story(job: Job, sent: float, placed: Sequence[Placed], end: float) -> Story:
    whole: float | None = None
    waiting: list[Span] = []
    partial: list[Span] = []
    vain = 0.0
    for span, there, held in _counts(placed, sent, end):
        if there >= job.pods:
            whole = span.begins if whole is None else whole
            continue
        waiting.append(span)
        if there:
            partial.append(span)
            vain += held * span.hours
    return Story(job, sent, placed, whole, tuple(_joined(waiting)), tuple(_joined(partial)), vain)


def _counts(placed: Sequence[Placed], sent: float, end: float) -> Iterator[tuple[Span, int, int]]:
    """Stretches of time with the number of pods that are in place or done, and the GPUs that are held."""
    changes: list[tuple[float, int, int]] = []
    for one in placed:
        changes.append((one.span.begins, 1, one.gpus))
        if one.span.ends < end:
            changes.append((one.span.ends, 0 if one.done else -1, -one.gpus))
    there = held = 0
    now = sent
    for moment, pods, gpus in sorted(changes):
        if moment > now:
            yield Span(now, moment), there, held
            now = moment
        there, held = there + pods, held + gpus
    if end > now:
        yield Span(now, end), there, held


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for one in spans:
        if found and found[-1].ends >= one.begins:
            found[-1] = Span(found[-1].begins, one.ends)
        else:
            found.append(one)
    return found
