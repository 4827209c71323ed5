"""Rows of addons.<target>.toml: releases of what a cloud installs in a cluster, add-ons and images of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import tomli

from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem

PARTS = ("addons", "images", "aliases")


@dataclass(frozen=True)
class ReleaseRow:
    """A release that is pinned."""

    name: str
    version: str
    kubernetes: str
    """Minor version for which the row holds."""
    confirmed: bool
    """Whether a source that can be named has this very release with that minor version."""
    source: str
    date: str


@dataclass(frozen=True)
class Releases:
    """All rows of one target."""

    addons: Mapping[str, ReleaseRow]
    images: Mapping[str, ReleaseRow]
    """Image family -> release of a managed node group; a family that is missing is not pinned there."""
    aliases: Mapping[str, ReleaseRow]
    """Image family -> image of nodes that the cloud's autoscaler starts."""

    def rows(self) -> Iterator[ReleaseRow]:
        """Every row."""
        for part in (self.addons, self.images, self.aliases):
            yield from part.values()


@cache
def load(target: str) -> Releases:
    """The product's own rows, read once. Raises InputError naming every bad row."""
    return load_from(files("fairlead.catalog").joinpath("data"), target)


def load_from(folder: Traversable, target: str) -> Releases:
    """The rows of any folder. Raises InputError naming every bad row."""
    file = f"addons.{target}.toml"
    data = tomli.loads(folder.joinpath(file).read_text(encoding="utf-8"))
    problems = [Problem(file, "unknown table", part) for part in data if part not in PARTS]
    found = Releases(
        *(read_rows(ReleaseRow, Table(f"{file} {part}", data.get(part, {})), problems) for part in PARTS)
    )
    problems += [
        Problem(f"{file} [{row.name}]", "a pinned release has a number", row.version)
        for row in found.rows()
        if not any(letter.isdigit() for letter in row.version)
    ]
    if problems:
        raise InputError("the catalogue", problems)
    return found


def unconfirmed(installed: Iterable[str], rows: Releases) -> Iterator[str]:
    """What a plan says of add-ons that no named source has with the cluster's Kubernetes version."""
    open_rows = [row for name in installed if not (row := rows.addons[name]).confirmed]
    if open_rows:
        names = ", ".join(f"{row.name} {row.version}" for row in open_rows)
        minor = open_rows[0].kubernetes
        yield (
            f"Not confirmed for Kubernetes {minor} by a source that can be named: {names}. Before the first pulumi"
            f" up: aws eks describe-addon-versions --kubernetes-version {minor} --addon-name {open_rows[0].name}."
        )
