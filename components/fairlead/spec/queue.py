"""What the queue is told: order of the stages, and how borrowers share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from fairlead.spec.base import Duration, Flag, Model, between

Stage = Literal["testing", "training", "inference"]


def _rank(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _written(stages: tuple[str, ...]) -> str | list[str]:
    """As a user writes it: one word by itself."""
    return stages[0] if len(stages) == 1 else list(stages)


_STAGE_SCHEMA: dict[str, Any] = {"type": "string", "enum": ["testing", "training", "inference"]}
Rank = Annotated[
    tuple[Stage, ...],
    BeforeValidator(_rank),
    PlainSerializer(_written),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_STAGE_SCHEMA, {"type": "array", "items": _STAGE_SCHEMA, "minItems": 1}]}),
]
"""One stage, or several that are equal."""


Wait = Annotated[Duration, between("30s", "1d", "nodes come and images load in that time")]
"""How long a gang may be without all of its pods."""


class PodsReady(Model):
    """A gang that does not come whole gives its place back, and is queued again behind the others."""

    timeout: Wait = "30m"
    """From its admission until all of its pods are ready: nodes that come on demand and images of 20 GiB
    take their part of it."""
    recovery_timeout: Wait = "10m"
    """From the moment a running gang lost a pod until all are ready again."""


class QueueOptions(Model):
    """Choices of the queue layer."""

    priorities: tuple[Rank, ...] = (("testing",), ("training",), ("inference",))
    """Stages from the lowest to the highest; those of one list are equal. A higher one of a tenant goes first,
    and may evict a lower one."""
    fair_sharing: Flag = True
    """Tenants that borrow get equal parts by their weight; off: who asks first keeps what it has borrowed."""
    wait_for_pods_ready: PodsReady = PodsReady()
    """How long a gang holds its place without being whole."""

    @model_validator(mode="after")
    def _every_stage_once(self) -> QueueOptions:
        named = sorted(stage for rank in self.priorities for stage in rank)
        if named != ["inference", "testing", "training"]:
            raise ValueError("priorities must name testing, training and inference, each once")
        return self
