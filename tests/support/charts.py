"""Charts as the product renders them: the pinned helm and the pinned charts, from the cache or fetched."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from reference.gomodule import go_module

from fairlead.catalog import lock, read
from fairlead.contract.chart import Release
from fairlead.layers.chart import HelmRenderer
from fairlead.tools import charts, toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

KUBERNETES = read.load().targets["local"].kubernetes


def renderer(names: Sequence[str], kubernetes: str = KUBERNETES) -> HelmRenderer:
    """A renderer that keeps nothing from one test run to the next."""
    return _renderer(tuple(sorted(names)), kubernetes)


class Fresh(HelmRenderer):
    """Renders each release once per run of the tests and keeps nothing on the disk."""

    def __call__(self, release: Release) -> Sequence[Mapping[str, Any]]:
        key = self._key(release)
        if key not in _DONE:
            with tempfile.TemporaryDirectory(prefix="fairlead-rendered-") as kept:
                _DONE[key] = HelmRenderer.__call__(replace(self, kept=Path(kept)), release)
        return _DONE[key]


_DONE: dict[str, Sequence[Mapping[str, Any]]] = {}


@cache
def _renderer(names: tuple[str, ...], kubernetes: str) -> HelmRenderer:
    cache_dir, quiet = Cache.default(), Progress(mode="quiet")
    helm = toolchain.ensure(["helm"], cache_dir, quiet)["helm"]
    versions = {name: lock.charts()[name].version for name in names}
    return Fresh(helm, charts.ensure(names, cache_dir, quiet), versions, kubernetes, Path("/nowhere"))


def module_of(chart: str) -> Path:
    """The sources of a chart's release, as the lock pins them."""
    row = lock.charts()[chart].module
    assert row is not None
    return Path(go_module(row.query, row.sum))


def chart_values(name: str) -> Mapping[str, Any]:
    """The values.yaml that a chart of the lock comes with."""
    return _read(name, "values.yaml")


def dependency_conditions(name: str) -> set[str]:
    """Values, dotted, that switch a chart's dependencies: they need not stand in its values.yaml."""
    needs = _read(name, "Chart.yaml").get("dependencies") or []
    return {path for need in needs for path in need.get("condition", "").split(",") if path}


@cache
def _read(name: str, file: str) -> Mapping[str, Any]:
    import yaml

    folder = charts.ensure([name], Cache.default(), Progress(mode="quiet"))[name]
    return yaml.safe_load((folder / file).read_text())


@cache
def rendered(name: str) -> Sequence[Mapping[str, Any]]:
    """A chart of the lock as its authors made it: no values, no changes of ours."""
    return renderer([name])(Release(name, name, "somewhere", {}))
