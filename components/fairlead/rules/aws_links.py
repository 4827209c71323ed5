"""Which resource belongs to which: AWS has a bucket's encryption, versions and policy as resources of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fairlead.rules.model import Subject, Whole
from fairlead.rules.settings import is_known, refers
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


def lacks(parts: Sequence[Subject], owner: Subject, key: str, *names: str) -> bool:
    """Whether none of them belongs to the owner, as far as anybody can know: one that does not say whose it is yet
    may be the owner's, and so may one that says a name while the owner's is not known."""
    if of(parts, owner, key, *names):
        return False
    values = [str(one.get(key) or UNKNOWN) for one in parts]
    nameless = not all(is_known(owner.get(name)) for name in names)
    return not any(UNKNOWN in one or (nameless and is_known(one)) for one in values)


def is_production(whole: Whole) -> bool:
    """Whether the plan is of an environment whose data must not be lost; False where no plan is known."""
    return whole.plan.get("environment") in PRODUCTION
