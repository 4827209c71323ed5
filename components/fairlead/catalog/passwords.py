"""Rows of default_passwords.toml: what is tried first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import tomli

from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem

FILE = "default_passwords.toml"


@dataclass(frozen=True)
class PasswordRow:
    """Passwords of one program."""

    name: str
    passwords: tuple[str, ...]
    source: str
    date: str


@cache
def default_passwords() -> tuple[str, ...]:
    """All of them, in order, once each. Raises InputError naming every bad row."""
    return read(files("fairlead.catalog").joinpath("data"))


def read(folder: Traversable) -> tuple[str, ...]:
    """The same from any folder."""
    problems: list[Problem] = []
    table = Table(FILE, tomli.loads(folder.joinpath(FILE).read_text(encoding="utf-8")))
    rows = read_rows(PasswordRow, table, problems)
    if problems:
        raise InputError("the catalogue", problems)
    return tuple(sorted({one for row in rows.values() for one in row.passwords}))
