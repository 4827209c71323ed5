"""Policies: at which level each rule stands in this stack, what rules are told, and who is excused."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairlead.spec.base import Model, Text

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63)]
"""Lower-case words with hyphens: `kubernetes-no-privileged`. docs/policies.md lists all."""


class Excuse(Model):
    """One rule that one thing may break, for a time."""

    rule: RuleId
    """Which."""
    resource: Text
    """Whose: `KIND/NAMESPACE/NAME` of an object of Kubernetes, the engine's name of another resource, or `stack`.
    `*` stands for anything."""
    owner: Text
    """Who answers for it."""
    reason: Annotated[str, StringConstraints(min_length=20, max_length=500)]
    """Why it must be so; at least 20 characters."""
    until: date
    """The last day on which it holds, YYYY-MM-DD."""


class Policies(Model):
    """The rules of this stack. Every rule has a level of its own that holds where nothing is said here."""

    levels: dict[RuleId, Literal["off", "advisory", "mandatory", "remediate"]] = Field(default_factory=dict)
    """By rule. advisory: it is said. mandatory: it is refused. remediate: the policy pack mends it, and refuses what it
    cannot mend. off: nobody looks."""
    regions: tuple[Text, ...] = ()
    """Where resources of a cloud may be; none given, everywhere."""
    month_most: Annotated[float, Field(gt=0)] | None = None
    """US dollars a month that all pools together may cost as expected; none given, any sum."""
    exceptions: tuple[Excuse, ...] = ()
    """What may break a rule, who answers for it, why, and until when."""
