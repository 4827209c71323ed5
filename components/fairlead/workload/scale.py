"""How a service scales, as its user says it: how many replicas, and what each of them should have to do.

A service is any Deployment or StatefulSet that stands. What is asked of it is counted in front of its pods
(requests, queue) or read from them (accelerators); contract rule C8 has the names. Or it is wanted at certain times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from fairlead.errors import Problem
from fairlead.spec.base import Duration, Model, Name, between
from fairlead.values import seconds
from fairlead.workload.schedule import Schedule

MAX_REPLICAS = 1000
LONGEST_STABLE = 3600
"""Seconds: an HPA looks back no further (stabilizationWindowSeconds, autoscaling/v2)."""
DEMAND = ("requests_per_second", "concurrency", "queue_length")
"""What is counted in front of the pods: it rises while there are none, so it can wake a service from zero."""


def _number(value: Any) -> Any:
    if isinstance(value, (bool, str)):
        raise ValueError("must be a number, for example 20 or 0.5")  # noqa: TRY004 - pydantic wants ValueError
    return value


def _stable(value: str) -> str:
    if seconds(value) > LONGEST_STABLE:
        raise ValueError("must be at most 1h: the autoscaler looks back no further")
    return value


Amount = Annotated[float, BeforeValidator(_number), Field(ge=0.001, le=1_000_000)]
"""Per replica, to a thousandth: Kubernetes counts metrics no finer."""
Percent = Annotated[int, Field(ge=1, le=100, strict=True)]


class Targets(Model):
    """What each replica should have to do. Of several the one counts that wants the most replicas."""

    requests_per_second: Amount | None = None
    """Requests a second that one replica takes."""
    concurrency: Amount | None = None
    """Requests that one replica works at, or holds, at a time."""
    queue_length: Amount | None = None
    """Requests that wait for each replica."""
    accelerator_utilization: Percent | None = None
    """How busy the accelerators of all replicas are on average, in percent."""
    accelerator_memory: Percent | None = None
    """How full the memory of their accelerators is on average, in percent. Only for servers that take memory as
    they need it: most take it all at the start, and would grow to `max`."""

    @property
    def said(self) -> dict[str, float]:
        """The targets that are set, in the order of their fields."""
        return {name: value for name, value in self if value is not None}


ROOT = "scale"
"""Paths of problems begin with it."""


class Scaling(Model):
    """Between how many replicas something scales, and by what."""

    min: Annotated[int, Field(ge=0, le=MAX_REPLICAS, strict=True)] = 1
    """Fewest replicas; 0 lets it sleep when nobody asks for it."""
    max: Annotated[int, Field(ge=1, le=MAX_REPLICAS, strict=True)]
    """Most replicas: accelerators cost money, so there is no default."""
    targets: Targets = Field(default_factory=Targets)
    """What each replica should have to do; at least one, or a schedule."""
    schedule: Schedule | None = None
    """Times at which more of them run, whoever asks."""
    scale_down_after: Annotated[Duration, AfterValidator(_stable)] = "5m"
    """It shrinks to the most that was needed within this time: a short lull takes no replica away."""
    idle_after: Annotated[Duration, between("1s", "1d")] | None = None
    """With min 0: how long nobody asks before the last replicas go; left out, 10m."""

    @property
    def idle_seconds(self) -> int:
        """How long nobody asks before it sleeps."""
        return seconds(self.idle_after or "10m")

    def conflicts(self, root: str = ROOT) -> Iterator[Problem]:
        """What does not fit together; nothing for a good scale. root: where the paths of problems begin."""
        yield from _bounds(self, root)
        yield from _no_target(self, root)
        yield from _never_wakes(self, root)
        yield from _never_idle(self, root)
        yield from _beyond_bounds(self, root)


class ServiceScale(Scaling):
    """Scales one service between `min` and `max`."""

    kind: Literal["ServiceScale"] = "ServiceScale"
    """What this document is."""
    name: Name
    """Unique among the tenant's scales; also the service's name, unless `workload` says another."""
    tenant: Name
    """Whose service it is: its namespace."""
    workload: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)] | None = None
    """Name of the Deployment or StatefulSet; left out, `name`."""
    workload_kind: Literal["Deployment", "StatefulSet"] = "Deployment"
    """What it is."""

    @property
    def workload_name(self) -> str:
        """Name of what is scaled."""
        return self.workload or self.name


def _bounds(scale: Scaling, root: str) -> Iterator[Problem]:
    if scale.min > scale.max:
        fix = "raise max or lower min"
        yield Problem(f"{root}.max", "max is below min", str(scale.max), f"at least {scale.min}", fix)


def _no_target(scale: Scaling, root: str) -> Iterator[Problem]:
    if not scale.targets.said and scale.schedule is None:
        allowed = ", ".join(Targets.model_fields)
        fix = "say at least one, for example concurrency: 8; or a schedule"
        yield Problem(f"{root}.targets", "nothing tells how many replicas are needed", "{}", allowed, fix)


def _never_wakes(scale: Scaling, root: str) -> Iterator[Problem]:
    """Readings of accelerators end with the last pod, and stay away: kedacore/keda#6141 waits for one in vain."""
    said = scale.targets.said
    if scale.min == 0 and said and not set(said) & set(DEMAND) and scale.schedule is None:
        what = "would sleep for ever: readings of accelerators end with the last pod, and nothing wakes it"
        fix = f"add one of {', '.join(DEMAND)}, or write min: 1"
        yield Problem(f"{root}.min", what, "0", "0 with a target that is counted in front of the pods", fix)


def _never_idle(scale: Scaling, root: str) -> Iterator[Problem]:
    if scale.min > 0 and scale.idle_after is not None:
        what = f"has no effect: at least {scale.min} of it run at any time"
        fix = "leave idle_after out, or write min: 0"
        yield Problem(f"{root}.idle_after", what, scale.idle_after, "only with min: 0", fix)


def _beyond_bounds(scale: Scaling, root: str) -> Iterator[Problem]:
    if scale.schedule is not None and not scale.min < scale.schedule.replicas <= scale.max:
        what = (
            "has no effect: as many run at any time"
            if scale.schedule.replicas <= scale.min
            else "is above max"
        )
        allowed = f"more than min, {scale.min}, and at most max, {scale.max}"
        yield Problem(f"{root}.schedule.replicas", what, str(scale.schedule.replicas), allowed)
