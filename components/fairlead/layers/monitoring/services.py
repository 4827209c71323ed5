"""Rules that count what is asked of services, in front of their pods: by the gateway's proxies, a service at a time.

Envoy names a cluster after the route, its rule, and the backend where backends have filters of their own:
internal/xds/translator of github.com/envoyproxy/gateway v1.8.3. Which Service a backend is, the route itself tells.
"""

from __future__ import annotations

from fairlead import series
from fairlead.layers.monitoring.promql import Record, by, joined, renamed
from fairlead.values import seconds

CLUSTER = "httproute/([^/]+)/([^/]+)/rule/0(?:/backend/([0-9]+))?"
"""Namespace, route, and backend where it is named."""
CHOSEN = 'envoy_cluster_name=~"httproute/.+/rule/0.*"'
OF = ("namespace", "route", "backend")


def records(interval: str) -> list[Record]:
    """What is recorded of services that the gateway leads to. A Service is called as its workload is.

    interval: how often a proxy is asked. A rate needs two answers, and one may be late.
    """
    rate = f"rate(envoy_cluster_upstream_rq_total{{{CHOSEN}}}[{max(60, 3 * seconds(interval))}s])"
    return [
        Record(series.SERVICE_REQUESTS, _of_workload(rate)),
        Record(series.SERVICE_CONCURRENCY, _of_workload(f"envoy_cluster_upstream_rq_active{{{CHOSEN}}}")),
        Record(series.SERVICE_QUEUE, _of_workload(f"envoy_cluster_upstream_rq_pending_active{{{CHOSEN}}}")),
    ]


def _of_workload(expression: str) -> str:
    """All proxies together, each backend by itself; what is of a platform's own page is of no tenant, and left out."""
    named = f'label_replace({expression}, "backend", "0", "", "")'
    for number, label in enumerate(("namespace", "route", "backend"), 1):
        named = f'label_replace({named}, "{label}", "${number}", "envoy_cluster_name", "{_with(number)}")'
    whole = by(named, OF, "sum")
    routes = by(renamed("fairlead_route_backend", {"workload": "service"}), (*OF, "workload"))
    counted = joined(whole, OF, f"({routes} ^ 0)", ("workload",))
    return by(counted, series.WORKLOAD_LABELS, "sum")


def _with(group: int) -> str:
    """The pattern; where it must not match without its last part, that part is no choice."""
    return CLUSTER if group < 3 else CLUSTER.replace(")?", ")")
