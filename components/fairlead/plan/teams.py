"""Team files, judged with every stack that they are for: before a commit, or where a team asks for a change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem
from fairlead.plan.load import load_merged
from fairlead.plan.model import PlatformPlan
from fairlead.plan.show_tenants import promised
from fairlead.spec.layers import read_teams, resolve_stack, stacks
from fairlead.spec.table import table
from fairlead.spec.teams import FOLDER

HEAD = ("stack", "accelerator", "pools have", "promised", "left", "of which")


@dataclass(frozen=True)
class Sum:
    """What all tenants of a stack are promised of one accelerator, against what its pools have at their maximum."""

    stack: str
    accelerator: str
    supply: int
    shares: Mapping[str, int]
    """Tenant -> what it is guaranteed."""

    @property
    def promised(self) -> int:
        """All shares together."""
        return sum(self.shares.values())


@dataclass(frozen=True)
class Checked:
    """Team files in which nothing is wrong."""

    stacks: Mapping[str, tuple[str, ...]]
    """File -> stacks that its team is in."""
    sums: tuple[Sum, ...]
    """Of those stacks, for accelerators that one of the teams is promised."""


def check(folder: Path, names: Collection[str], catalog: Catalog) -> Checked:
    """Judges the teams of these names; all of the directory where none is named.

    folder: that of the stack files. Raises InputError with every problem of every stack that one of them is in.
    """
    teams = [one for one in read_teams(folder) if one.name in names or not names]
    problems: dict[Problem, None] = {}
    found: dict[str, list[str]] = {one.label: [] for one in teams}
    sums: list[Sum] = []
    for stack in stacks(folder):
        try:
            merged = resolve_stack(folder, stack)
            own = [one for one in teams if one.label in merged.sources]
            plan = load_merged(merged, f"stack {stack}", catalog) if own else None
        except InputError as error:
            problems |= dict.fromkeys(error.problems)
            continue
        for one in own:
            found[one.label].append(stack)
        sums += _sums(stack, plan, {one.name for one in own}) if plan else ()
    if problems:
        raise InputError("team files", problems)
    return Checked({label: tuple(where) for label, where in found.items()}, tuple(sums))


def _sums(stack: str, plan: PlatformPlan, names: Collection[str]) -> Iterator[Sum]:
    queues = plan.queues
    shares = {queue.name: promised(queue, queues) for queue in queues.queues}
    for accelerator in queues.accelerators:
        has = {name: own[accelerator] for name, own in shares.items() if accelerator in own}
        if any(name in has for name in names):
            yield Sum(stack, accelerator, _supply(plan, accelerator), has)


def _supply(plan: PlatformPlan, accelerator: str) -> int:
    amounts = [
        int(amount)
        for flavor in plan.queues.flavors
        for resource, amount in flavor.totals.items()
        if flavor.accelerator == accelerator and "/" in resource
    ]
    return sum(amounts)


def to_text(found: Checked) -> str:
    """Which files are sound and where they hold, then the sums."""
    lines = [
        f"{label}: sound, in {', '.join(where) or 'no stack yet'}" for label, where in found.stacks.items()
    ]
    rows = [
        (
            one.stack,
            one.accelerator,
            str(one.supply),
            str(one.promised),
            str(one.supply - one.promised),
            ", ".join(f"{name} {count}" for name, count in one.shares.items()),
        )
        for one in found.sums
    ]
    shown = [line.rstrip() for line in table(HEAD, rows, indent="")] if rows else []
    return "\n".join([*lines, *shown]) + "\n"


def named(folder: Path, files: Collection[Path]) -> list[str]:
    """Names of the teams of these files. Raises InputError for a file that is no team file of the project."""
    home = (folder / FOLDER).resolve()
    wrong = [
        Problem(
            str(file),
            "is no team file of this project" if file.exists() else "there is no such file",
            allowed=f"files of {home}",
            fix="say the path of a file there, or nothing: then all are checked",
        )
        for file in files
        if file.resolve().parent != home or not file.is_file()
    ]
    if wrong:
        raise InputError("command line", wrong)
    return [file.stem for file in files]
