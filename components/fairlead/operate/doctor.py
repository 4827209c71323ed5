"""`fairlead doctor`: what this machine lacks for a local cluster, why it is needed, how to get it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from fairlead.errors import Problem
from fairlead.operate.up import host_config, prepare
from fairlead.operate.wanted import wanted
from fairlead.plan.model import PlatformPlan
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack
from fairlead.targets.local import host
from fairlead.tools import setup
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress
from fairlead.tools.steps import Context


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    fine: bool
    detail: str


def examine(stack: Stack) -> list[Finding]:
    """Looks at Python, tools, and, where the tools are there, at all the cluster needs of the machine."""
    plan = plan_of(stack.folder, stack.name)
    cache, progress = Cache.default(), Progress(mode="quiet")
    planned = setup.plan(wanted(plan, samples=True), Context.of(cache, progress))
    found = [Finding("python", True, sys.version.split()[0]), Finding("cache", True, str(cache.root))]
    found += [Finding("rights", False, str(problem)) for problem in host.rights()]
    if planned.steps:
        found.append(Finding("tools", False, f"{planned.describe()}\nfix: fairlead up brings them"))
        return found + _machine(host.surroundings(_without_tools(stack, plan)))
    have = prepare(stack, plan, progress, samples=True)
    found.append(
        Finding("tools", True, f"all {len(have.tools)} programs and {len(have.images)} images are there")
    )
    return found + _machine(host.preflight(host_config(stack, plan, have)))


def _machine(problems: list[Problem]) -> list[Finding]:
    if not problems:
        return [Finding("machine", True, "kernel, network, memory and disk suffice")]
    found = [Finding("machine", False, str(problem)) for problem in problems]
    if all(_beyond_repair(problem) for problem in problems):
        found.append(Finding("without a cluster", True, host.STILL_WORKS))
    return found


def _without_tools(stack: Stack, plan: PlatformPlan) -> host.HostConfig:
    """The cluster's configuration before its tools are there, for looking at the machine alone."""
    tools = {name: Path(name) for name in host.REQUIRED_TOOLS}
    have = setup.Have(tools=tools, images={}, charts={}, stages=Path("stages"), seconds=0, done=0, skipped=0)
    return host_config(stack, plan, have)


def _beyond_repair(problem: Problem) -> bool:
    return problem.where != "subnet"
