"""The weekly maintenance window as GKE writes it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from fairlead.plan.sites.gcp_model import MaintenancePlan
from fairlead.spec.target import Maintenance

MONDAY = datetime(2026, 1, 5, tzinfo=timezone.utc)  # noqa: UP017 - as in the formats below
"""The window's first week: it must have begun some time, and nothing else depends on it."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LEAST_HOURS = 12
"""GKE refuses windows that leave less than 48 hours in any 32 days, which hold a weekly one four times.
https://cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions#restrictions"""
RFC_3339 = "%Y-%m-%dT%H:%M:%SZ"


def window(asked: Maintenance, *, pinned: bool) -> MaintenancePlan:
    """The window as a first occurrence and its repetition; pinned: the minor version is the user's."""
    hour, minute = (int(part) for part in asked.start.split(":"))
    day = DAYS.index(asked.day)
    start = MONDAY + timedelta(days=day, hours=hour, minutes=minute)
    return MaintenancePlan(
        start=start.strftime(RFC_3339),
        end=(start + timedelta(hours=asked.hours)).strftime(RFC_3339),
        recurrence=f"FREQ=WEEKLY;BYDAY={DAYS[day][:2].upper()}",
        pinned_since=MONDAY.strftime(RFC_3339) if pinned else None,
    )
