"""Series that alerts alone ask for: errors of NVIDIA's accelerators by number, and failed calls by route."""

from __future__ import annotations

from collections.abc import Set

from fairlead import series
from fairlead.layers.monitoring.promql import Record, by, joined, renamed
from fairlead.plan.monitoring_model import MonitoringPlan

XID = "fairlead:device_xid:info"
"""1 for the last XID of each accelerator, its number a label: until another comes, or the exporter ends."""
NEW_XID = "fairlead:device_new_xid:info"
"""Those of the last quarter of an hour."""
WINDOWS = ("5m", "30m", "1h", "6h", "3d")
"""Times over which failed calls are held against all."""
ROUTES = 'envoy_cluster_name=~"httproute/.+"'
"""What tenants serve. How a call of gRPC ended is not in its code of HTTP: routes of gRPC are left out."""


def requests(window: str) -> str:
    """Calls a second that have been answered, by route: namespace, route."""
    return f"fairlead:endpoint_requests:rate{window}"


def errors(window: str) -> str:
    """The part of them whose answer was of the 500s, 0 to 1: namespace, route."""
    return f"fairlead:endpoint_errors:ratio{window}"


def records(plan: MonitoringPlan, layers: Set[str]) -> list[Record]:
    """What is recorded for alerts. layers: those that run."""
    nvidia = any(row.name == "NVIDIA" for row in plan.readings)
    return [*(_xids() if nvidia else ()), *(_endpoints() if "gateway" in layers else ())]


def _xids() -> list[Record]:
    last = 'count_values without () ("xid", DCGM_FI_DEV_XID_ERRORS > 0)'
    # Whoever has the accelerator next has not brought it about.
    new = f"{XID} unless on (node, device, xid) {XID} offset 15m"
    # Counts of five minutes by number, where the exporter has them: one that comes again is seen too.
    counted = 'DCGM_EXP_XID_ERRORS_COUNT{xid!~"|0"} > 0'
    return [Record(XID, _device(last)), Record(NEW_XID, f"({new}) or {_device(counted)}")]


def _device(expression: str) -> str:
    """By accelerator, its pool, and the pod that holds it."""
    words = {"device": "UUID", "model": "modelName", "namespace": "exported_namespace", "pod": "exported_pod"}
    plain = by(
        expression, ("node", "UUID", "modelName", "exported_namespace", "exported_pod", "xid"), "group"
    )
    kept = ("node", "device", "model", "namespace", "pod", "xid")
    return joined(by(renamed(plain, words), kept), ("node",), series.NODE, ("pool",))


def _endpoints() -> list[Record]:
    return [
        *(Record(requests(window), _answered(window)) for window in WINDOWS),
        *(Record(errors(window), _failed(window)) for window in WINDOWS),
    ]


def _failed(window: str) -> str:
    """Envoy makes a counter when it first counts: a route that never failed has none of failures."""
    failures = _answered(window, ', envoy_response_code_class="5"')
    return f"({failures} or {requests(window)} * 0) / {requests(window)}"


def _answered(window: str, more: str = "") -> str:
    rate = f"sum by (envoy_cluster_name) (rate(envoy_cluster_upstream_rq_xx{{{ROUTES}{more}}}[{window}]))"
    for label, part in (("namespace", "httproute/([^/]+)/.+"), ("route", "httproute/[^/]+/([^/]+)/.+")):
        rate = f'label_replace({rate}, "{label}", "$1", "envoy_cluster_name", "{part}")'
    return by(rate, ("namespace", "route"), "sum")
