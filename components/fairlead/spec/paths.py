"""Paths into the spec, `platform.pools[1].machine`, and the order in which the input has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from fairlead.errors import Problem

Loc = tuple[int | str, ...]


def render(root: str, loc: Iterable[int | str]) -> str:
    """`platform` and (pools, 1, machine) -> `platform.pools[1].machine`."""
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)


def walk(value: Any, path: str = "platform") -> Iterator[tuple[str, Any]]:
    """Every place of plain data with its path, parents before children, in the order of the input."""
    yield path, value
    if isinstance(value, Mapping):
        for key, part in cast("Mapping[Any, Any]", value).items():
            yield from walk(part, f"{path}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, part in enumerate(cast("Sequence[Any]", value)):
            yield from walk(part, f"{path}[{index}]")


def parent(path: str) -> str:
    """The path that holds this one: `platform.pools[1]` -> `platform.pools` -> `platform` -> empty."""
    cut = max(path.rfind("."), path.rfind("["))
    return path[:cut] if cut > 0 else ""


def in_input_order(problems: Iterable[Problem], data: Any, root: str = "platform") -> list[Problem]:
    """Problems in the order of the input; what is missing stands after what its parent has."""
    places = {path: place for place, (path, _) in enumerate(walk(data, root))}
    last = dict(places)
    for path, place in places.items():
        above = parent(path)
        while above in last:
            last[above] = max(last[above], place)
            above = parent(above)

    def key(problem: Problem) -> tuple[int, int]:
        where = problem.where
        if where in places:
            return places[where], 0
        while where and where not in places:
            where = parent(where)
        return last.get(where, -1), 1

    return sorted(problems, key=key)
