"""Workload files of one kind: read as text, then document by document, with all problems of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from fairlead.errors import InputError, Problem
from fairlead.workload.documents import read

T = TypeVar("T")


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
