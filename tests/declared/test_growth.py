"""What a program costs grows as its pools do, counted in what no machine changes: calls, resources, dependencies.

Seconds are `make bench`'s, which judges none.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import cache
from types import FrameType

import pytest
from support.clouds import CLOUDS, cloud_plan
from support.targets import TARGETS

from fairlead.declared.record import Declared, record
from fairlead.plan.model import PlatformPlan

FEW, SEVERAL, MANY = 2, 4, 8
ROOM = 1.1
"""Set-up of caches is not the same in each run."""


def pools(number: int) -> list[dict[str, object]]:
    ladder = {"accelerators": "T4:1", "capacity": ["on-demand", "spot"], "min": 1, "max": 4}
    return [{"name": f"p{place}", **ladder} for place in range(number)]


def counted(work: Callable[[], object]) -> int:
    """How many functions of Python were called."""
    calls = 0

    def seen(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    # What earlier tests have left behind would be cleared away meanwhile, and counted.
    gc.collect()
    gc.disable()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls


@cache
def warm(cloud: str) -> None:
    """What a process does once, such as loading a cloud's classes, is no pool's cost."""
    record(lambda: TARGETS[cloud].cluster(planned(cloud, FEW)), "lab")


def planned(cloud: str, number: int) -> PlatformPlan:
    return cloud_plan(cloud, *pools(number))


@cache
def costs(cloud: str, number: int) -> dict[str, int]:
    """Of planning and declaring a cluster with so many pools beside the system's."""
    warm(cloud)
    plan, found = planned(cloud, number), list[Declared]()
    return {
        "calls of the plan": counted(lambda: planned(cloud, number)),
        "calls of the program": counted(
            lambda: found.extend(record(lambda: TARGETS[cloud].cluster(plan), plan.name))
        ),
        "resources": len(found),
        "dependencies": sum(len(one.depends_on) for one in found),
    }


@pytest.mark.parametrize("cloud", CLOUDS)
def test_twice_the_pools_cost_at_most_twice_as_much(cloud: str) -> None:
    for what, cost in costs(cloud, MANY).items():
        assert cost <= 2 * costs(cloud, SEVERAL)[what], what


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_pool_costs_the_same_whether_there_are_few_or_many_beside_it(cloud: str) -> None:
    few, several, many = (costs(cloud, number) for number in (FEW, SEVERAL, MANY))
    # Objects of one rank depend on all of the rank before: dependencies are many, and cost next to nothing.
    for what in many.keys() - {"dependencies"}:
        first, later = several[what] - few[what], many[what] - several[what]
        times = (MANY - SEVERAL) / (SEVERAL - FEW)
        assert later <= ROOM * times * first, f"{what}: {few[what]}, {several[what]}, {many[what]}"
