"""Exceptions from rules: whose, why, until when. One that holds no more, or for nothing, is a finding itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase

from fairlead.rules.model import Finding, Subject
from fairlead.spec.policies import Excuse

EXPIRED, UNUSED = "exception-expired", "exception-unused"
WHERE = "platform.policies.exceptions"
PRODUCT = "fairlead"
"""Who excuses what parts of this platform must do."""


class Excuses:
    """The exceptions of a stack on a day; remembers which were used."""

    def __init__(self, given: Sequence[Excuse], today: date) -> None:
        self._given, self._today = given, today
        self._used: set[int] = set()

    def of(self, rule: str, subject: Subject | None) -> str:
        """Who excuses it, until when and why; empty where nobody does, or does no more."""
        for place, one in enumerate(self._given):
            if one.rule == rule and any(fnmatchcase(name, one.resource) for name in names(subject)):
                self._used.add(place)
                if one.until >= self._today:
                    return f"{one.owner}, until {one.until}: {one.reason}"
        return _by_product(rule, subject)

    def problems(self, whole: bool) -> Iterator[Finding]:
        """Exceptions that expired, and, where all of a stack was looked at, those that excuse nothing."""
        for place, one in enumerate(self._given):
            where = f"{WHERE}[{place}]"
            if one.until < self._today:
                what = f"expired on {one.until}: rule {one.rule} holds again for {one.resource}"
                yield _about(EXPIRED, where, what, f"mend it, or have {one.owner} set another date")
            elif whole and place not in self._used:
                what = f"excuses nothing: {one.resource} does not break {one.rule}"
                yield _about(UNUSED, where, what, "take it out")


def _by_product(rule: str, subject: Subject | None) -> str:
    """What a part of this platform must do, as its own rows say: they have no last day."""
    from fairlead.catalog.policy_exceptions import policy_exceptions

    for row in policy_exceptions():
        if rule in row.rules and any(
            fnmatchcase(name, one) for name in names(subject) for one in row.resources
        ):
            return f"{PRODUCT}: {row.reason}"
    return ""


def names(subject: Subject | None) -> tuple[str, ...]:
    """What an exception may call a resource: `KIND/NAMESPACE/NAME` of an object of Kubernetes, the engine's name
    of any; of the stack itself `stack`."""
    if subject is None:
        return ("stack",)
    if not subject.is_kubernetes:
        return (subject.name,)
    parts = (subject.kind, subject.get("metadata.namespace"), subject.get("metadata.name"))
    return ("/".join(part for part in parts if part), subject.name)


def _about(rule: str, where: str, what: str, fix: str) -> Finding:
    title = "An exception is for something, and for a time"
    return Finding(rule, title, "advisory", "", "", "", where, what, fix=fix)
