"""The charts that only this target has, added to the renderer that was handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from fairlead.catalog import lock
from fairlead.contract.chart import Renderer
from fairlead.tools import charts
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress


def with_own(render: Renderer, own: Sequence[str]) -> Renderer:
    """A renderer that has these charts too; fetches what is missing."""
    known: Any = render
    if all(name in known.charts for name in own):
        return render
    found = charts.ensure(own, Cache.default(), Progress(mode="quiet"))
    versions = {name: lock.charts()[name].version for name in own}
    return cast(
        "Renderer",
        replace(known, charts={**known.charts, **found}, versions={**known.versions, **versions}),
    )
