"""A week of a small fleet as its Prometheus would have it: three pools, four tenants, always the same.

A look every five minutes. Jobs arrive, wait for room, hold accelerators, use them or not, and end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import pi, sin
from random import Random

from fairlead import series

START = 1_795_392_000
"""Monday 2026-11-23 00:00 UTC."""
LOOK, HOUR, DAY = 300, 3600, 86_400
END = START + 7 * DAY
TIMES = range(START + LOOK, END + 1, LOOK)
POOLS: Mapping[str, tuple[str, int, int, float]] = {
    "a100": ("A100-80GB", 3, 8, 14.7),
    "h100": ("H100", 4, 8, 32.8),
    "l4": ("L4", 12, 1, 0.81),
}
"""Pool -> accelerator, nodes at the most, accelerators of a node, USD an hour of a node."""
GROWING = "l4"
TENANTS = ("research", "search", "speech", "vision")
Labels = tuple[tuple[str, str], ...]
Point = tuple[int, float]


@dataclass
class Job:
    """Work that holds accelerators from `began` to `ended`."""

    tenant: str
    name: str
    stage: str
    pool: str
    count: int
    arrives: int
    takes: int
    busy: float
    """How busy its accelerators are when it works."""
    rests: tuple[int, int] = (0, 0)
    """From when to when after its beginning it does nothing, in seconds."""
    serves: bool = False
    began: int = 0

    @property
    def ended(self) -> int:
        return self.began + self.takes

    def holds(self, at: int) -> bool:
        return bool(self.began) and self.began <= at < self.ended


def jobs() -> list[Job]:
    """All of the week, by their arrival."""
    rng, found = Random(20_261_123), list(_standing())
    for day in range(-1, 7):
        weekend = (START // DAY + day + 3) % 7 >= 5
        found += [_job(rng, day, number) for number in range(6 if weekend else 13)]
    return sorted(found, key=lambda one: (one.arrives, one.name))


def _standing() -> Iterator[Job]:
    """What runs all week, and what somebody forgot."""
    for tenant, count in (("search", 3), ("speech", 2)):
        yield Job(tenant, f"{tenant}-api", "inference", "l4", count, START - DAY, 8 * DAY, 0.6, serves=True)
    hangs = START + 5 * DAY + 2 * HOUR
    yield Job(
        "vision",
        "pretrain-v4",
        "training",
        "h100",
        16,
        hangs - 9 * HOUR,
        55 * HOUR,
        0.94,
        (9 * HOUR, 55 * HOUR),
    )
    yield Job("search", "ranker-large", "training", "h100", 24, END - 7 * HOUR, 9 * HOUR, 0.9)
    for day in range(5):
        came = START + day * DAY + 9 * HOUR
        yield Job(
            "research", f"notebook-{day + 1}", "testing", "a100", 2, came, 9 * HOUR, 0.35, (HOUR, 7 * HOUR)
        )


def _job(rng: Random, day: int, number: int) -> Job:
    pick, size, when, long, use = (rng.random() for _ in range(5))
    tenant = TENANTS[int(pick * 4)]
    pool = "h100" if use > 0.45 else "a100"
    count = (4, 8, 8, 16)[int(size * 4)]
    arrives = START + day * DAY + int((7 + 12 * when) * HOUR) // LOOK * LOOK
    takes = int((2 + 11 * long**2) * HOUR) // LOOK * LOOK
    loads = (0, int((600 + 2400 * use) // LOOK * LOOK))
    return Job(
        tenant,
        f"{('train', 'tune', 'embed')[number % 3]}-{day + 2}{number}",
        "training",
        pool,
        count,
        arrives,
        takes,
        0.55 + 0.42 * use,
        loads,
    )


def placed(found: Sequence[Job]) -> list[Job]:
    """With the times at which they began: first come, first served, and whoever fits goes ahead."""
    free = {pool: nodes * each for pool, (_, nodes, each, _) in POOLS.items()}
    waiting, running, later = list[Job](), list[Job](), list(found)
    for at in range(START - DAY, END, LOOK):
        for one in [job for job in running if job.ended <= at]:
            running.remove(one)
            free[one.pool] += one.count
        while later and later[0].arrives <= at:
            waiting.append(later.pop(0))
        for one in list(waiting):
            if one.count <= free[one.pool]:
                free[one.pool] -= one.count
                one.began = at
                waiting.remove(one)
                running.append(one)
    return list(found)


@dataclass
class Week:
    """Series -> its points."""

    points: dict[tuple[str, Labels], list[Point]] = field(default_factory=dict)

    def tell(self, series_name: str, at: int, value: float, /, **labels: str) -> None:
        self.points.setdefault((series_name, tuple(sorted(labels.items()))), []).append((at, value))

    def sums(self, name: str, /, **labels: str) -> float:
        """Of all values of a series' name with these labels, each for the time of a look, in hours."""
        wanted = set(labels.items())
        found = (
            points for (one, given), points in self.points.items() if one == name and wanted <= set(given)
        )
        return sum(value for points in found for _, value in points) * LOOK / HOUR

    def openmetrics(self) -> str:
        """As promtool reads it."""
        lines: list[str] = []
        for (name, labels), points in sorted(self.points.items()):
            told = ",".join(f'{label}="{value}"' for label, value in labels)
            lines += [f"{name}{{{told}}} {value:g} {at}" for at, value in points]
        return "\n".join([*lines, "# EOF\n"])


