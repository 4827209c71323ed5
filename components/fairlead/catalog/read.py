"""Reads the catalogue: TOML tables beside this file, every row checked before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, cast

import tomli

from fairlead.catalog.alerts import TABLES, AlertRow
from fairlead.catalog.allocatable import with_allocatable
from fairlead.catalog.check import check
from fairlead.catalog.exporters import FILE as EXPORTERS
from fairlead.catalog.exporters import ExporterRow
from fairlead.catalog.fabrics import DaemonRow, FabricRow
from fairlead.catalog.model import (
    AcceleratorRow,
    CapabilityRow,
    Catalog,
    LimitRow,
    MachineRow,
    MigRow,
    NodeImageRow,
    RegionRow,
    TaintRow,
    TargetRow,
    TopologyRow,
)
from fairlead.catalog.prices import AbsentRow, PriceRow, ReservedRow
from fairlead.catalog.readings import ReadingRow
from fairlead.catalog.rows import Row, Table, read_rows
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
    capabilities = _nested(CapabilityRow, _table(folder, "capabilities.toml", problems), problems)
    machines = {
        name: with_allocatable(
            read_rows(MachineRow, _table(folder, f"{MACHINES}{name}.toml", problems), problems, target=name),
            name,
        )
        for name in targets
    }
    catalog = Catalog(
        accelerators,
        machines,
        targets,
        capabilities,
        limits,
        node_images={
            name: read_rows(NodeImageRow, _bought(folder, "node_images", name, problems), problems)
            for name in targets
        },
        regions={
            name: read_rows(RegionRow, _bought(folder, "regions", name, problems), problems)
            for name in targets
        },
        prices={
            name: _nested(PriceRow, _bought(folder, "prices", name, problems), problems, "region")
            for name in targets
        },
        taints=read_rows(TaintRow, _table(folder, "taints.toml", problems), problems),
        fabrics=read_rows(FabricRow, _table(folder, "fabrics.toml", problems), problems),
        fabric_daemons=read_rows(DaemonRow, _table(folder, "fabric_daemons.toml", problems), problems),
        topologies=read_rows(TopologyRow, _table(folder, "topologies.toml", problems), problems),
        readings=read_rows(ReadingRow, _table(folder, "readings.toml", problems), problems),
        exporters=read_rows(ExporterRow, _table(folder, EXPORTERS, problems), problems),
        alerts=_alerts(folder, problems),
        mig=_nested(MigRow, _table(folder, "mig.toml", problems), problems),
        absent=_nested(AbsentRow, _table(folder, "absent.toml", problems), problems, "target"),
        reserved=_nested(ReservedRow, _table(folder, "reserved.toml", problems), problems, "target"),
    )
    problems += check(catalog)
    if problems:
        raise InputError("the catalogue", problems)
    return catalog


def _nested(
    kind: type[Row], table: Table, problems: list[Problem], column: str = ""
) -> Mapping[str, Mapping[str, Row]]:
    """Rows in two steps, [outer.name]; column: the row's column that holds the outer name, if one does."""
    return {
        outer: read_rows(
            kind,
            Table(f"{table.file} {outer}", cast("dict[str, Any]", rows)),
            problems,
            **({column: outer} if column else {}),
        )
        for outer, rows in table.rows.items()
    }


def _alerts(folder: Traversable, problems: list[Problem]) -> Mapping[str, AlertRow]:
    """Alerts of all topics: each table is one, and all of them share their names."""
    found: dict[str, AlertRow] = {}
    for file in sorted(one.name for one in folder.iterdir() if one.name.startswith(TABLES)):
        topic = file.removeprefix(TABLES).removesuffix(".toml")
        rows = read_rows(AlertRow, _table(folder, file, problems), problems, topic=topic)
        problems += [
            Problem(f"{file} [{name}]", f"topic {found[name].topic} has an alert of this name")
            for name in sorted(found.keys() & rows.keys())
        ]
        found |= rows
    return found


def _bought(folder: Traversable, what: str, target: str, problems: list[Problem]) -> Table:
    """A table that only those targets have whose machines are bought."""
    file = f"{what}.{target}.toml"
    return _table(folder, file, problems) if folder.joinpath(file).is_file() else Table(file, {})


def _table(folder: Traversable, file: str, problems: list[Problem]) -> Table:
    try:
        return Table(file, tomli.loads(folder.joinpath(file).read_text(encoding="utf-8")))
    except FileNotFoundError:
        problems.append(Problem(file, "this table is missing", fix=f"write {file} beside the other tables"))
    except tomli.TOMLDecodeError as error:
        problems.append(Problem(file, "this is no TOML", given=str(error)))
    return Table(file, {})
