"""What a cluster's accelerators do right now, asked from its Prometheus. None stands for what nobody tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from fairlead import labels
from fairlead.operate import usage
from fairlead.operate.prometheus import Sample

Number = float | None


class Asked(Protocol):
    """Who answers PromQL."""

    def query(self, expression: str, at: datetime | None = None) -> list[Sample]:
        """At one moment."""
        ...


@dataclass(frozen=True)
class PoolNow:
    """A pool: its nodes, and its accelerators or their shares."""

    name: str
    nodes: Number
    there: Number
    held: Number
    busy: Number
    idle: Number
    """Held, and not used for a while."""
    usd_an_hour: Number


@dataclass(frozen=True)
class TenantNow:
    """A tenant: what its pods hold, and how long its work waits."""

    name: str
    held: Number
    by_stage: Mapping[str, Number]
    idle: Number
    waiting: Number
    longest_wait: Number
    """Seconds."""
    usd_an_hour: Number


@dataclass(frozen=True)
class QueueNow:
    """A tenant's queue: workloads without their place."""

    tenant: str
    pending: Number
    stuck: Number
    """Those that are not tried before something changes."""


@dataclass(frozen=True)
class Now:
    """All of it."""

    at: datetime
    idle_after: int
    """Seconds without use after which an accelerator counts as idle."""
    pools: Sequence[PoolNow]
    tenants: Sequence[TenantNow]
    queues: Sequence[QueueNow]
    usd_an_hour: Number

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {**asdict(self), "at": self.at.isoformat(timespec="seconds")}


Told = Callable[[str, str], Mapping[str, float]]
"""Query and label -> value by the label's value."""


def read(prometheus: Asked, pools: Iterable[str], tenants: Iterable[str], idle_after: int) -> Now:
    """What is so now. pools, tenants: what is planned, shown too where nobody tells of it. Raises FairleadError."""

    def told(query: str, label: str) -> Mapping[str, float]:
        return {one.label(label): one.value for one in prometheus.query(query)}

    spend = told(usage.POOL_SPEND, "pool")
    stages = {
        (one.label("tenant"), one.label("stage")): one.value for one in prometheus.query(usage.TENANT_STAGES)
    }
    return Now(
        datetime.now(UTC),
        idle_after,
        _pools(told, spend, pools, idle_after),
        _tenants(told, stages, tenants, idle_after),
        _queues(told),
        sum(spend.values()) if spend else None,
    )


def _pools(told: Told, spend: Mapping[str, float], planned: Iterable[str], idle_after: int) -> list[PoolNow]:
    columns = [
        told(query, "pool")
        for query in (
            usage.NODES,
            usage.THERE,
            usage.HELD,
            usage.busy("pool"),
            usage.idle("pool", idle_after),
        )
    ]
    columns.append(spend)
    return [PoolNow(name, *(one.get(name) for one in columns)) for name in _names(planned, columns)]


def _tenants(
    told: Told, stages: Mapping[tuple[str, str], float], planned: Iterable[str], idle_after: int
) -> list[TenantNow]:
    held, idle = told(usage.TENANT_HELD, "tenant"), told(usage.idle("tenant", idle_after), "tenant")
    more = [told(query, "tenant") for query in (usage.WAITING, usage.LONGEST_WAIT, usage.TENANT_SPEND)]
    return [
        TenantNow(
            name,
            held.get(name),
            _by_stage(name, held.get(name), stages),
            idle.get(name),
            *(one.get(name) for one in more),
        )
        for name in _names(planned, [held, idle, *more])
    ]


def _by_stage(tenant: str, held: Number, stages: Mapping[tuple[str, str], float]) -> Mapping[str, Number]:
    """Where the sum is known a stage that is not told of has none. What is of no stage counts in the sum alone."""
    least = None if held is None else 0.0
    return {stage: stages.get((tenant, stage), least) for stage in labels.STAGES}


def _queues(told: Told) -> list[QueueNow]:
    pending, stuck = told(usage.PENDING, "tenant"), told(usage.STUCK, "tenant")
    return [QueueNow(name, pending.get(name), stuck.get(name)) for name in _names([], [pending, stuck])]


def _names(planned: Iterable[str], columns: Sequence[Mapping[str, float]]) -> list[str]:
    """Those that are planned in their order, then what else is told of."""
    return list(dict.fromkeys([*planned, *sorted({name for one in columns for name in one})]))
