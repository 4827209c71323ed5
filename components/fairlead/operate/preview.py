"""`fairlead preview`: runs the program on the stack files of now and then, many stacks at a time."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from fairlead.catalog import read
from fairlead.errors import InputError, Problem
from fairlead.operate.resources import resources
from fairlead.operate.revision import Past, folder_at, past
from fairlead.plan.model import PlatformPlan
from fairlead.plan.stack import plan_of
from fairlead.preview.model import Preview, Since
from fairlead.preview.report import Side, preview
from fairlead.stack import Stack

NOTHING = Since("nothing", "nothing", existed=False)
Data = list[dict[str, Any]]
PARTS = frozenset({"urn", "type", "name", "custom", "inputs"})
"""What every entry of a baseline must have."""


@dataclass(frozen=True)
class Against:
    """What stacks are held against: a commit, branch or tag, or a baseline; neither: nothing stands yet."""

    ref: str | None = None
    baseline: Path | None = None


def previews(stacks: Sequence[Stack], against: Against, today: date) -> list[Preview]:
    """The previews of the stacks, in their order. Raises InputError for what the program or the catalogue refuses."""
    key = secrets.token_hex(32) if against.baseline is None else ""
    with ExitStack() as open_, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        runs = [_Run.begin(stack, against, key, pool, open_) for stack in stacks]
        return [run.end(today) for run in runs]


@dataclass(frozen=True)
class _Run:
    """One stack whose program is running, on both sides."""

    stack: Stack
    since: Since
    plan: PlatformPlan
    then: PlatformPlan | None
    before: Callable[[], Data]
    after: Callable[[], Data]

    @classmethod
    def begin(
        cls,
        stack: Stack,
        against: Against,
        key: str,
        pool: ThreadPoolExecutor,
        open_: ExitStack,
    ) -> _Run:
        plan = plan_of(stack.folder, stack.name)
        was: Past | None = past(stack, against.ref) if against.ref is not None else None
        after = pool.submit(resources, stack, key)
        if against.baseline is not None:
            found = baseline(against.baseline)
            since = Since(against.baseline.name, "baseline")
            return cls(stack, since, plan, None, lambda: found, after.result)
        if was is None or was.plan is None:
            since = _since(was) if was else NOTHING
            return cls(stack, since, plan, None, list, after.result)
        if was.plan == plan:
            # The program knows a stack by its plan alone: the same plan declares the same.
            return cls(stack, _since(was), plan, was.plan, after.result, after.result)
        _, folder = open_.enter_context(folder_at(stack, was.commit))
        before = pool.submit(resources, replace(stack, project=folder.parent), key)
        return cls(stack, _since(was), plan, was.plan, before.result, after.result)

    def end(self, today: date) -> Preview:
        old, new = Side(self.before(), self.then), Side(self.after(), self.plan)
        file = self.stack.config_file.relative_to(self.stack.project).as_posix()
        return preview(self.stack.name, file, old, new, self.since, today, read.load())


def _since(was: Past) -> Since:
    words = was.name if was.plan else f"{was.name}, where the stack was not there yet"
    return Since(words, "ref", was.commit, was.plan is not None)


def baseline(file: Path) -> Data:
    """What `fairlead resources -o json` has written. Raises InputError for a file that is something else."""
    try:
        found: object = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise _bad(file, f"is no JSON: {error}") from None
    if not isinstance(found, list):
        raise _bad(file, "is no list of resources")
    for place, one in enumerate(found):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        lacks = sorted(PARTS - one.keys()) if isinstance(one, Mapping) else sorted(PARTS)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
        if lacks:
            raise _bad(file, f"entry {place} is no resource: it has no {', '.join(lacks)}")
    return found  # pyright: ignore[reportUnknownVariableType]


def _bad(file: Path, what: str) -> InputError:
    allowed = "what `fairlead resources -s STACK -o json` prints"
    return InputError("command line", [Problem("--baseline", what, str(file), allowed)])
