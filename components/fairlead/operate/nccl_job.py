"""The job that measures the network between the nodes of a pool: an ordinary TrainingJob, like any user's. Pure.

It gets the fast network as every job over several whole nodes does: by the runtime of its accelerator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from fairlead.catalog.lock import images
from fairlead.errors import InputError, Problem, one_of
from fairlead.plan.model import PlatformPlan, PoolPlan
from fairlead.workload.model import TrainingJob

NAME = "check-nccl"
STAGE = "testing"
PROGRAM = "collective"
NVIDIA = "nvidia.com/gpu"
IMAGE = "nccl-tests"
"""Image of the lock with NCCL and the plugins of fast networks."""
STAND_IN_IMAGE = "python-numpy"
SMALLEST, LARGEST = 8 * 1024**2, 16 * 1024**3
"""Messages in bytes, as published figures have them."""
ROOM = 0.8
"""Share of an accelerator's memory that two messages may take: NCCL and CUDA need some, too."""
STAND_IN_SIZES = (64 * 1024, 1024**2)
CPU = ("100m", "128Mi")
"""Cores and memory of one node of the stand-in: little, for tenants may be promised little of plain nodes."""
TIMEOUT = "30m"


@dataclass(frozen=True)
class Asked:
    """What the user wants measured; what is left out is chosen."""

    pool: str | None = None
    nodes: int = 2
    tenant: str | None = None
    image: str | None = None
    patience: int = 900
    """Seconds within which all nodes must run: the queue, new nodes and images of 10 GiB take their time."""


def pool_of(plan: PlatformPlan, asked: Asked) -> PoolPlan:
    """The pool that is measured: the one named, else the first with real accelerators, else the first real one.

    Raises InputError with every problem.
    """
    pools = {pool.name: pool for pool in plan.pools}
    real = [pool for pool in plan.pools if not pool.simulated]
    first = next((pool for pool in real if pool.resource == NVIDIA), real[0] if real else plan.pools[0])
    pool = pools.get(asked.pool) if asked.pool else first
    if pool is None:
        given = asked.pool or ""
        raise InputError(
            "command line", [Problem("--pool", "no such pool", given, one_of(list(pools), given))]
        )
    if problems := list(_problems(plan, pool, asked)):
        raise InputError("command line", problems)
    return pool


def _problems(plan: PlatformPlan, pool: PoolPlan, asked: Asked) -> Iterator[Problem]:
    if pool.simulated:
        what = "its nodes are simulated: no process runs there, nothing can be measured"
        allowed = one_of([one.name for one in plan.pools if not one.simulated])
        yield Problem("--pool", what, pool.name, allowed)
    if pool.resource not in (None, NVIDIA):
        yield Problem("--pool", f"NCCL does not run on {pool.accelerator}", pool.name, f"pools with {NVIDIA}")
    if not pool.sharing.whole:
        yield Problem("--pool", "its accelerators are shared: NCCL needs whole ones", pool.name)
    if asked.nodes < 2:
        yield Problem("--nodes", "a network is between at least two nodes", str(asked.nodes), "2 or more")
    if pool.accelerator and asked.nodes > pool.max_nodes:
        what = f"pool {pool.name} never has so many nodes"
        yield Problem("--nodes", what, str(asked.nodes), f"2 to {pool.max_nodes}")
    tenants = [tenant.name for tenant in plan.tenants]
    if asked.tenant and asked.tenant not in tenants:
        yield Problem("--tenant", "no such tenant", asked.tenant, one_of(tenants, asked.tenant))


def job(plan: PlatformPlan, pool: PoolPlan, asked: Asked, memory_gib: int) -> TrainingJob:
    """The job. On a pool without accelerators its nodes are pods, and a stand-in on CPUs is what they run.

    memory_gib: of one accelerator; 0 where the pool has none.
    """
    stand_in = pool.accelerator is None
    backend, sizes = ("ring", STAND_IN_SIZES) if stand_in else ("nccl", (SMALLEST, largest(memory_gib)))
    locked = images()[STAND_IN_IMAGE if stand_in else IMAGE]
    found = locked.reference if locked.build or not locked.digest else f"{locked.repository}@{locked.digest}"
    return TrainingJob.model_validate(
        {
            "name": NAME,
            "tenant": asked.tenant or plan.tenants[0].name,
            "stage": STAGE,
            "accelerators": None if stand_in else f"{pool.asked_as}:{pool.count}",
            "num_nodes": asked.nodes,
            "cpus": CPU[0] if stand_in else None,
            "memory": CPU[1] if stand_in else None,
            "image": asked.image or found,
            "run": script(f"{backend} {sizes[0]} {sizes[1]}"),
            "timeout": TIMEOUT,
        }
    )


def largest(memory_gib: int) -> int:
    """The largest message, bytes: an accelerator holds it twice."""
    found = LARGEST
    while 2 * found > ROOM * memory_gib * 1024**3:
        found //= 2
    return found


def script(arguments: str) -> str:
    """Writes the program's modules into a folder and runs them."""
    folder = files(f"fairlead.operate.{PROGRAM}")
    modules = {
        one.name: one.read_text(encoding="utf-8") for one in folder.iterdir() if one.name.endswith(".py")
    }
    written = [f"cat >\"$at/{PROGRAM}/{name}\" <<'MODULE'\n{modules[name]}MODULE" for name in sorted(modules)]
    start = ['at="$(mktemp -d)"', f'mkdir "$at/{PROGRAM}"']
    return "\n".join([*start, *written, f'PYTHONPATH="$at" python3 -m {PROGRAM} {arguments}', ""])
