"""Findings that stay, with the reason: rows of explained.toml. Each says of which objects it speaks, and is used."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

ROWS = Path(__file__).parent / "explained.toml"


@dataclass(frozen=True)
class Row:
    """Why what some checks have against some objects stays as it is."""

    checks: tuple[str, ...]
    """Of both scanners, as they are called in findings."""
    objects: tuple[str, ...]
    """Patterns of `Kind namespace/name`."""
    reason: str
    source: str
    """Where the reason can be read."""
    date: date
    """When it was."""

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every check with every pattern."""
        return ((check, pattern) for check in self.checks for pattern in self.objects)


def rows(file: Path = ROWS) -> list[Row]:
    """All rows. Raises TypeError for a key that is missing or unknown."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))["explained"]
    return [Row(**{**one, "checks": tuple(one["checks"]), "objects": tuple(one["objects"])}) for one in told]


def explains(row: Row, check: str, name: str) -> bool:
    """Whether a row speaks of this finding. name: of the object, `Kind namespace/name`."""
    return check in row.checks and any(fnmatchcase(name, pattern) for pattern in row.objects)


def unexplained(found: Iterable[tuple[str, str]], known: Iterable[Row]) -> set[tuple[str, str]]:
    """Findings, as check and object, of which no row speaks."""
    listed = list(known)
    return {(check, name) for check, name in found if not any(explains(row, check, name) for row in listed)}


def idle(found: Iterable[tuple[str, str]], known: Iterable[Row]) -> set[tuple[str, str]]:
    """Checks and patterns of rows that no finding has any more."""
    listed = list(found)
    return {
        (check, pattern)
        for row in known
        for check, pattern in row.pairs()
        if not any(check == one and fnmatchcase(name, pattern) for one, name in listed)
    }
