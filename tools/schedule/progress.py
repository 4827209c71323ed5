"""Lines of progress."""

from __future__ import annotations

from datetime import UTC, datetime


def say(text: str) -> None:
    """A line with the time."""
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)
