"""Small value types that every part of the product reads the same way: `H100:8`, `4Gi`, `90s`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

_ACCELERATORS = re.compile(
    r"^(?P<name>[A-Za-z][A-Za-z0-9.-]*)(?:/(?P<share>[a-z0-9]+(?:\.[a-z0-9]+)*))?(?::(?P<count>[0-9]+))?$"
)
_QUANTITY = re.compile(r"^(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<suffix>m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$")
_SCALE: dict[str | None, Fraction] = {
    None: Fraction(1),
    "m": Fraction(1, 1000),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate(("k", "M", "G", "T", "P"), 1)},
    **{suffix: Fraction(1024**power) for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi"), 1)},
}
_DURATION = re.compile(r"^(?P<number>[0-9]+)(?P<unit>s|m|h|d)$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, order=True)
class Accelerators:
    """Accelerators of one node, in SkyPilot's words: name and count, `H100:8`; or a share, `H100/1g.10gb:1`."""

    name: str
    count: int
    share: str = ""
    """What part of one accelerator: a MIG profile, or `shared`; empty for whole ones."""

    @classmethod
    def parse(cls, text: str) -> Accelerators:
        """Reads `H100:8`, `H100` (one), `H100/1g.10gb`. Raises ValueError with what is allowed."""
        match = _ACCELERATORS.match(text.strip())
        if not match or match["count"] == "0":
            raise ValueError("must be NAME or NAME:COUNT with COUNT at least 1, for example H100:8")
        return cls(match["name"], int(match["count"] or 1), match["share"] or "")

    @property
    def called(self) -> str:
        """The name with the share: `H100`, `H100/1g.10gb`."""
        return f"{self.name}/{self.share}" if self.share else self.name

    def __str__(self) -> str:
        return f"{self.called}:{self.count}"


def quantity(text: str) -> Fraction:
    """A Kubernetes quantity as an exact number: bytes for memory, cores for cpu.

    Raises ValueError for what is no quantity, is negative, or uses an exponent.
    """
    match = _QUANTITY.match(text.strip())
    if not match:
        raise ValueError("must be a Kubernetes quantity, for example 4, 500m, 64Gi")
    return Fraction(Decimal(match["number"])) * _SCALE[match["suffix"]]


def memory_text(size: Fraction) -> str:
    """Bytes as the largest binary unit that divides them: `64Gi`."""
    whole = int(size)
    for suffix in ("Ti", "Gi", "Mi", "Ki"):
        scale = int(_SCALE[suffix])
        if whole >= scale and whole % scale == 0:
            return f"{whole // scale}{suffix}"
    return str(whole)


def cpu_text(cores: Fraction) -> str:
    """Cores as Kubernetes prints them: `8`, `500m`; rounded down to a thousandth."""
    milli = int(cores * 1000)
    return str(milli // 1000) if milli % 1000 == 0 else f"{milli}m"


def seconds(text: str) -> int:
    """A duration such as `90s`, `30m`, `12h`, `7d` in seconds. Raises ValueError."""
    match = _DURATION.match(text.strip())
    if not match:
        raise ValueError("must be a whole number with a unit s, m, h or d, for example 90s or 12h")
    return int(match["number"]) * _SECONDS[match["unit"]]


def span(whole: int) -> str:
    """Seconds as `seconds` reads them, in the largest unit that divides them: 90 is `90s`, 1800 is `30m`."""
    return next(f"{whole // size}{unit}" for unit, size in reversed(_SECONDS.items()) if whole % size == 0)


def rough(whole: int) -> str:
    """Seconds as people say them, to the minute: 45 is `45s`, 720 is `12m`, 11100 is `3h 5m`."""
    hours, minutes = whole // 3600, whole % 3600 // 60
    if whole < 60:
        return f"{whole}s"
    return " ".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m")) if count)
