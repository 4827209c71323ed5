"""What only one target has: each module checks its own part of a spec and plans it.

A site module has `check(target, pools, choices, catalog)`, every problem that this target alone
knows, and `site(spec, pools, catalog)`, what its builder needs beside the pools. Both are pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan.machines import Choice
from fairlead.plan.model import PoolPlan, Site
from fairlead.spec.model import Platform
from fairlead.spec.pool import Pool
from fairlead.spec.targets import KINDS, AnyTarget


class SiteModule(Protocol):
    """One target's part of the plan."""

    def check(
        self,
        target: AnyTarget,
        pools: Mapping[int, Pool],
        choices: Mapping[int, Choice],
        catalog: Catalog,
    ) -> Iterator[Problem]:
        """Every problem of the target's own settings and of pools on this target.

        pools: sound pools by their place in the list; choices: the machines of those that got one.
        """
        ...

    def site(self, spec: Platform, pools: Sequence[PoolPlan], catalog: Catalog) -> Site:
        """What the builder needs, for a spec that the checks have passed."""
        ...


def of(kind: str) -> SiteModule:
    """The module of a target. Raises KeyError for a target that is not known."""
    KINDS[kind]
    return cast("SiteModule", import_module(f"fairlead.plan.sites.{kind}"))
