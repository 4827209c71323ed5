"""Which inputs of a resource that stands cannot be changed: rows by resource type, one file a provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import tomli

from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem

FOLDER = "immutable"
EVERY_OBJECT = "kubernetes:*"
"""The row of what holds for every Kubernetes object."""
PROVIDERS = "pulumi:providers:"
FILES: Mapping[str, str] = {"azure-native": "azure"}
"""Provider -> file, where they differ."""


@dataclass(frozen=True)
class ImmutableRow:
    """What a change of one resource type's inputs does. Paths as the engine writes them, `[*]` for each member."""

    name: str
    """The type, as `aws:ec2/subnet:Subnet`."""
    source: str
    date: str
    replace: tuple[str, ...] = ()
    """A change here, or below, replaces the resource."""
    counted: tuple[str, ...] = ()
    """Blocks that replace it when they are added or taken away."""
    removed: tuple[str, ...] = ()
    """Taking the value away replaces it."""
    smaller: tuple[str, ...] = ()
    """Anything but growth replaces it: a smaller number, or a network that does not hold the whole former one."""
    carried: tuple[str, ...] = ()
    """Of a provider: inputs that its resources take over where they do not set them: a change replaces them."""
    apart: tuple[str, ...] = ()
    """Of a provider: beginnings of types that have no such input. Empty: only types that name it themselves have it."""
    fixed: tuple[str, ...] = ()
    """Refused when they are changed: by the cloud, or by the API server."""
    keeps: str = ""
    """What is lost with the resource; empty where nothing is that its program does not make again."""


def row_of(kind: str) -> ImmutableRow | None:
    """The row of a resource type; None where nobody has written one. Raises InputError for a bad table."""
    return _rows(_file_of(kind)).get(kind)


def known(kind: str) -> bool:
    """Whether the verdict on a type can be told: objects of Kubernetes follow one rule, others need a row."""
    return kind.startswith("kubernetes:") or row_of(kind) is not None


@cache
def rows(provider: str) -> Mapping[str, ImmutableRow]:
    """All rows of a provider, such as `aws`."""
    return _rows(FILES.get(provider, provider))


def _file_of(kind: str) -> str:
    provider = kind.removeprefix(PROVIDERS).partition(":")[0]
    return FILES.get(provider, provider)


@cache
def _rows(file: str) -> Mapping[str, ImmutableRow]:
    place = files("fairlead.catalog").joinpath("data", FOLDER, f"{file}.toml")
    if not place.is_file():
        return {}
    problems: list[Problem] = []
    table = Table(f"{FOLDER}/{file}.toml", tomli.loads(place.read_text(encoding="utf-8")))
    found = read_rows(ImmutableRow, table, problems)
    if problems:
        raise InputError("the catalogue", problems)
    return found
