"""The difference between two sets of inputs, value by value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from fairlead.preview.model import MISSING, Field
from fairlead.preview.paths import Key, parsed, restored, written


def changed(
    old: Mapping[str, Any], new: Mapping[str, Any], ignored: Sequence[str] = ()
) -> list[tuple[tuple[Key, ...], Any, Any]]:
    """Places at which two sets of inputs differ, with both values, sorted by place.

    A map or list that is on one side only is one place; members of lists are compared by their position, as the
    engine does it. ignored: paths at which the old value stays.
    """
    after: Any = new
    for path in ignored:
        after = restored(after, old, parsed(path))
    return sorted(_differ(old, after, ()), key=lambda one: written(one[0]))


def fields(
    old: Mapping[str, Any], new: Mapping[str, Any], ignored: Sequence[str] = ()
) -> list[tuple[tuple[Key, ...], Field]]:
    """The same as fields of a step, with their keys."""
    return [(keys, Field(written(keys), was, now)) for keys, was, now in changed(old, new, ignored)]


def _differ(old: Any, new: Any, keys: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        before, after = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
        for name in sorted({*before, *after}):
            yield from _differ(before.get(name, MISSING), after.get(name, MISSING), (*keys, name))
    elif isinstance(old, list) and isinstance(new, list):
        first, second = cast("list[Any]", old), cast("list[Any]", new)
        for place in range(max(len(first), len(second))):
            was = first[place] if place < len(first) else MISSING
            now = second[place] if place < len(second) else MISSING
            yield from _differ(was, now, (*keys, place))
    elif not _equal(old, new):
        yield keys, old, new


def _equal(old: Any, new: Any) -> bool:
    """Whether two values are the same to the engine: it sends no null, and 1 is not true."""
    if old is None or new is None:
        return (MISSING if old is None else old) is (MISSING if new is None else new)
    return isinstance(old, bool) == isinstance(new, bool) and old == new
