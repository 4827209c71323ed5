"""Rows of policy_exceptions.toml: rules that parts of this platform must break, and why.

They are the product's own: nobody's to answer for until a day, but by a source that says that it must be so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import tomli

from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem

FILE = "policy_exceptions.toml"
KIND = re.compile(r"[A-Z][A-Za-z]+/[a-z0-9]")
"""How what is excused begins: a kind, and a name or a namespace that begins with more than a star."""


@dataclass(frozen=True)
class ExceptionRow:
    """What one part may do."""

    name: str
    """Of the part."""
    rules: tuple[str, ...]
    """Ids."""
    resources: tuple[str, ...]
    """As `platform.policies.exceptions` names them; `*` stands for anything."""
    reason: str
    source: str
    """Who says that it must be so: a manifest of those who wrote it."""
    date: str


@cache
def policy_exceptions() -> tuple[ExceptionRow, ...]:
    """All rows, read once. Raises InputError naming every bad row."""
    return read(files("fairlead.catalog").joinpath("data"))


def read(folder: Traversable) -> tuple[ExceptionRow, ...]:
    """The same from any folder."""
    problems: list[Problem] = []
    data: dict[str, Any] = tomli.loads(folder.joinpath(FILE).read_text(encoding="utf-8"))
    rows = list(read_rows(ExceptionRow, Table(FILE, data), problems).values())
    for row in rows:
        problems += _problems(row)
    if problems:
        raise InputError("the catalogue", problems)
    return tuple(rows)


def _problems(row: ExceptionRow) -> Iterator[Problem]:
    where = f"{FILE} [{row.name}]"
    for one in row.resources:
        if not KIND.match(one):
            yield Problem(f"{where} resources", "excuses almost everything", one, "KIND/NAMESPACE/NAME")
    if not row.source.startswith("https://"):
        yield Problem(f"{where} source", "must be an address", row.source, "https://…")
