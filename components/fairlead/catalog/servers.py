"""Rows of servers.toml: the machines on which a cloud runs PostgreSQL for the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import tomli

from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem

FILE = "servers.toml"


@dataclass(frozen=True)
class ServerRow:
    """One class of machines."""

    name: str
    """In the cloud's words."""
    vcpus: int
    memory_gib: int
    standby: bool
    """Whether a second server in another zone can stand by."""
    source: str
    date: str


@cache
def load() -> Mapping[str, Mapping[str, ServerRow]]:
    """The product's own rows, by target and name, read once. Raises InputError naming every bad row."""
    return load_from(files("fairlead.catalog").joinpath("data"))


def load_from(folder: Traversable) -> Mapping[str, Mapping[str, ServerRow]]:
    """The rows of any folder. Raises InputError naming every bad row."""
    problems: list[Problem] = []
    data = tomli.loads(folder.joinpath(FILE).read_text(encoding="utf-8"))
    found = {target: read_rows(ServerRow, Table(FILE, rows), problems) for target, rows in data.items()}
    if problems:
        raise InputError("the catalogue", problems)
    return found
