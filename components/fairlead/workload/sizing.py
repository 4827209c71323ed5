"""What a workload holds and where it may stand, by its accelerators: the same on every target.

Jobs and models say it in the same words; what it becomes depends on them and the catalogue alone.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Protocol

from fairlead import labels
from fairlead.catalog.model import Catalog
from fairlead.errors import InputError, Problem
from fairlead.plan import sharing
from fairlead.plan.sharing import Asked
from fairlead.values import Accelerators, cpu_text, memory_text, quantity
from fairlead.workload import silence

PLAIN_CPU = "1"
PLAIN_MEMORY = "1Gi"
MEBI = 1024 * 1024

Object = dict[str, Any]


class Sized(Protocol):
    """What says how much it needs."""

    @property
    def name(self) -> str:
        """By which it is told apart."""
        ...

    @property
    def accelerators(self) -> Accelerators | None:
        """Of each of its pods."""
        ...

    @property
    def cpus(self) -> str | None:
        """Cores of each of its pods; None for the catalogue's share per accelerator."""
        ...

    @property
    def memory(self) -> str | None:
        """Likewise."""
        ...


def read_catalog() -> Catalog:
    """The catalogue of this product."""
    from fairlead.catalog.read import load

    return load()


def accelerator(of: Sized, root: str, catalog: Catalog) -> Asked | None:
    """Its accelerator, or share of one, in the catalogue; None for what has none.

    root: where paths of problems begin. Raises InputError.
    """
    if of.accelerators is None:
        return None
    asked = sharing.find(of.accelerators.called, f"{root}.accelerators", catalog)
    if isinstance(asked, Problem):
        raise InputError(of.name, [asked])
    return asked


def resources(of: Sized, asked: Asked | None, catalog: Catalog) -> Object:
    """Requests and limits of the container that does the work."""
    count = of.accelerators.count if of.accelerators else 0
    own = {"cpu": of.cpus, "memory": of.memory}
    requests = {**amounts(asked, count, catalog), **{name: said for name, said in own.items() if said}}
    # Cores may be exceeded while they idle; memory and accelerators cannot be taken back.
    return {"requests": requests, "limits": {k: v for k, v in requests.items() if k != "cpu"}}


def amounts(asked: Asked | None, count: int, catalog: Catalog) -> dict[str, str]:
    """What a node with so many of these asks for where nothing else is said.

    Accelerators that pods claim are not among it: the claim stands in the runtime.
    """
    if asked is None:
        return {"cpu": PLAIN_CPU, "memory": PLAIN_MEMORY}
    share = sharing.part(asked, catalog) * count
    return {
        "cpu": cpu_text(quantity(asked.row.job_cpu) * share),
        "memory": memory_text(Fraction(quantity(asked.row.job_memory) * share // MEBI * MEBI)),
        **({} if asked.claimed else {asked.row.resource: str(count)}),
    }


def placement(asked: Asked | None, catalog: Catalog) -> Object:
    """Which nodes a pod may stand on."""
    # On every target the same: a target that puts taints on some of its nodes by itself has rows for them.
    tolerated = [
        {"key": one.key, "operator": "Equal", "value": one.value, "effect": one.effect}
        for one in catalog.taints.values()
    ]
    tolerated += silence.tolerations()
    if asked is None:
        return {"tolerations": tolerated}
    share = {"key": labels.SHARE, "operator": "Equal", "value": asked.share, "effect": "NoSchedule"}
    return {
        # Accelerators and their shares have one resource name: the name in the catalogue tells them apart.
        "nodeSelector": {labels.ACCELERATOR: sharing.node_value(asked.name)},
        "tolerations": [
            {"key": asked.row.resource, "operator": "Exists", "effect": "NoSchedule"},
            *([share] if asked.share else []),
            *tolerated,
        ],
    }
