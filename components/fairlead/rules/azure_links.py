"""Which resource of Azure another one speaks of: by what it will be, by its name, or by an id that ends with it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fairlead.rules.model import Subject, Whole
from fairlead.rules.settings import is_known, is_on, refers, rows
from fairlead.rules.unseen import UNKNOWN

SETTING = "azure-native:*:DiagnosticSetting"
EVERYTHING = ("audit", "alllogs")
"""Groups of categories that have what an audit asks for, lower-case."""


def speaks_of(value: Any, owner: Subject, part: str) -> bool:
    """Whether a value means that resource. part: `TYPE:KEY`, how its id ends and which input has its name, for example
    `vaults:vaultName`."""
    kind, _, key = part.partition(":")
    own = owner.get(key)
    if refers(value, owner):
        return True
    if not isinstance(value, str) or not isinstance(own, str) or not is_known(value):
        return False
    if not is_known(own):
        # It will have some name, and this may be it.
        return True
    return value.lower() == own.lower() or value.lower().endswith(f"/{kind}/{own}".lower())


def is_open(value: Any) -> bool:
    """Whether nobody can say yet which resource it means."""
    return value is None or UNKNOWN in str(value)


def is_logged(whole: Whole, owner: Subject, part: str, wanted: Collection[str]) -> bool:
    """Whether some setting keeps one of the categories of a resource, or may: it does not say whose it is."""
    for one in whole.of(SETTING):
        target = one.get("resourceUri")
        if is_open(target):
            return True
        if speaks_of(target, owner, part) and _keeps(one, wanted):
            return True
    return False


def _keeps(setting: Subject, wanted: Collection[str]) -> bool:
    logs = setting.get("logs")
    return not is_known(logs) or any(
        is_on(one.get("enabled"))
        and (one.get("category") in wanted or str(one.get("categoryGroup")).lower() in EVERYTHING)
        for _, one in rows(logs)
    )
