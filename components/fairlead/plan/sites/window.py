"""The weekly maintenance window in Karpenter's words: the time in which no node is replaced for order's sake.

A budget of Karpenter has a schedule from which it holds and a duration, so the window is said by its
complement (github.com/kubernetes-sigs/karpenter v1.14.1 pkg/apis/v1/nodepool.go, Budget).
"""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.spec.target import Maintenance

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
"""As cron counts them."""
WEEK = 168
"""Hours."""


@dataclass(frozen=True)
class Window:
    """When nodes may be replaced for the sake of order, as the time in which they may not."""

    closed_from: str
    """Cron schedule, UTC: the end of the maintenance window."""
    closed_for: str
    """Duration until it opens again."""


def window(asked: Maintenance) -> Window:
    """The window that a spec asks for."""
    hour, minute = (int(part) for part in asked.start.split(":"))
    end = DAYS.index(asked.day) * 24 + hour + asked.hours
    return Window(f"{minute} {end % 24} * * {end // 24 % 7}", f"{WEEK - asked.hours}h")
