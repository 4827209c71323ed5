"""What controllers say of an object: the conditions of its status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def conditions(obj: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """All of them; none, or null, where nobody has looked at the object yet."""
    status: Mapping[str, Any] = obj.get("status") or {}
    return status.get("conditions") or []


def condition(obj: Mapping[str, Any], kind: str, status: str = "") -> Mapping[str, Any] | None:
    """That of one type, if it has the status: an object has no two of a type. No status: whatever it has."""
    found = (one for one in conditions(obj) if one["type"] == kind)
    return next((one for one in found if status in ("", one["status"])), None)


def holds(obj: Mapping[str, Any], kind: str) -> bool:
    """Whether it is there and true."""
    return condition(obj, kind, "True") is not None
