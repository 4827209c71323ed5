"""Rows of gateways.toml: what a target's load balancers are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import tomli

from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem

FILE = "gateways.toml"


@dataclass(frozen=True)
class GatewayRow:
    """The load balancers of one target."""

    name: str
    """Of the target."""
    internal: tuple[str, ...]
    """Annotations, `key=value`, of a Service that is reached from within the network alone."""
    internet: tuple[str, ...]
    """Of one that is reached from the internet."""
    source: str
    date: str

    def annotations(self, expose: str) -> Mapping[str, str]:
        """As an object has them. expose: internal or internet."""
        return dict(_pair(one) for one in (self.internal if expose == "internal" else self.internet))


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


@cache
def load() -> Mapping[str, GatewayRow]:
    """The product's own rows, by target, read once. Raises InputError naming every bad row."""
    return load_from(files("fairlead.catalog").joinpath("data"))


def load_from(folder: Traversable) -> Mapping[str, GatewayRow]:
    """The rows of any folder. Raises InputError naming every bad row."""
    problems: list[Problem] = []
    table = Table(FILE, tomli.loads(folder.joinpath(FILE).read_text(encoding="utf-8")))
    found = read_rows(GatewayRow, table, problems)
    for row in found.values():
        problems += _unpaired(row.name, (*row.internal, *row.internet))
    if problems:
        raise InputError("the catalogue", problems)
    return found


def _unpaired(name: str, annotations: Sequence[str]) -> list[Problem]:
    bad = [one for one in annotations if not all(_pair(one))]
    return [Problem(f"{FILE} [{name}]", "an annotation is written key=value", one) for one in bad]
