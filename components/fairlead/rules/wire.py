"""Inputs of a resource as they go between a program and the engine, as rules see them, and back.

Special values of the protocol: github.com/pulumi/pulumi sdk/v3 v3.255.0, go/common/resource/sig and
go/common/resource/plugin/rpc.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fairlead.rules.unseen import SECRET, UNKNOWN, UNSEEN

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key that marks a map as a special value; its value says of which kind."""
SECRET_KIND = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a kind
OUTPUT_KIND = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE_KIND = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What stands for a value that is not known yet: one for each type of values."""


class HiddenValueError(Exception):
    """Something would be written in place of a value that rules do not see."""


def plain(value: Any) -> Any:
    """As rules see it: secrets hidden, what is not known marked, whole numbers as such."""
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        if SIGNATURE in found:
            return _special(found)
        return {key: plain(one) for key, one in found.items()}
    if isinstance(value, list):
        return [plain(one) for one in cast("list[Any]", value)]
    if isinstance(value, str):
        return UNKNOWN if value in UNKNOWNS else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _special(value: dict[str, Any]) -> Any:
    kind = value[SIGNATURE]
    if kind == SECRET_KIND or (kind == OUTPUT_KIND and value.get("secret")):
        return SECRET
    if kind == OUTPUT_KIND:
        return plain(value["value"]) if "value" in value else UNKNOWN
    if kind == RESOURCE_KIND:
        return plain(value.get("id") or UNKNOWN)
    return {key: plain(one) for key, one in value.items() if key != SIGNATURE}


def mended(wire: Any, before: Any, after: Any) -> Any:
    """The value of the protocol with what a remedy has changed.

    wire: as it came; before: as `plain` has shown it; after: what the remedy makes of that. What stays as it is
    keeps what was hidden. Raises HiddenValueError where a hidden value would be moved or written as shown.
    """
    if after == before:
        return wire
    if isinstance(wire, dict) and isinstance(before, Mapping) and isinstance(after, Mapping):
        if SIGNATURE in wire:
            raise HiddenValueError
        old, shown = cast("dict[str, Any]", wire), cast("Mapping[str, Any]", before)
        return {
            key: mended(old.get(key), shown.get(key), one)
            for key, one in cast("Mapping[str, Any]", after).items()
        }
    if isinstance(wire, list) and isinstance(before, list) and isinstance(after, (list, tuple)):
        parts, seen = cast("list[Any]", wire), cast("list[Any]", before)
        new = list(cast("list[Any]", after))
        if len(new) == len(seen):
            return [mended(*three) for three in zip(parts, seen, new, strict=True)]
    return _open(after)


def _open(value: Any) -> Any:
    """A value of nothing but what may be written as it is."""
    if isinstance(value, Mapping):
        return {key: _open(one) for key, one in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_open(one) for one in cast("list[Any]", value)]
    if isinstance(value, str) and any(one in value for one in UNSEEN):
        raise HiddenValueError
    return value
