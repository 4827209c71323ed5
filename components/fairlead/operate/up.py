"""`fairlead up`: tools, cluster, platform, samples. Each step goes on where a former run stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.engine import Engine, Outcome, forget
from fairlead.errors import InputError, UnsupportedError
from fairlead.operate.wanted import ENGINE, SANDBOX_IMAGE, wanted
from fairlead.plan.model import PlatformPlan
from fairlead.plan.ruled import keep
from fairlead.plan.sites.local import LocalSite
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack
from fairlead.targets.local import host
from fairlead.tools import setup
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress, spoken

USUAL_CLUSTER_SECONDS = 10
"""From nothing, measured on two cores; one that stands takes none."""
USUAL_PLATFORM_SECONDS = 40
"""From nothing, measured on four cores; without changes about a quarter."""


@dataclass(frozen=True)
class Figures:
    """How long each part took, in seconds, and what the engine did."""

    setup: float
    built: int
    cluster: float
    platform: Outcome

    def lines(self) -> list[str]:
        """The figures as they are printed at the end of a run."""
        counts = ", ".join(f"{count} {what}" for what, count in self.platform.counts.items()) or "nothing"
        total = self.setup + self.cluster + self.platform.seconds
        kind = f"cold: {self.built} built" if self.built else "warm: everything was there"
        return [
            f"tools     {spoken(self.setup):>8}   {kind}",
            f"cluster   {spoken(self.cluster):>8}",
            f"platform  {spoken(self.platform.seconds):>8}   {counts}",
            f"total     {spoken(total):>8}",
        ]


def prepare(stack: Stack, plan: PlatformPlan, progress: Progress, *, samples: bool) -> setup.Have:
    """Everything that the plan needs on this machine."""
    return setup.ensure_all(wanted(plan, samples=samples), Cache.default(), progress)


def host_config(stack: Stack, plan: PlatformPlan, have: setup.Have) -> host.HostConfig:
    """The cluster's processes for this plan."""
    if have.stages is None:
        raise ValueError("the simulated nodes' stages were not asked for")
    real = next(pool for pool in plan.pools if not pool.simulated)
    return host.HostConfig(
        stack=stack.name,
        run_dir=stack.run_dir,
        tools=have.tools,
        images=list(have.images.values()),
        kubernetes_version=plan.kubernetes,
        stages=have.stages,
        sandbox_image=lock.images()[SANDBOX_IMAGE].reference,
        node_labels=real.labels,
        subnet=_link(plan),
    )


def _link(plan: PlatformPlan) -> str:
    if not isinstance(plan.site, LocalSite):
        raise UnsupportedError(
            f"target {plan.target} is no cluster of this machine\n"
            f"    fix:     pulumi up -s <stack>, see docs/{plan.target}.md"
        )
    return plan.site.subnet


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work took."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def up(stack: Stack, progress: Progress, *, samples: bool = False) -> Figures:
    """Brings the stack's platform up on this machine. Nothing changes where all stands already, nor where the plan
    breaks a rule that must be kept."""
    plan = plan_of(stack.folder, stack.name)
    keep(plan, load(), date.today())
    if lacking := host.rights():
        raise InputError("this machine", lacking)
    began = time.monotonic()
    have = prepare(stack, plan, progress, samples=samples)
    prepared = time.monotonic() - began
    config = host_config(stack, plan, have)
    if host.status(stack.run_dir).state == "absent":
        # A state without its cluster describes objects that are gone.
        forget(stack)
    steps = 3 if samples else 2
    with progress.step(1, steps, "cluster", USUAL_CLUSTER_SECONDS):
        cluster = timed(lambda: host.up(config, progress.note))
    engine = {name: have.tools[name] for name in ENGINE}
    with progress.step(2, steps, "platform: pulumi up", USUAL_PLATFORM_SECONDS):
        outcome = Engine(stack, engine, progress.note).up()
    return Figures(prepared, have.done, cluster, outcome)


def down(stack: Stack, progress: Progress) -> list[str]:
    """Destroys the platform, stops the cluster, removes its run directory. What was done, line by line."""
    done: list[str] = []
    state = host.status(stack.run_dir).state
    if state == "running":
        done.append(_destroy(stack, progress))
    host.down(stack.run_dir, progress.note)
    forget(stack)
    _remove_empty(stack.run_dir)
    done.append(f"cluster of stack {stack.name}: {'was not there' if state == 'absent' else 'gone'}")
    return done


def _destroy(stack: Stack, progress: Progress) -> str:
    from fairlead.tools import toolchain

    engine = Engine(stack, toolchain.ensure(ENGINE, Cache.default(), progress), progress.note)
    if not engine.exists:
        return "platform: nothing was registered"
    progress.note("platform: pulumi destroy")
    outcome = engine.destroy()
    return f"platform: {outcome.changed} resources deleted in {spoken(outcome.seconds)}"


def _remove_empty(folder: Path) -> None:
    """Removes the run directory and its parent, if nothing is left in them."""
    for path in (folder, folder.parent):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
