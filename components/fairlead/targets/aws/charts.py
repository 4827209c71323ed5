"""The charts that only this target has, added to the renderer that was handed in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from fairlead.catalog import lock
from fairlead.contract.chart import Renderer
from fairlead.tools import charts
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

OWN = ("karpenter", "karpenter-crd")


def with_own(render: Renderer) -> Renderer:
    """A renderer that has these charts too; fetches what is missing."""
    known: Any = render
    if all(name in known.charts for name in OWN):
        return render
    found = charts.ensure(OWN, Cache.default(), Progress(mode="quiet"))
    versions = {name: lock.charts()[name].version for name in OWN}
    return cast(
        "Renderer",
        replace(known, charts={**known.charts, **found}, versions={**known.versions, **versions}),
    )
