"""Jobs made from the published figures: the same seed gives the same jobs, to the last second.

Made: sizes, durations, hours of the day and tenants as published. Durations depend on the size only in so far
as the published GPU time of each size says: one exponent a size bends the common curve to that mean. Tenants
differ in how much they ask for, not in the mix of their jobs: nothing else is published.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise

from schedule.published import Published, Size, published

HOUR = 3600.0
PAST_DAYS = 25
"""As long as the longest job: what was sent before that has ended by the start."""
STEPS = 20
"""Into which each stretch of the curve is cut."""
GPUS_PER_NODE = 8


@dataclass(frozen=True)
class Job:
    """One gang: `pods` pods that start together, each on `gpus` GPUs of one node."""

    name: str
    tenant: str
    pods: int
    gpus: int
    sent: float
    """Seconds of the trace after its start; 0 for what ran already."""
    seconds: float
    """How long it runs; for what ran already, how much longer."""

    @property
    def size(self) -> int:
        """GPUs of the whole gang."""
        return self.pods * self.gpus


@dataclass(frozen=True)
class Wish:
    """What is to be made."""

    nodes: int = 1000
    hours: float = 24.0
    load: float = 0.95
    """GPU time asked for, as a part of what all nodes have; 0.74 was published."""
    least: float = 1800.0
    """Shorter jobs, in seconds, are left out: most of all jobs, next to nothing of the GPU time."""
    starts: int = 8
    """Hour of the day at which it begins."""
    seed: int = 5

    @property
    def gpus(self) -> int:
        """All GPUs of the cluster."""
        return self.nodes * GPUS_PER_NODE


def mean_seconds(size: Size, known: Published) -> float:
    """Mean duration of the jobs of one size, from its shares of jobs and of GPU time."""
    return size.gpu_time / (size.jobs * size.gpus) * known.gpu_seconds_per_job


@cache
def _grid() -> tuple[tuple[float, float], ...]:
    """The curve of durations in fine steps: share of all jobs, seconds."""
    known = published().durations
    edges = [0.0, *known.shares]
    steps = [low + (high - low) * part / STEPS for low, high in pairwise(edges) for part in range(STEPS)]
    return tuple((share, known.quantile(share)) for share in (*steps, 1.0))


def _moments(exponent: float, least: float = 0.0) -> tuple[float, float]:
    """Of jobs whose draws are bent: the share that runs at least so long, and their part of the mean, in seconds."""
    share = mean = 0.0
    grid = _grid()
    for (low, shorter), (high, longer) in pairwise(grid):
        middle = (shorter + longer) / 2
        if middle >= least:
            weight = high ** (1 / exponent) - low ** (1 / exponent)
            share += weight
            mean += weight * middle
    return share, mean


@cache
def exponent(gpus: int) -> float:
    """The exponent that gives jobs of this size their published mean: a draw v becomes quantile(v ** exponent)."""
    known = published()
    wanted = mean_seconds(next(one for one in known.sizes if one.gpus == gpus), known)
    low, high = 0.01, 20.0
    for _ in range(24):
        middle = math.sqrt(low * high)
        # A larger exponent draws smaller durations.
        low, high = (middle, high) if _moments(middle)[1] > wanted else (low, middle)
    return math.sqrt(low * high)


def kept(least: float) -> tuple[float, float]:
    """Of all jobs and of all GPU time, the share that jobs of at least so many seconds have."""
    jobs = time = whole = 0.0
    for size in published().sizes:
        share, mean = _moments(exponent(size.gpus), least)
        jobs += size.jobs * share
        time += size.jobs * size.gpus * mean
        whole += size.jobs * size.gpus * _moments(exponent(size.gpus))[1]
    return jobs, time / whole


def shares(known: Published, nodes: int) -> dict[str, int]:
    """Tenant -> nodes of its own, in proportion to the published parts; they add up to all nodes."""
    whole = sum(one.gpus for one in known.tenants)
    exact = {one.name: one.gpus * nodes / whole for one in known.tenants}
    given = {name: math.floor(part) for name, part in exact.items()}
    by_rest = sorted(exact, key=lambda name: given[name] - exact[name])
    for name in by_rest[: nodes - sum(given.values())]:
        given[name] += 1
    return given


def make(wish: Wish) -> list[Job]:
    """All jobs, by the time at which they are sent; first those that run at the start."""
    known, dice = published(), random.Random(wish.seed)  # noqa: S311 - a repeatable choice is what is wanted
    names = [one.name for one in known.tenants]
    by_wanted = list(accumulate(one.wanted for one in known.tenants))
    by_jobs = list(accumulate(one.jobs for one in known.sizes))
    too_short = known.durations.share(wish.least)
    found: list[Job] = []
    for sent in _times(wish, known, dice):
        size = dice.choices(known.sizes, cum_weights=by_jobs)[0]
        draw = dice.random() ** exponent(size.gpus)
        if draw < too_short:
            continue
        seconds = known.durations.quantile(draw)
        if sent + seconds <= 0:
            continue
        tenant = dice.choices(names, cum_weights=by_wanted)[0]
        many = size.gpus > GPUS_PER_NODE
        pods, gpus = (size.gpus // GPUS_PER_NODE, GPUS_PER_NODE) if many else (1, size.gpus)
        left = seconds if sent >= 0 else sent + seconds
        found.append(Job(f"j{len(found):05d}", tenant, pods, gpus, max(sent, 0.0), left))
    return sorted(found, key=lambda job: (job.sent, job.name))


def _times(wish: Wish, known: Published, dice: random.Random) -> Iterator[float]:
    """When jobs are sent: a Poisson process whose rate follows the hour of the day, from long before the start."""
    rates = _rates(wish, known)
    most = max(rates)
    now = -PAST_DAYS * 24 * HOUR
    while True:
        now += dice.expovariate(most)
        if now >= wish.hours * HOUR:
            return
        hour = int(now // HOUR + wish.starts) % 24
        if dice.random() * most < rates[hour]:
            yield now


def _rates(wish: Wish, known: Published) -> Sequence[float]:
    """Jobs a second, by hour of the day, such that together they ask for the wanted load."""
    mean = wish.load * wish.gpus / known.gpu_seconds_per_job
    whole = sum(known.jobs_per_hour) / len(known.jobs_per_hour)
    return [mean * one / whole for one in known.jobs_per_hour]
