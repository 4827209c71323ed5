"""Which resource belongs to which: AWS has a bucket's encryption, versions and policy as resources of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fairlead.rules.model import Subject, Whole
from fairlead.rules.settings import refers
from fairlead.rules.unseen import UNKNOWN

PRODUCTION = ("prod", "production")


def of(parts: Iterable[Subject], owner: Subject, key: str, *names: str) -> list[Subject]:
    """Those that say under `key` that they belong to the owner.

    names: keys of the owner's inputs whose value may stand there instead of a reference.
    """
    known = {owner.get(name) for name in names} - {None}
    return [one for one in parts if _says(one.get(key), owner, known)]


def _says(value: Any, owner: Subject, known: set[Any]) -> bool:
    return refers(value, owner) or value in known


def are_settled(parts: Sequence[Subject], key: str) -> bool:
    """Whether each says whom it belongs to: where one does not, nobody can say that something lacks it."""
    return all(one.get(key) is not None and UNKNOWN not in str(one.get(key)) for one in parts)


def is_production(whole: Whole) -> bool:
    """Whether the plan is of an environment whose data must not be lost; False where no plan is known."""
    return whole.plan.get("environment") in PRODUCTION
