"""`fairlead doctor`: what this machine lacks for a local cluster, why it is needed, how to get it."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from fairlead.errors import Problem
from fairlead.operate.up import host_config, prepare
from fairlead.operate.wanted import wanted
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
        return found
    have = prepare(stack, plan, progress, samples=True)
    found.append(
        Finding("tools", True, f"all {len(have.tools)} programs and {len(have.images)} images are there")
    )
    problems = host.preflight(host_config(stack, plan, have))
    found += [Finding("machine", False, str(problem)) for problem in problems]
    if not problems:
        found.append(Finding("machine", True, "rights, kernel, network, memory and disk suffice"))
    elif all(_beyond_repair(problem) for problem in problems):
        found.append(Finding("without a cluster", True, host.STILL_WORKS))
    return found


def _beyond_repair(problem: Problem) -> bool:
    return problem.where != "subnet"
