"""The dashboards, where a Grafana finds them: one that runs beside, and that this layer does not bring."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fairlead.catalog import dashboards
from fairlead.contract.chart import Object
from fairlead.layers.monitoring.place import metadata

MARK: Mapping[str, str] = {"grafana_dashboard": "1"}
"""What the sidecar of Grafana's chart looks for: the label by charts/grafana/values.yaml of
github.com/grafana/helm-charts, any value; this value by charts/kube-prometheus-stack of
github.com/prometheus-community/helm-charts, 2026-11-30."""


def objects(layers: Collection[str]) -> list[Object]:
    """A ConfigMap for each dashboard that shows something where these layers run."""
    return [_object(name) for name in dashboards.of(layers)]


def _object(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**metadata(f"dashboard-{name}"), "labels": dict(MARK)},
        # Every file lies in one folder of the sidecar, with those of others.
        "data": {f"fairlead-{name}.json": dashboards.text(name)},
    }
