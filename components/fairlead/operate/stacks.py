"""The stacks of a project, as the matrix of a pipeline wants them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.errors import InputError, Problem, one_of
from fairlead.spec.layers import resolve_stack
from fairlead.stack import Stack, every


def rows(names: Sequence[str], without: Sequence[str]) -> list[dict[str, str]]:
    """Stack, target and environment of each, by name. names: of these only; without: targets to leave out.

    A stack whose spec is wrong is listed too, with what can be read: whoever judges it says what is wrong.
    Raises InputError for names that are of no stack.
    """
    there = every()
    known = [one.name for one in there]
    wrong = [
        Problem("NAMES", "no such stack", name, one_of(known, name)) for name in names if name not in known
    ]
    if wrong:
        raise InputError("command line", wrong)
    found = [_row(one) for one in there if not names or one.name in names]
    return [one for one in found if not one["target"] or one["target"] not in without]


def _row(stack: Stack) -> dict[str, str]:
    try:
        spec = resolve_stack(stack.folder, stack.name).value
    except InputError:
        spec = {}
    target: Any = spec.get("target")
    kind = target.get("kind") if isinstance(target, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return {
        "stack": stack.name,
        "target": kind if isinstance(kind, str) else "",
        "environment": str(spec.get("environment") or ""),
    }
