"""The plan of a stack: its own data over the layers of its target and environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairlead.catalog import read
from fairlead.plan.load import load_merged
from fairlead.plan.model import PlatformPlan
from fairlead.spec.layers import resolve_stack


def plan_of(folder: Path, stack: str, own: Mapping[str, Any] | None = None) -> PlatformPlan:
    """The plan of a stack.

    folder: directory of the stack files and configuration layers; own: the stack's object where
    the engine has it already. Raises InputError with every problem and where it was written.
    """
    return load_merged(resolve_stack(folder, stack, own), f"stack {stack}", read.load())
