"""Changes of stacks as they are recorded: what was declared, and what is declared after an edit of the stack's file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from support.golden import REPO
from support.recorded import of_stack

from fairlead.preview.model import Resource, Step
from fairlead.preview.steps import steps

Platform = dict[str, Any]
Edit = Callable[[Platform], None]


def resources(stack: str) -> list[dict[str, Any]]:
    """What a stack of this repository declares, as `fairlead resources -o json` prints it."""
    return [asdict(one) for one in of_stack(stack)]


def edited(stack: str, edit: Edit) -> list[dict[str, Any]]:
    """The same after an edit of its file."""
    file = f"Pulumi.{stack}.yaml"
    data = yaml.safe_load((REPO / "stacks" / file).read_text())
    edit(data["config"]["fairlead:platform"])
    with tempfile.TemporaryDirectory(prefix="fairlead-edited-") as folder:
        # A tenant's own file names every stack that it is of: all of them must be there.
        shutil.copytree(
            REPO / "stacks", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("layers", "*.py")
        )
        Path(folder, file).write_text(yaml.safe_dump(data))
        return [asdict(one) for one in of_stack(stack, more=Path(folder))]


@cache
def changed(stack: str, edit: Edit) -> tuple[Step, ...]:
    """Every step that an edit brings about, without what stays the same."""
    before, after = ([Resource.of(one) for one in many] for many in (resources(stack), edited(stack, edit)))
    return tuple(step for step in steps(before, after) if step.verdict != "same")


def pool(platform: Platform, name: str) -> Platform:
    """The entry of a pool."""
    return next(one for one in platform["pools"] if one["name"] == name)


def tenant(platform: Platform, name: str) -> Platform:
    """The entry of a tenant."""
    return next(one for one in platform["tenants"] if one["name"] == name)
