"""The published figures that the jobs are made from, and the curves that they describe."""

from __future__ import annotations

import bisect
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("published.toml")


@dataclass(frozen=True)
class Curve:
    """A cumulative distribution by points; between two of them straight over the logarithm of the value."""

    values: Sequence[float]
    shares: Sequence[float]
    """Share of all that is at most the value, 0 to 1, rising."""

    def quantile(self, share: float) -> float:
        """The value that a share of all does not exceed; below the first point that point's value."""
        at = bisect.bisect_left(self.shares, share)
        if at == 0:
            return self.values[0]
        if at == len(self.shares):
            return self.values[-1]
        low, high = self.shares[at - 1], self.shares[at]
        part = (share - low) / (high - low)
        return math.exp(math.log(self.values[at - 1]) * (1 - part) + math.log(self.values[at]) * part)

    def share(self, value: float) -> float:
        """The share of all that is at most this value."""
        if value < self.values[0]:
            return 0.0
        at = bisect.bisect_right(self.values, value)
        if at == len(self.values):
            return 1.0
        low, high = math.log(self.values[at - 1]), math.log(self.values[at])
        part = (math.log(value) - low) / (high - low)
        return self.shares[at - 1] * (1 - part) + self.shares[at] * part


@dataclass(frozen=True)
class Size:
    """Jobs of one number of GPUs."""

    gpus: int
    jobs: float
    """Their share of all jobs, 0 to 1."""
    gpu_time: float
    """Their share of all GPU time, 0 to 1."""


@dataclass(frozen=True)
class Tenant:
    """One of the datacenter's virtual clusters."""

    name: str
    gpus: int
    """Its own fixed part."""
    wanted: float
    """GPUs that its jobs ran on or waited for, mean of a month."""


@dataclass(frozen=True)
class Published:
    """All figures, typed."""

    mean_seconds: float
    gpu_seconds_per_job: float
    durations: Curve
    sizes: tuple[Size, ...]
    jobs_per_hour: tuple[float, ...]
    tenants: tuple[Tenant, ...]

    @property
    def wanted_share(self) -> float:
        """Part of all GPUs that the tenants' jobs ran on or waited for: the load as it was."""
        return sum(one.wanted for one in self.tenants) / sum(one.gpus for one in self.tenants)


def _steps(cumulative: Sequence[float]) -> list[float]:
    return [(high - low) / 100 for low, high in zip([0.0, *cumulative[:-1]], cumulative, strict=True)]


@cache
def published(path: Path = FILE) -> Published:
    """Reads the figures. Raises KeyError for a missing one, ValueError where rows do not fit together."""
    data = tomllib.loads(path.read_text())
    cluster, durations, sizes, tenants = data["cluster"], data["durations"], data["sizes"], data["tenants"]
    columns = sizes["gpus"], _steps(sizes["percent_of_jobs"]), _steps(sizes["percent_of_gpu_time"])
    rows = tenants["names"], tenants["gpus"], tenants["wanted"]
    return Published(
        mean_seconds=cluster["mean_seconds"],
        gpu_seconds_per_job=cluster["gpu_seconds"] / cluster["gpu_jobs"],
        durations=Curve(durations["seconds"], [one / 100 for one in durations["percent"]]),
        sizes=tuple(Size(*row) for row in zip(*columns, strict=True)),
        jobs_per_hour=tuple(data["arrivals"]["jobs_per_hour"]),
        tenants=tuple(Tenant(*row) for row in zip(*rows, strict=True)),
    )
