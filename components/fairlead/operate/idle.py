"""What lies idle: accelerators that somebody holds and does not use, and nodes that nobody holds anything of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from fairlead import series
from fairlead.operate.prometheus import Prometheus, Sample
from fairlead.spec.table import table
from fairlead.values import rough


@dataclass(frozen=True)
class IdleWork:
    """Accelerators of one piece of work on one node that have done nothing for a while."""

    tenant: str
    work: str
    """Name of the job, service or notebook."""
    stage: str
    pool: str
    node: str
    accelerator: str
    idle: int
    """How many."""
    held: int
    """How many of it are told of on this node, the busy ones too."""
    seconds: int
    """For how long the first of them has done nothing."""


@dataclass(frozen=True)
class EmptyNode:
    """A node with accelerators of which no pod holds any."""

    node: str
    pool: str
    accelerator: str
    seconds: int


@dataclass(frozen=True)
class Found:
    """All that lies idle for at least so long, the longest first."""

    over: int
    """Seconds."""
    work: tuple[IdleWork, ...]
    nodes: tuple[EmptyNode, ...]
    told: int
    """Accelerators of pods that somebody tells of; 0: nobody can say that one is idle."""


def find(prometheus: Prometheus, over: int) -> Found:
    """What has been idle for at least so many seconds. Raises FairleadError."""
    held = prometheus.query(series.ACCELERATOR_IDLE)
    empty = prometheus.query(f"{series.NODE_EMPTY} >= {over}")
    nodes = [
        EmptyNode(one.label("node"), one.label("pool"), one.label("accelerator"), int(one.value))
        for one in empty
    ]
    return Found(
        over,
        tuple(sorted(_work(held, over), key=lambda one: (-one.seconds, one.tenant, one.work, one.node))),
        tuple(sorted(nodes, key=lambda one: (-one.seconds, one.node))),
        len(held),
    )


def _work(held: Sequence[Sample], over: int) -> Iterable[IdleWork]:
    for (tenant, work, stage, pool, node, accelerator), group in groupby(sorted(held, key=_key), _key):
        found = list(group)
        idle = [one for one in found if one.value >= over]
        if idle:
            longest = int(max(one.value for one in idle))
            yield IdleWork(tenant, work, stage, pool, node, accelerator, len(idle), len(found), longest)


def _key(one: Sample) -> tuple[str, str, str, str, str, str]:
    return (
        one.label("tenant") or one.label("namespace"),
        one.label("training_job") or one.label("workload") or one.label("pod"),
        one.label("stage"),
        one.label("pool"),
        one.label("node"),
        one.label("accelerator"),
    )


def told(found: Found) -> list[str]:
    """The result in lines for people."""
    lines: list[str] = []
    if found.work:
        head = ("idle", "tenant", "work", "stage", "pool", "node", "accelerators")
        rows = [
            (
                rough(one.seconds),
                one.tenant,
                one.work,
                one.stage or "-",
                one.pool,
                one.node,
                f"{one.idle} of {one.held} {one.accelerator}",
            )
            for one in found.work
        ]
        lines += table(head, rows, indent="")
    elif found.told:
        lines.append(
            f"of {found.told} accelerators that are held, none has been idle for {rough(found.over)}"
        )
    else:
        lines.append(
            "no exporter tells of an accelerator that somebody holds: see docs/monitoring.md, Accelerators"
        )
    if found.nodes:
        rows = [(rough(one.seconds), one.pool, one.node, one.accelerator) for one in found.nodes]
        lines += ["", *table(("empty", "pool", "node", "accelerator"), rows, indent="")]
    return [line.rstrip() for line in lines]
