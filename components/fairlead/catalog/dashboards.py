"""The dashboards that the product comes with, as Grafana reads them. `tools/dashboards` makes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources import files

NEEDS: Mapping[str, str] = {
    "fleet": "",
    "pool": "",
    "tenant": "",
    "job": "",
    "serving": "gateway",
    "queue": "queue",
    "cost": "",
    "node-health": "",
}
"""Dashboard -> the layer that tells what it shows; empty where every cluster with metrics has that."""


def text(name: str) -> str:
    """A dashboard, in JSON. Raises FileNotFoundError for no such one."""
    return files("fairlead.catalog").joinpath("data", "dashboards", f"{name}.json").read_text("utf-8")


def of(layers: Collection[str]) -> list[str]:
    """Those that show something where these layers run."""
    return [name for name, layer in NEEDS.items() if not layer or layer in layers]
