"""Times at which a service is wanted, whoever asks for it: they need no metrics."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from fairlead.spec.base import Model

FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 6),
)
"""Of a time as cron has it, with their bounds: pkg/scalers/cron_scaler.go of github.com/kedacore/keda/v2 v2.21.0 reads
them by github.com/robfig/cron/v3, where Sunday is 0."""
_PART = re.compile(r"^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/[1-9]\d?)?$")


def _time(text: str) -> str:
    """Five fields of numbers, each within its bounds."""
    words = text.split()
    if len(words) != len(FIELDS):
        raise ValueError(f"must be five fields as cron has them ({', '.join(name for name, *_ in FIELDS)})")
    for word, (name, least, most) in zip(words, FIELDS, strict=True):
        if not all(_fits(part, least, most) for part in word.split(",")):
            raise ValueError(
                f"the {name} must be *, a number from {least} to {most}, a range, a step or a list"
            )
    return " ".join(words)


def _fits(part: str, least: int, most: int) -> bool:
    found = _PART.match(part)
    if not found:
        return False
    first, last = (int(one) if one else None for one in found.groups())
    if first is None:
        return True
    return least <= first <= (first if last is None else last) <= most


Time = Annotated[str, AfterValidator(_time)]
"""Minute, hour, day of the month, month, day of the week, in numbers, as cron has them; UTC."""


class Schedule(Model):
    """From `start` to `end` at least so many replicas run. Both are UTC."""

    start: Time
    """When it begins, for example `0 7 * * 1-5`."""
    end: Time
    """When it ends, for example `0 19 * * 1-5`."""
    replicas: Annotated[int, Field(ge=1, strict=True)] = 1
    """How many run at least."""

    @model_validator(mode="after")
    def _two_times(self) -> Schedule:
        if self.start == self.end:
            raise ValueError("start and end are the same time: it would never begin")
        return self
