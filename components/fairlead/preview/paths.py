"""Property paths as the engine writes them: `spec.containers[0].image`, `data["nginx.conf"]`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, cast

from fairlead.preview.model import MISSING

Key = str | int
ANY = "*"
"""Stands for every member of a list, and every key of a map."""
_QUOTED = re.compile(r'[."\[\]]')
_PART = re.compile(r'\[(?P<index>\d+|\*)\]|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\.?(?P<name>[^.\[\]"]+)')


def written(keys: Iterable[Key]) -> str:
    """`("data", "nginx.conf", 0)` is `data["nginx.conf"][0]`."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif key == "" or _QUOTED.search(key):
            text += '["' + key.replace('"', '\\"') + '"]'
        else:
            text += f".{key}" if text else key
    return text


@cache
def parsed(path: str) -> tuple[Key, ...]:
    """The keys of a path. `*` stands for any."""
    found: list[Key] = []
    for part in _PART.finditer(path):
        index, quoted, name = part["index"], part["quoted"], part["name"]
        if index is not None:
            found.append(ANY if index == ANY else int(index))
        else:
            found.append(name if quoted is None else quoted.replace('\\"', '"'))
    return tuple(found)


def begins(keys: Sequence[Key], pattern: Sequence[Key]) -> bool:
    """Whether a path is the pattern's own place, or lies below it."""
    return len(keys) >= len(pattern) and all(
        want in (ANY, key) for key, want in zip(keys, pattern, strict=False)
    )


def at(value: Any, pattern: Sequence[Key]) -> bool:
    """Whether a value has something at a pattern's place below it."""
    if value is MISSING:
        return False
    if not pattern:
        return True
    key, rest = pattern[0], pattern[1:]
    return any(at(one, rest) for one in _members(value, key))


def value_at(value: Any, keys: Sequence[Key]) -> Any:
    """What stands at a place; MISSING where nothing does."""
    for key in keys:
        found = _members(value, key)
        if not found:
            return MISSING
        value = found[0]
    return value


def _members(value: Any, key: Key) -> list[Any]:
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        if key == ANY:
            return list(known.values())
        return [known[str(key)]] if str(key) in known else []
    if isinstance(value, list):
        many = cast("list[Any]", value)
        if key == ANY:
            return many
        return [many[key]] if isinstance(key, int) and key < len(many) else []
    return []


def restored(new: Any, old: Any, pattern: Sequence[Key]) -> Any:
    """The new value with what stands at the pattern's place taken from the old one: a change that is ignored.

    As the engine does it (sdk/v3 v3.255.0, resource/property_path.go, Reset): what was not there goes again, what
    is gone comes back.
    """
    if not pattern:
        return old
    key, rest = pattern[0], pattern[1:]
    if isinstance(new, dict) and isinstance(old, dict):
        return _map_restored(cast("dict[str, Any]", new), cast("dict[str, Any]", old), key, rest)
    if isinstance(new, list) and isinstance(old, list):
        return _list_restored(cast("list[Any]", new), cast("list[Any]", old), key, rest)
    return cast("Any", new)


def _list_restored(new: list[Any], old: list[Any], key: Key, rest: Sequence[Key]) -> list[Any]:
    chosen = range(len(new)) if key == ANY else [key]
    return [
        restored(one, old[place], rest) if place in chosen and place < len(old) else one
        for place, one in enumerate(new)
    ]


def _map_restored(new: dict[str, Any], old: dict[str, Any], key: Key, rest: Sequence[Key]) -> dict[str, Any]:
    names = [*new, *(name for name in old if name not in new)] if key == ANY else [str(key)]
    made = dict(new)
    for name in names:
        value = restored(new.get(name, MISSING), old.get(name, MISSING), rest)
        if value is MISSING:
            made.pop(name, None)
        else:
            made[name] = value
    return made
