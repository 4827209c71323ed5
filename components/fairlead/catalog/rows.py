"""Turns TOML tables into typed rows: no unknown column, no missing one, no column of another type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from fairlead.errors import Problem, one_of

Row = TypeVar("Row")

OPTIONAL: Mapping[str, Any] = {
    "accelerator": None,
    "count": 0,
    "cpu": None,
    "memory": None,
    "max_nodes": None,
    "max_nodes_reason": "",
    "aliases": (),
    "reason": "",
    "vcpus": None,
    "memory_mib": None,
    "arch": "amd64",
    "fabric": "none",
    "fabric_cards": 0,
    "local_disks": 0,
    "local_disk_gib": 0,
    "node_images": (),
    "kubernetes_from": "",
    "topologies": (),
    "chips": 0,
    "regions": (),
    "quota": "",
    "vendors": (),
    "on_demand": None,
    "spot": None,
    "versions": (),
    "flex_class": "",
    "atomic_class": "",
    "queued": False,
    "internal": (),
    "internet": (),
    "tier": "",
    "gib": (),
    "replace": (),
    "counted": (),
    "removed": (),
    "smaller": (),
    "carried": (),
    "apart": (),
    "fixed": (),
    "keeps": "",
}
"""Columns that may be left out, and what they are then. Every other column must be written."""


@dataclass(frozen=True)
class Table:
    """The rows of one file, as TOML has them."""

    file: str
    rows: Mapping[str, Any]


def read_rows(kind: type[Row], table: Table, problems: list[Problem], **fixed: str) -> dict[str, Row]:
    """Rows by name; bad ones are left out and their problems appended.

    fixed: columns that the file as a whole decides, for example the target.
    """
    found: dict[str, Row] = {}
    for name, cells in table.rows.items():
        where = f"{table.file} [{name}]"
        if not isinstance(cells, dict):
            problems.append(Problem(where, "a row must be a table", given=repr(cells)))
            continue
        row = _row(kind, where, {str(k): v for k, v in cells.items()}, {"name": name, **fixed}, problems)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if row is not None:
            found[name] = row
    return found


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _row(
    kind: type[Row], where: str, cells: dict[str, Any], fixed: Mapping[str, str], problems: list[Problem]
) -> Row | None:
    before = len(problems)
    hints = _hints(kind)
    columns: tuple[Field[Any], ...] = fields(kind)  # pyright: ignore[reportArgumentType]
    own = [column.name for column in columns if column.name not in fixed]
    problems += [
        Problem(f"{where} {key}", "unknown column", given=repr(value), allowed=one_of(own, key))
        for key, value in cells.items()
        if key not in own
    ]
    values: dict[str, Any] = dict(fixed)
    for column in columns:
        if column.name in fixed:
            continue
        if column.name in cells:
            values[column.name] = _cell(
                f"{where} {column.name}", cells[column.name], hints[column.name], problems
            )
        elif column.name in OPTIONAL:
            values[column.name] = OPTIONAL[column.name]
        elif column.default is MISSING:
            problems.append(
                Problem(f"{where} {column.name}", "missing column", fix=f"write {column.name} = …")
            )
    return kind(**values) if len(problems) == before else None


def _cell(where: str, value: Any, hint: Any, problems: list[Problem]) -> Any:
    """One value in the type of its column: dates become text, lists become tuples."""
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, list):
        value = tuple(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if not _fits(value, hint):
        problems.append(Problem(where, f"must be {_words(hint)}", given=repr(value)))
    elif value in ("", ()) and hint is not bool:
        problems.append(
            Problem(where, "is empty", fix="write it, or leave the column out if it may be left out")
        )
    return value


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)  # pyright: ignore[reportUnknownVariableType]
    kinds = get_args(hint) or (hint,)
    return type(value) in kinds


def _words(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return "a list of texts"
    names = {
        str: "a text",
        int: "a whole number",
        float: "a number with a point",
        bool: "true or false",
        NoneType: "",
    }
    return " or ".join(word for word in (names[kind] for kind in get_args(hint) or (hint,)) if word)
