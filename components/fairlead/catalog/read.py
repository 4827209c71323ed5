"""Reads the catalogue: TOML tables beside this file, every row checked before it is used."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

from fairlead.catalog.check import check
from fairlead.catalog.model import AcceleratorRow, CapabilityRow, Catalog, LimitRow, MachineRow, TargetRow
from fairlead.catalog.rows import Table, read_rows
from fairlead.errors import InputError, Problem

MACHINES = "machines."


@cache
def load() -> Catalog:
    """The product's own catalogue, read once. Raises InputError naming every bad row."""
    return load_from(files("fairlead.catalog").joinpath("data"))


def load_from(folder: Traversable) -> Catalog:
    """A catalogue from any folder of the same files. Raises InputError naming every bad row."""
    problems: list[Problem] = []
    accelerators = read_rows(AcceleratorRow, _table(folder, "accelerators.toml", problems), problems)
    targets = read_rows(TargetRow, _table(folder, "targets.toml", problems), problems)
    limits = read_rows(LimitRow, _table(folder, "limits.toml", problems), problems)
    capabilities = _capabilities(_table(folder, "capabilities.toml", problems), problems)
    machines = {
        name: read_rows(MachineRow, _table(folder, f"{MACHINES}{name}.toml", problems), problems, target=name)
        for name in targets
    }
    catalog = Catalog(accelerators, machines, targets, capabilities, limits)
    problems += check(catalog)
    if problems:
        raise InputError("the catalogue", problems)
    return catalog


def _capabilities(table: Table, problems: list[Problem]) -> Mapping[str, Mapping[str, CapabilityRow]]:
    return {
        target: read_rows(
            CapabilityRow, Table(f"{table.file} {target}", cast("dict[str, Any]", rows)), problems
        )
        for target, rows in table.rows.items()
    }


def _table(folder: Traversable, file: str, problems: list[Problem]) -> Table:
    try:
        return Table(file, tomllib.loads(folder.joinpath(file).read_text(encoding="utf-8")))
    except FileNotFoundError:
        problems.append(Problem(file, "this table is missing", fix=f"write {file} beside the other tables"))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, "this is no TOML", given=str(error)))
    return Table(file, {})
