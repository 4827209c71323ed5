"""Get programs: look, then plan one step per missing one, then make."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fairlead.catalog import lock
from fairlead.catalog.lock import ToolRow
from fairlead.catalog.ways import DebianWay, DownloadWay, GoWay, ModuleFilesWay, PathWay, Way, WheelWay
from fairlead.errors import ToolError
from fairlead.tools import debian, fetch, wheels, wrappers
from fairlead.tools.cache import Cache, Item, recipe_digest
from fairlead.tools.fetch import UnavailableError
from fairlead.tools.onpath import on_path
from fairlead.tools.proc import Runner
from fairlead.tools.progress import Progress
from fairlead.tools.steps import AGAIN, Context, Step, run_steps

GO = "go"
GO_STEP = "tool:go"


@dataclass
class ToolPlan:
    """What is there, and the steps for what is not."""

    found: dict[str, Path] = field(default_factory=dict[str, Path])
    """Executable -> path, of tools that need no step."""
    steps: list[Step] = field(default_factory=list[Step])
    later: dict[str, Path] = field(default_factory=dict[str, Path])
    """Executable -> where the steps will put it."""
    rows: Mapping[str, ToolRow] = field(default_factory=dict[str, ToolRow])

    def paths(self, names: Iterable[str]) -> dict[str, Path]:
        """Every executable of these tools -> its path, once the steps have run."""
        known = {**self.later, **self.found}
        return {name: known[name] for row in select(names, self.rows) for name in row.executables}


def select(names: Iterable[str], rows: Mapping[str, ToolRow]) -> list[ToolRow]:
    """The rows of these names; raises FairleadError for a name that no row has."""
    return lock.chosen("tool", names, rows)


def item_of(row: ToolRow) -> Item:
    """The place of a tool in the cache; its recipe changes with the row and with a wrapper module.

    The recipe is part of the place: two checkouts of different state do not replace each other's tools.
    """
    used = {way.wrapper for way in row.ways if isinstance(way, GoWay) and way.wrapper is not None}
    wrapped = {name: wrappers.text(name) for name in sorted(used)}
    recipe = recipe_digest([row.recipe(), wrapped])
    return Item(f"tools/{row.name}/{row.version}-{recipe}", row.version, recipe, _files(row))


def _files(row: ToolRow) -> tuple[str, ...]:
    """Where the executables lie in the item: beside each other, or inside a tree."""
    tree = next((way for way in row.ways if isinstance(way, WheelWay) and way.tree), None)
    return tuple(tree.members[name] for name in row.executables) if tree else row.executables


def _paths(row: ToolRow, folder: Path) -> dict[str, Path]:
    return {name: folder / file for name, file in zip(row.executables, item_of(row).files, strict=True)}


def plan(
    names: Sequence[str], context: Context, rows: Mapping[str, ToolRow] | None = None, *, builds: bool = False
) -> ToolPlan:
    """Look for tools in the cache and on PATH, and plan a step for each that is missing.

    builds: True if other steps will need Go, so that it is looked for too.
    """
    table = lock.tools() if rows is None else rows
    planned = ToolPlan(rows=table)
    missing = [row for row in select(names, table) if not _look(row, context.cache, planned)]
    if builds or any(isinstance(way, GoWay | ModuleFilesWay) for row in missing for way in row.ways):
        _plan_go(table[GO], missing, context, planned)
    for rows_together in _groups([row for row in missing if row.name != GO], context):
        planned.steps.append(_step(rows_together, context))
    for row in missing:
        planned.later.update(_paths(row, context.cache.path(item_of(row))))
    return planned


def _look(row: ToolRow, cache: Cache, planned: ToolPlan) -> bool:
    item = item_of(row)
    if cache.present(item):
        planned.found.update(_paths(row, cache.path(item)))
        return True
    for way in row.ways:
        if isinstance(way, PathWay) and (found := on_path(row, way)) is not None:
            planned.found[row.executables[0]] = found
            return True
    return False


def _plan_go(row: ToolRow, missing: list[ToolRow], context: Context, planned: ToolPlan) -> None:
    if GO not in planned.found:
        looked = ToolPlan()
        if _look(row, context.cache, looked):
            context.go_command = looked.found[GO]
        else:
            planned.steps.append(Step(GO_STEP, "get go", _usual([row], context), partial(_make_go, row=row)))
            if row not in missing:
                missing.append(row)
    else:
        context.go_command = planned.found[GO]


def _groups(rows: Sequence[ToolRow], context: Context) -> list[list[ToolRow]]:
    """Rows that one go command builds together; a row that may be downloaded stands alone."""
    groups: dict[tuple[str, str], list[ToolRow]] = {}
    for row in rows:
        way = _first(row, context)
        wrapper = way.wrapper if isinstance(way, GoWay) else None
        key = ("wrapper", wrapper) if wrapper is not None else ("tool", row.name)
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _first(row: ToolRow, context: Context) -> Way:
    """The way that will most likely be gone here: the first that does not need a silent host."""
    ways = [way for way in row.ways if not isinstance(way, PathWay)]
    for way in ways:
        if not isinstance(way, DownloadWay) or context.reach.answers(way.url):
            return way
    return ways[-1]


def _usual(rows: Sequence[ToolRow], context: Context) -> float:
    ways = [_first(row, context) for row in rows]
    return float(sum(way.usual_seconds for way in ways if not isinstance(way, PathWay)))


def _step(rows: Sequence[ToolRow], context: Context) -> Step:
    way = _first(rows[0], context)
    builds = isinstance(way, GoWay)
    names = ", ".join(row.name for row in rows)
    needs_go = any(isinstance(other, GoWay | ModuleFilesWay) for row in rows for other in row.ways)
    return Step(
        key="tool:" + rows[0].name,
        title=f"{'build' if builds else 'get'} {names}",
        usual_seconds=_usual(rows, context),
        run=partial(_make_together, rows=tuple(rows)) if len(rows) > 1 else partial(_make, row=rows[0]),
        builds=builds,
        needs=(GO_STEP,) if needs_go else (),
        shares=(way.wrapper or "") if isinstance(way, GoWay) else "",
    )


def _make_go(context: Context, row: ToolRow) -> None:
    _make(context, row)
    context.go_command = context.cache.path(item_of(row)) / item_of(row).files[0]


def _make(context: Context, row: ToolRow) -> None:
    """Make one tool, going its ways in order until one succeeds."""
    item, cache = item_of(row), context.cache
    runner = context.runner(row.name)
    with cache.lock(item.key, context.progress.note), cache.scratch(item.key) as scratch:
        if cache.present(item):
            return
        reasons: list[str] = []
        for number, way in enumerate(row.ways):
            if isinstance(way, PathWay):
                continue
            made = scratch / f"item-{number}"
            made.mkdir()
            try:
                source = _go_way(way, row, made, scratch, context, runner)
            except UnavailableError as error:
                reasons.append(f"{way.how}: {error}")
                if isinstance(error, fetch.RefusedError):
                    context.progress.note(f"{row.name}: {error}; going on without it")
                continue
            _finish(row, made, (way.how, source), context, runner)
            return
    listing = "\n".join(f"    - {line}" for line in reasons)
    raise ToolError(row.name, f"no way to get it here\n{listing}", _fix(row))


def _make_together(context: Context, rows: tuple[ToolRow, ...]) -> None:
    """Build several tools of one wrapper in one go command."""
    items = {row.name: item_of(row) for row in rows}
    cache, name = context.cache, rows[0].name
    with cache.locks([item.key for item in items.values()], context.progress.note):
        todo = [row for row in rows if not cache.present(items[row.name])]
        if not todo:
            return
        runner = context.runner(name)
        with cache.scratch(items[name].key) as scratch, context.build_slots:
            made = scratch / "made"
            made.mkdir()
            source = context.go.build({row.executables[0]: _go(row) for row in todo}, made, scratch, runner)
            for row in todo:
                own = scratch / row.name
                own.mkdir()
                (made / row.executables[0]).rename(own / row.executables[0])
                _finish(row, own, ("go", source), context, runner)


def _go(row: ToolRow) -> GoWay:
    return next(way for way in row.ways if isinstance(way, GoWay))


def _go_way(way: Way, row: ToolRow, made: Path, scratch: Path, context: Context, runner: Runner) -> str:
    final = context.cache.path(item_of(row))
    match way:
        case DownloadWay():
            return fetch.download(way, row.version, row.executables, made, context.reach)
        case GoWay():
            with context.build_slots:
                return context.go.build({row.executables[0]: way}, made, scratch, runner)
        case ModuleFilesWay():
            return context.go.module_files(way, made, scratch, runner)
        case WheelWay():
            return wheels.executables(way, made, runner)
        case DebianWay():
            return debian.executables(way, made, final, context.cache, runner)
        case PathWay():
            raise UnavailableError("not on PATH")


def _finish(row: ToolRow, made: Path, origin: tuple[str, str], context: Context, runner: Runner) -> None:
    """Put a tool in place and let it show that it runs; one that does not is taken away again."""
    item, (how, source) = item_of(row), origin
    folder = context.cache.commit(item, made, how=how, source=source)
    if row.check is None:
        return
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        runner.run([str(folder / item.files[0]), *row.check], cwd=folder, env=env)
    except ToolError:
        shutil.rmtree(folder)
        raise


def _fix(row: ToolRow) -> str:
    programs = ", ".join(row.executables)
    return f"make one of these ways possible, or put {programs} {row.version} on PATH; {AGAIN}"


def ensure(names: Sequence[str], cache: Cache, progress: Progress) -> dict[str, Path]:
    """Have these tools; returns every executable of their rows with its path.

    Raises ToolError (which tool, why, what to do) if one cannot be had, FairleadError for an
    unknown name. What is there already costs a look.
    """
    context = Context.of(cache, progress)
    planned = plan(names, context)
    run_steps(planned.steps, context)
    return planned.paths(names)


def path_env(tools: Mapping[str, Path], base: str | None = None) -> str:
    """A value for PATH: the folders of the tools first, then `base` (the current PATH)."""
    folders = list(dict.fromkeys(str(path.parent) for path in tools.values()))
    return os.pathsep.join([*folders, os.environ.get("PATH", os.defpath) if base is None else base])
