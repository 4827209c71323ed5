"""Run steps side by side, the longest first, and stop all when one fails."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.tools.cache import Cache
from fairlead.tools.fetch import Reach
from fairlead.tools.gobuild import Go, concurrency
from fairlead.tools.proc import Children, Runner
from fairlead.tools.progress import Progress, StoppedError

LIGHT = 4
"""Steps that wait for a network or a disk, run beside the builds."""
AGAIN = "the same command goes on where it stopped"


@dataclass(frozen=True)
class Step:
    """One thing to make."""

    key: str
    title: str
    usual_seconds: float
    run: Callable[[Context], None]
    builds: bool = False
    """True if it will most likely compile, so that it counts against the builds at once."""
    needs: tuple[str, ...] = ()
    """Keys of steps that must be done before; keys that no step has are taken as done."""
    shares: str = ""
    """Name of what it compiles in common with others: such steps run one after another, since side by
    side each would compile it."""


@dataclass
class Context:
    """What every step gets."""

    cache: Cache
    progress: Progress
    reach: Reach = field(default_factory=Reach)
    children: Children = field(default_factory=Children)
    builds: int = 1
    parallel: int = 1
    go_command: Path | None = None
    """Set by the plan where a good Go is there, else by the step that brings one."""

    def __post_init__(self) -> None:
        self.build_slots = threading.BoundedSemaphore(self.builds)

    @classmethod
    def of(cls, cache: Cache, progress: Progress, reach: Reach | None = None) -> Context:
        """A context for this machine's cores and memory."""
        builds, parallel = concurrency(len(os.sched_getaffinity(0)), available_gib())
        return cls(cache, progress, reach or Reach(), builds=builds, parallel=parallel)

    def runner(self, tool: str, fix: str = AGAIN) -> Runner:
        """A runner with a new log for one tool."""
        log = self.cache.logs / f"{tool}.log"
        log.unlink(missing_ok=True)
        return Runner(tool, log, fix, self.children)

    @property
    def go(self) -> Go:
        """The Go command; only steps that need the Go step may ask."""
        if self.go_command is None:
            msg = "a step builds Go without needing the step that brings Go"
            raise AssertionError(msg)
        return Go(self.go_command, self.cache, self.parallel)


def available_gib() -> float:
    """Memory that can be had without swapping, in GiB (MemAvailable of /proc/meminfo)."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / (1 << 20)
    return 2.0


class _Schedule:
    """Which step may begin next."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._known = {step.key for step in steps}
        # A circle of needs ends here, as a RecursionError, before anything runs.
        self.waiting = sorted(steps, key=lambda step: -self._chain(step, steps))
        self.done: set[str] = set()

    def _chain(self, step: Step, steps: Sequence[Step]) -> float:
        """Usual time of a step and of the longest row of steps that wait for it."""
        after = [self._chain(other, steps) for other in steps if step.key in other.needs]
        return step.usual_seconds + max(after, default=0.0)

    def take(self, running: Collection[Step], slots: int) -> Step | None:
        """The next step whose needs are met, if a slot is free for it."""
        full = sum(step.builds for step in running) >= slots
        shared = {step.shares for step in running if step.shares}
        for step in self.waiting:
            unmet = (set(step.needs) & self._known) - self.done
            if not unmet and not (step.builds and full) and step.shares not in shared:
                self.waiting.remove(step)
                return step
        return None


def run_steps(steps: Sequence[Step], context: Context) -> None:
    """Run all steps. The first failure ends the running programs and is raised."""
    if not steps:
        return
    schedule = _Schedule(steps)
    running: dict[Future[None], Step] = {}
    begun = 0
    with ThreadPoolExecutor(context.builds + LIGHT, thread_name_prefix="step") as pool:
        try:
            while schedule.waiting or running:
                while len(running) < context.builds + LIGHT:
                    step = schedule.take(running.values(), context.builds)
                    if step is None:
                        break
                    begun += 1
                    running[pool.submit(_run, step, begun, len(steps), context)] = step
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    schedule.done.add(running.pop(future).key)
                _raise_first(finished)
        except BaseException:
            context.children.stop()
            raise


def _raise_first(finished: set[Future[None]]) -> None:
    """Raise what went wrong; a step that was merely stopped comes after the one that failed."""
    errors = [error for future in finished if (error := future.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, StoppedError)):
        raise error


def _run(step: Step, n: int, of: int, context: Context) -> None:
    with context.progress.step(n, of, step.title, step.usual_seconds):
        step.run(context)
