"""How pods share one accelerator: a word, or a map of one key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, PlainSerializer

from fairlead.spec.base import Model, Text

WORDS = ("none", "dra")
KEYS = ("mig", "time-slicing", "mps")
Slices = Annotated[int, Field(ge=2, le=64, strict=True)]


class Mig(Model):
    """Each accelerator is cut in hardware, for good, by one profile or a mix of several."""

    mig: Annotated[dict[Text, Annotated[int, Field(ge=1, le=7, strict=True)]], Field(min_length=1)]
    """MIG profile -> how many of it on each accelerator, for example {1g.10gb: 7}."""


class TimeSlicing(Model):
    """Pods take turns on one accelerator. They share its memory, and nothing holds them apart."""

    replicas: Annotated[Slices, Field(alias="time-slicing")]
    """Pods on one accelerator."""


class Mps(Model):
    """Pods run at the same time on one accelerator, each with an even part of its memory."""

    replicas: Annotated[Slices, Field(alias="mps")]
    """Pods on one accelerator."""


Sharing = Literal["none", "dra"] | Mig | TimeSlicing | Mps


def _read(value: Any) -> Any:
    if isinstance(value, (Mig, TimeSlicing, Mps)) or value in WORDS:
        return value
    entry = dict(cast("Mapping[Any, Any]", value)) if isinstance(value, Mapping) else dict[Any, Any]()
    if len(entry) != 1 or next(iter(entry)) not in KEYS:
        keys = ", ".join(KEYS)
        raise ValueError(f"must be one of {', '.join(WORDS)}, or a map with one of the keys {keys}")
    key, given = next(iter(entry.items()))
    if key == "mig" and isinstance(given, str):
        raise ValueError("mig must be a map PROFILE: COUNT, for example {1g.10gb: 7}")
    return {"mig": Mig, "time-slicing": TimeSlicing, "mps": Mps}[key].model_validate(entry)


def _written(value: Sharing) -> Any:
    return value if isinstance(value, str) else value.model_dump(by_alias=True)


SharingField = Annotated[Sharing, BeforeValidator(_read), PlainSerializer(_written)]
