"""The jobs layer, decided: plain data, as the rest of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class JobsPlan:
    """Which frameworks have runtimes."""

    runtimes: tuple[str, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict[str, str])
    """Framework -> its image, where that is not the lock's."""
