"""Rows of servers.toml and server_disks.toml: on what a cloud runs PostgreSQL for the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import tomli

from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem

FILE, DISKS = "servers.toml", "server_disks.toml"


@dataclass(frozen=True)
class ServerRow:
    """One class of machines."""

    name: str
    """In the cloud's words."""
    vcpus: int
    memory_gib: int
    standby: bool
    """Whether a second server in another zone can stand by."""
    backup_days: int
    """For how many days, at most, any moment can be brought back."""
    tier: str
    """What the cloud wants to be told beside the name; empty where that is enough."""
    source: str
    date: str


@dataclass(frozen=True)
class DiskRow:
    """The disks of a target's servers."""

    name: str
    """Of the target."""
    bounded: bool
    """Whether one can be told up to where it grows."""
    told: bool
    """Whether the cloud's API tells who signs a server's certificate."""
    gib: tuple[str, ...]
    """The sizes that there are; empty where all are."""
    source: str
    date: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """The same as numbers."""
        return tuple(int(one) for one in self.gib)


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


@cache
def disks() -> Mapping[str, DiskRow]:
    """The product's own rows of disks, by target, read once. Raises InputError naming every bad row."""
    problems: list[Problem] = []
    text = files("fairlead.catalog").joinpath("data", DISKS).read_text(encoding="utf-8")
    found = read_rows(DiskRow, Table(DISKS, tomli.loads(text)), problems)
    if problems:
        raise InputError("the catalogue", problems)
    return found
