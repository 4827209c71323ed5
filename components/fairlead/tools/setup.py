"""Have everything that a run wants: look at all of it first, then make what is missing, once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.tools import charts, images, stages, toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress, spoken
from fairlead.tools.steps import Context, Step, run_steps


@dataclass(frozen=True)
class Wanted:
    """Names of rows of the lock."""

    tools: Sequence[str] = ()
    images: Sequence[str] = ()
    charts: Sequence[str] = ()
    stages: bool = False
    """Whether the behaviour of simulated nodes is wanted."""


@dataclass(frozen=True)
class Have:
    """Where everything is."""

    tools: Mapping[str, Path]
    """Executable -> path."""
    images: Mapping[str, Path]
    """Image -> OCI layout tar."""
    charts: Mapping[str, Path]
    """Chart -> folder."""
    stages: Path | None
    seconds: float
    """What it took."""
    done: int
    """Steps that were run."""
    skipped: int
    """Wishes that were there already."""


@dataclass(frozen=True)
class SetupPlan:
    """What is missing, and the steps that make it."""

    wanted: Wanted
    tools: toolchain.ToolPlan
    images: images.ImagePlan
    charts: charts.ChartPlan
    stages: tuple[Step, ...]

    @property
    def steps(self) -> list[Step]:
        """Every step, in no particular order."""
        return [*self.tools.steps, *self.images.steps, *self.charts.steps, *self.stages]

    def describe(self) -> str:
        """The steps, the longest first, one line each."""
        if not self.steps:
            return "everything is there"
        lines = sorted(self.steps, key=lambda step: -step.usual_seconds)
        return "\n".join(f"{step.title}: usually {spoken(step.usual_seconds)}" for step in lines)


def plan(wanted: Wanted, context: Context) -> SetupPlan:
    """Look for everything and plan what is missing; asks hosts of official downloads if they answer."""
    image_plan = images.plan(wanted.images, context)
    chart_plan = charts.plan(wanted.charts, context.cache)
    stage_steps = tuple(stages.plan(context.cache)) if wanted.stages else ()
    builds = any(step.needs for step in (*image_plan.steps, *chart_plan.steps, *stage_steps))
    tool_plan = toolchain.plan(wanted.tools, context, builds=builds)
    return SetupPlan(wanted, tool_plan, image_plan, chart_plan, stage_steps)


def ensure_all(wanted: Wanted, cache: Cache, progress: Progress, context: Context | None = None) -> Have:
    """Have everything wanted, side by side, the longest first; what is there costs a look.

    Raises FairleadError for unknown names before anything is done, and ToolError (which tool, why,
    what to do) for the first step that fails; the next call goes on where this one stopped.
    """
    began = time.monotonic()
    ctx = context or Context.of(cache, progress)
    planned = plan(wanted, ctx)
    steps = planned.steps
    run_steps(steps, ctx)
    seconds = time.monotonic() - began
    total = len(wanted.tools) + len(wanted.images) + len(wanted.charts) + wanted.stages
    if steps:
        progress.note(f"{len(steps)} steps done in {spoken(seconds)}")
    return Have(
        tools=planned.tools.paths(wanted.tools),
        images=planned.images.paths,
        charts=planned.charts.paths,
        stages=stages.path(cache) if wanted.stages else None,
        seconds=seconds,
        done=len(steps),
        skipped=max(0, total - len(steps)),
    )
