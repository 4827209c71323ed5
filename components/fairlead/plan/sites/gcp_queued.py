"""Which pools of GKE may grow by request alone: a ProvisioningRequest for each job, all of its nodes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fairlead.errors import Problem, one_of
from fairlead.plan.machines import Choice
from fairlead.spec.gcp import GcpTarget
from fairlead.spec.pool import Pool

WHERE = "platform.target.queued"


class _Misfit(NamedTuple):
    what: str
    given: str
    allowed: str


def problems(
    target: GcpTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice]
) -> Iterator[Problem]:
    """What speaks against each pool that `queued` names. choices: pool -> its machine, where one was found."""
    places = {pool.name: place for place, pool in pools.items()}
    for index, name in enumerate(target.queued):
        where, place = f"{WHERE}[{index}]", places.get(name)
        if place is None:
            yield Problem(where, "no pool has this name", name, one_of(list(places), name))
        elif place in choices:
            for one in _misfits(pools[place], choices[place]):
                yield Problem(where, one.what, f"{name}: {one.given}", one.allowed)


def _misfits(pool: Pool, choice: Choice) -> Iterator[_Misfit]:
    if len(pool.capacity) > 1:
        yield _Misfit(
            "a request asks for one capacity, not for a ladder", ", ".join(pool.capacity), "one capacity"
        )
    elif pool.capacity == ("flex",):
        yield from _flexible(pool)
    else:
        yield from _other(pool, choice)


def _flexible(pool: Pool) -> Iterator[_Misfit]:
    if pool.placement == "compact" and not pool.topology:
        what = "a queued pool of flexible capacity cannot have compact placement, unless it is of TPUs"
        yield _Misfit(what, "compact", "spread")


def _other(pool: Pool, choice: Choice) -> Iterator[_Misfit]:
    """Of capacity that comes without a request too."""
    if choice.machine.accelerator is None:
        yield _Misfit("work without accelerators is never asked for", choice.machine.name, "accelerators")
    if pool.min == pool.max:
        yield _Misfit(
            "a pool that does not grow has nothing to ask for", f"min and max {pool.max}", "min below max"
        )
    if pool.topology:
        yield _Misfit("a slice comes as a whole by itself", f"topology {pool.topology}", "capacity: flex")
    if pool.warm:
        yield _Misfit(
            "a request does not take the place of placeholders: they would stay",
            f"warm {pool.warm}",
            "warm: 0",
        )
