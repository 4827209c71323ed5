"""docs/compatibility.md: what the charts of the lock fit, as tables for people."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.catalog import lock
from fairlead.catalog.compatibility import NOTHING, Compatibility, Rows, Said

HEAD = """# Which versions fit which

Generated from `components/fairlead/catalog/data/compatibility.toml`: change that and `make golden`.
Why it is so: [ADR 0034](adr/0034-compatibility.md).

A plan whose Kubernetes lies outside of `needs` is refused; outside of `supported`, or of `tested` where nothing is
said of support, it has a note. A dash: the project says nothing. How strong a statement is:

- `stated`: the project's documents, `Chart.yaml`, manifests or program say so
- `built`: its program is compiled with these client libraries, or its tests run on it
- `ours`: the objects that this platform writes need it
"""
NONE = "-"


def page(rows: Rows) -> str:
    """The whole page."""
    ordered = [rows[name] for name in dict.fromkeys([*lock.charts(), *lock.images()]) if name in rows]
    lines = [HEAD, "## Kubernetes", ""]
    lines += ["| chart | release | needs | supported | tested | strength |", "|---|---|---|---|---|---|"]
    lines += [_kubernetes(row) for row in ordered]
    lines += ["", "## Other charts and images", ""]
    lines += ["| chart | made for | fits | here | strength |", "|---|---|---|---|---|"]
    lines += [line for row in ordered for line in (*_needs(row), *_runs(row))]
    lines += ["", "## API versions that CRDs serve", "", "| chart | serves |", "|---|---|"]
    lines += [f"| {row.name} | {', '.join(row.serves)} |" for row in ordered if row.serves]
    lines += ["", "## Sources", ""]
    lines += [line for row in ordered for line in _sources(row)]
    return "\n".join(lines) + "\n"


def _kubernetes(row: Compatibility) -> str:
    said = row.kubernetes
    if said is None:
        return f"| {row.name} | {row.version} | {NOTHING} | {NONE} | {NONE} | {NONE} |"
    cells = (said.needed or NONE, said.supported or NONE, said.tested or NONE, said.strength)
    return f"| {row.name} | {row.version} | {' | '.join(str(cell) for cell in cells)} |"


def _needs(row: Compatibility) -> Iterator[str]:
    for name, one in row.needs.items():
        here = lock.charts()[name].version
        yield f"| {row.name} | {name} {one.version} | {one.allowed} | {here} | {one.strength} |"


def _runs(row: Compatibility) -> Iterator[str]:
    for name, one in row.runs.items():
        here, fits = lock.images()[name].tag, f"{one.first} to {one.last}"
        yield f"| {row.name} | {name} {fits} | {fits} | {here} | {one.strength} |"


def _sources(row: Compatibility) -> Iterator[str]:
    if row.kubernetes:
        yield f"- {row.name}, Kubernetes: {_source(row.kubernetes)}"
    for name, one in row.needs.items():
        more = f". Also {', '.join(one.also)}: {one.shown}" if one.also else ""
        yield f"- {row.name}, {name}: {_source(one)}{more}"
    for name, program in row.runs.items():
        yield f"- {row.name}, {name}: {_source(program)}"
    if row.note:
        yield f"- {row.name}: {row.note}"


def _source(said: Said) -> str:
    return f"{said.source}, {said.date}"
