"""Where on a plot a time and a number are, and which of them stand at its edges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log10

from fairlead.operate.report.model import Period

LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
"""Room around what is drawn."""
_HOUR, _DAY = 3600, 86_400
_PARTS = (1, 2, 4, 8, 12, 16, 20, 24, 40, 60)
_TICKS = (
    300,
    900,
    1800,
    _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    _DAY,
    2 * _DAY,
    7 * _DAY,
    14 * _DAY,
    28 * _DAY,
)


@dataclass(frozen=True)
class Scale:
    """A plot's size, its period and the number at its upper edge."""

    period: Period
    top: float
    width: int = 480
    height: int = 180

    @property
    def base(self) -> int:
        """Where 0 is."""
        return self.height - BOTTOM

    def x(self, at: int) -> float:
        """Where a time is."""
        whole = self.width - LEFT - RIGHT
        return round(LEFT + whole * (at - self.period.start) / self.period.seconds, 1)

    def y(self, value: float) -> float:
        """Where a number is."""
        return round(self.base - (self.base - TOP) * min(value / self.top, 1), 1)


def nice(most: float, time: bool = False) -> float:
    """A round number not below this one. time: of seconds, a round number of minutes, hours or days."""
    if most <= 0:
        return 60.0 if time else 1.0
    if time:
        size = next((one for one in (_DAY, _HOUR, 60) if most > one), 1)
        return next((size * parts for parts in _PARTS if size * parts >= most), size * nice(most / size))
    size = 10 ** floor(log10(most))
    return next(part * size for part in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10) if part * size >= most * 0.9999)


def levels(top: float, whole: bool) -> list[float]:
    """Numbers that the axis has, from 0 to the top. whole: parts of one would say nothing."""
    parts = next((n for n in (4, 3, 2) if not whole or (top / n) % 1 == 0), 1)
    return [top * one / parts for one in range(parts + 1)]


def moments(period: Period, most: int = 8) -> list[tuple[int, str]]:
    """Times that the axis has, with what is written there."""
    tick = next(
        (one for one in _TICKS if period.seconds / one <= most), ceil(period.seconds / most / _DAY) * _DAY
    )
    first = -(-period.start // tick) * tick
    return [(at, _said(period, at, tick)) for at in range(first, period.end + 1, tick)]


def _said(period: Period, at: int, tick: int) -> str:
    when = period.when(at)
    return (
        f"{when:%a} {when.day}"
        if tick <= _DAY and at % _DAY == 0
        else f"{when.day} {when:%b}"
        if tick > _DAY
        else f"{when:%H:%M}"
    )


def highest(values: Iterable[float | None]) -> float:
    """The largest of those that are told; 0 where none is."""
    return max((one for one in values if one is not None), default=0.0)
