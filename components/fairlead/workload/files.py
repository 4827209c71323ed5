"""Workload files of one kind: read as text, then document by document, with all problems of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from fairlead.errors import InputError, Problem
from fairlead.spec.problems import shown
from fairlead.workload.documents import read

T = TypeVar("T")


class Named(Protocol):
    """What is known by its name within a tenant."""

    @property
    def tenant(self) -> str:
        """Whose it is."""
        ...

    @property
    def name(self) -> str:
        """By which it is told apart."""
        ...


def text_of(path: Path) -> str:
    """What the file holds. Raises InputError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(str(path), "cannot be read as a text file", given=str(error), fix="check the path")
        raise InputError(str(path), [problem]) from None


def each(
    text: str,
    source: str,
    empty: Problem,
    one: Callable[[Any, str], T],
    together: Callable[[Sequence[T]], Iterable[Problem]],
) -> list[T]:
    """Every document of a YAML text. Raises InputError with the problems of all, and of all together.

    empty: what is said of a text without documents, its place being where paths of problems begin; one: reads a
    document; together: what is wrong between those that are right.
    """
    documents = read(text, source)
    if not documents:
        raise InputError(source, [empty])
    root = empty.where
    found: list[T] = []
    problems: list[Problem] = []
    for index, document in enumerate(documents):
        try:
            found.append(one(document, source))
        except InputError as error:
            place = f"{root}[{index}]" if len(documents) > 1 else root
            problems += [replace(p, where=place + p.where.removeprefix(root)) for p in error.problems]
    problems += together(found)
    if problems:
        raise InputError(source, problems)
    return found


def mapping(document: Any, source: str, root: str, kind: str, fix: str) -> Mapping[Any, Any]:
    """A document as keys and values. Raises InputError for anything else, and where it says to be of another kind.

    root: what is read, as paths of problems begin; fix: where those of other kinds go.
    """
    if not isinstance(document, Mapping):
        raise InputError(source, [Problem(root, "must be a map of keys and values", shown(document))])
    data = cast("Mapping[Any, Any]", document)
    if data.get("kind", kind) != kind:
        raise InputError(source, [Problem(f"{root}.kind", f"is no {root}", shown(data["kind"]), kind, fix)])
    return data


def same_name(found: Iterable[Named], root: str) -> Iterator[Problem]:
    """That a tenant has two of one name; root: what they are, as paths of problems begin."""
    seen: set[tuple[str, str]] = set()
    for one in found:
        if (one.tenant, one.name) in seen:
            what = f"two {root}s of the tenant {one.tenant} have this name"
            yield Problem(f"{root}.name", what, given=one.name)
        seen.add((one.tenant, one.name))
