"""What targets and layers say of a chart that they want rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Release:
    """What to render: a chart of the lock, under which release name, where, with which values."""

    chart: str
    name: str
    namespace: str
    values: Mapping[str, Any]


class Renderer(Protocol):
    """Turns a release into objects, CRDs included."""

    def __call__(self, release: Release) -> Sequence[Object]:
        """The objects of a release."""
        ...
