"""Events a second out of the server's time stamps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

WINDOW = 10


def rates(stamps: Iterable[str]) -> tuple[float, float]:
    """Over all of the time and over the best ten seconds, of stamps in whole seconds."""
    seconds = Counter(round(datetime.fromisoformat(one).timestamp()) for one in stamps)
    if not seconds:
        return 0.0, 0.0
    first, last = min(seconds), max(seconds)
    whole = sum(seconds.values()) / (last - first + 1)
    window = min(WINDOW, last - first + 1)
    best = max(sum(seconds[at + step] for step in range(window)) for at in range(first, last + 2 - window))
    return whole, best / window
