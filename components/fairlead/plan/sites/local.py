"""The local target's own part of the plan: the network link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan.machines import Choice
from fairlead.plan.model import PoolPlan, Site
from fairlead.spec.local import LocalTarget
from fairlead.spec.model import Platform, Pool


@dataclass(frozen=True)
class LocalSite(Site):
    """What the local cluster is started with."""

    subnet: str
    """The /30 of the link between the machine and the cluster."""


def check(
    target: LocalTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog
) -> Iterator[Problem]:
    """Nothing: the model of the target says it all."""
    yield from ()


def site(spec: Platform, pools: Sequence[PoolPlan], catalog: Catalog) -> LocalSite:
    """The site of a local platform."""
    if not isinstance(spec.target, LocalTarget):
        raise TypeError(f"{spec.target.kind} is not local")
    return LocalSite(spec.target.subnet)
