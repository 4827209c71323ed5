"""Charts: taken out of the Go module of their release, or their own archive, checked against its hash."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fairlead.catalog import lock
from fairlead.catalog.lock import ChartRow
from fairlead.errors import FairleadError, ToolError
from fairlead.tools import fetch, toolchain
from fairlead.tools.cache import Cache, Item, recipe_digest, sha256_file
from fairlead.tools.progress import Progress
from fairlead.tools.steps import Context, Step, run_steps

CRDS = "crds"
_USUAL = 10


@dataclass
class ChartPlan:
    """Where the charts are or will be, and the steps for those that are missing."""

    paths: dict[str, Path] = field(default_factory=dict[str, Path])
    steps: list[Step] = field(default_factory=list[Step])


def select(names: Iterable[str], rows: Mapping[str, ChartRow]) -> list[ChartRow]:
    """The rows of these names; raises FairleadError for a name that no row has."""
    return lock.chosen("chart", names, rows)


def item_of(row: ChartRow) -> Item:
    """The place of a chart in the cache."""
    recipe = recipe_digest(row.recipe())
    return Item(f"charts/{row.name}/{row.version}", row.version, recipe, (f"{_folder(row)}/Chart.yaml",))


def _folder(row: ChartRow) -> str:
    return row.name if row.only_crds else row.path.rsplit("/", 1)[-1]


def plan(names: Sequence[str], cache: Cache, rows: Mapping[str, ChartRow] | None = None) -> ChartPlan:
    """Look for charts and plan a step for each that is missing."""
    planned = ChartPlan()
    for row in select(names, lock.charts() if rows is None else rows):
        item = item_of(row)
        planned.paths[row.name] = cache.path(item) / _folder(row)
        if not cache.present(item):
            planned.steps.append(
                Step(
                    f"chart:{row.name}",
                    f"get chart {row.name} {row.version}",
                    _USUAL,
                    partial(_make, row=row),
                    needs=(toolchain.GO_STEP,),
                )
            )
    return planned


def _make(context: Context, row: ChartRow) -> None:
    item, cache = item_of(row), context.cache
    runner = context.runner(f"chart-{row.name}", "see that the Go module proxy answers (go env GOPROXY)")
    with cache.lock(item.key, context.progress.note), cache.scratch(item.key) as scratch:
        if cache.present(item):
            return
        if row.module is not None:
            module, how, source = context.go.module_dir(row.module, scratch, runner), "go", row.module.query
        else:
            module, how = scratch / "archive", "download"
            source = _unpack(context, row, module)
        made = scratch / "item"
        main = f"{row.name}/{CRDS}" if row.only_crds else _folder(row)
        for name, folder in {main: row.path, **row.parts}.items():
            _copy(module / folder, made / name)
        _adapt(made / _folder(row), row)
        files = [path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()]
        cache.commit(item, made, how=how, source=source, extra=files)


def _copy(source: Path, into: Path) -> None:
    """A folder or one file; files may be written, whatever they were."""
    if source.is_dir():
        shutil.copytree(source, into, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, into)


def _unpack(context: Context, row: ChartRow, into: Path) -> str:
    """A chart's archive, unpacked; its address. Raises ToolError where its repository does not serve it."""
    if row.archive is None:
        raise AssertionError(f"chart {row.name} has passed the lock without module and archive")
    into.mkdir()
    file = into.with_suffix(".tgz")
    fix = f"let this machine reach {urlsplit(row.archive.url).netloc}: no package registry carries this chart"
    try:
        fetch.save(context.reach, row.archive.url, file)
    except fetch.UnavailableError as error:
        raise ToolError(f"chart {row.name}", str(error), fix) from error
    if (found := sha256_file(file)) != row.archive.sha256:
        why = f"{row.archive.url} is refused: its SHA-256 is {found}, expected {row.archive.sha256}"
        raise ToolError(f"chart {row.name}", why)
    with tarfile.open(file) as archive:
        archive.extractall(into, filter="data")
    return row.archive.url


def _adapt(chart: Path, row: ChartRow) -> None:
    """Write the lock's wishes into Chart.yaml; a chart without any stays byte for byte as released."""
    if row.only_crds:
        (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {row.name}\nversion: {row.version}\n")
        return
    if not row.strip_dependencies and row.chart_version is None:
        return
    import yaml

    file = chart / "Chart.yaml"
    value: dict[str, Any] = yaml.safe_load(file.read_text())
    if row.strip_dependencies:
        value.pop("dependencies", None)
        (chart / "Chart.lock").unlink(missing_ok=True)
    if row.chart_version is not None:
        value["version"] = row.chart_version
    file.write_text(yaml.safe_dump(value, sort_keys=False))


def ensure(names: Sequence[str], cache: Cache, progress: Progress) -> dict[str, Path]:
    """Have these charts; returns the folder of each, as `helm install` takes it."""
    context = Context.of(cache, progress)
    planned = plan(names, cache)
    steps = toolchain.plan((), context, builds=bool(planned.steps)).steps
    run_steps([*steps, *planned.steps], context)
    return planned.paths


def part(name: str, part: str, cache: Cache) -> Path:
    """Another folder of a chart's module that the lock keeps; raises FairleadError if there is none."""
    row = select([name], lock.charts())[0]
    if part not in row.parts:
        allowed = ", ".join(row.parts) or "none"
        raise FairleadError(f"chart {name} keeps no part {part!r}\n    allowed: {allowed}")
    return cache.path(item_of(row)) / part


def crds(name: str, cache: Cache) -> Path | None:
    """Folder of CRD manifests: apart from the chart, or its own `crds`; None if they are templates."""
    row = select([name], lock.charts())[0]
    if CRDS in row.parts:
        return part(name, CRDS, cache)
    own = cache.path(item_of(row)) / _folder(row) / CRDS
    return own if own.is_dir() else None