def week() -> Week:
    """All of it."""
    told, found = Week(), placed(jobs())
    l4: list[int] = []
    for at in TIMES:
        holding = [job for job in found if job.holds(at)]
        _pools(told, at, holding, l4)
        _tenants(told, at, holding)
        _queue(told, at, found)
    for one in found:
        _accelerators(told, one)
    return told


def _pools(told: Week, at: int, holding: Sequence[Job], l4: list[int]) -> None:
    for pool, (accelerator, nodes, each, price) in POOLS.items():
        held = sum(job.count for job in holding if job.pool == pool)
        there = nodes
        if pool == GROWING:
            # Nodes go half an hour after the last that needed them, and more come in working hours.
            busy = 3 * (8 <= at % DAY // HOUR < 19)
            l4.append(held + busy)
            there = min(nodes, max(6, *l4[-6:]))
        of = {"pool": pool, "accelerator": accelerator}
        for number in range(there):
            told.tell(series.NODE, at, 1, node=f"{pool}-{number}", **of)
        told.tell(series.POOL_ACCELERATORS, at, there * each, resource="nvidia_com_gpu", **of)
        told.tell(series.POOL_HELD, at, held, resource="nvidia_com_gpu", **of)
        told.tell(series.POOL_SPEND, at, there * price, pool=pool)


def _tenants(told: Week, at: int, holding: Sequence[Job]) -> None:
    for tenant in TENANTS:
        told.tell("kube_namespace_labels", at, 1, namespace=tenant, label_fairlead_dev_tenant=tenant)
        for pool, (accelerator, _, each, price) in POOLS.items():
            mine = [job for job in holding if (job.tenant, job.pool) == (tenant, pool)]
            for stage in sorted({job.stage for job in mine}):
                held = sum(job.count for job in mine if job.stage == stage)
                of = {"tenant": tenant, "pool": pool, "accelerator": accelerator, "stage": stage}
                told.tell(series.TENANT_HELD, at, held, resource="nvidia_com_gpu", **of)
            if mine:
                cost = price / each * sum(job.count for job in mine)
                told.tell(series.TENANT_SPEND, at, round(cost, 4), tenant=tenant, pool=pool)


def _queue(told: Week, at: int, found: Sequence[Job]) -> None:
    for tenant in TENANTS:
        mine = [job for job in found if job.tenant == tenant]
        waiting = [job for job in mine if job.arrives <= at and not (job.began and job.began <= at)]
        for job in waiting:
            of = {"namespace": tenant, "tenant": tenant, "queue": job.stage, "name": f"job-{job.name}"}
            told.tell(
                series.WORKLOAD_WAITING, at, at - job.arrives, owner=job.name, owner_kind="TrainJob", **of
            )
        for status, count in (("active", len(waiting)), ("inadmissible", 0)):
            told.tell("kueue_pending_workloads", at, count, cluster_queue=tenant, status=status)
        gone = [job for job in mine if job.began and job.began <= at]
        waits = sum(job.began - job.arrives for job in gone)
        told.tell("kueue_admission_wait_time_seconds_count", at, len(gone), cluster_queue=tenant)
        told.tell("kueue_admission_wait_time_seconds_sum", at, waits, cluster_queue=tenant)


def _accelerators(told: Week, job: Job) -> None:
    rng = Random(sum(ord(letter) for letter in job.name) * 1009 + job.count)
    last = [job.began] * job.count
    for at in TIMES:
        if not job.holds(at):
            continue
        for number in range(job.count):
            busy = _busy(job, at, rng.random())
            last[number] = at if busy > 0.01 else last[number]
            of = {
                "namespace": job.tenant,
                "tenant": job.tenant,
                "pod": f"{job.name}-{number // 8}",
                "device": f"GPU-{job.name}-{number}",
                "pool": job.pool,
                "stage": job.stage,
                "workload": job.name if job.serves else f"{job.name}-node-0",
                **({} if job.serves else {"training_job": job.name}),
            }
            told.tell(series.ACCELERATOR_UTILIZATION, at, busy, **of)
            told.tell(series.ACCELERATOR_IDLE, at, at - last[number], **of)


def _busy(job: Job, at: int, chance: float) -> float:
    since, (rests, works) = at - job.began, job.rests
    if rests <= since < works:
        return 0.0
    load = job.busy
    if job.serves:
        load *= 0.55 + 0.45 * sin(2 * pi * (at % DAY / DAY - 0.375))
    return round(min(max(load - 0.12 * chance**2, 0.0), 1.0), 3)
