"""What several dashboards ask for in the same words."""

from __future__ import annotations

from dashboards.board import Variable
from fairlead import labels, series
from fairlead.layers.monitoring.names import told
from fairlead.layers.monitoring.promql import by, joined

IDLE = 900
"""Seconds without use after which an accelerator, or a node that nobody holds, is worth a look."""
POOL = Variable("pool", "Pool", series.NODE)
NODE = Variable("node", "Node", f'{series.NODE}{{pool=~"$pool"}}')
OF_TENANTS = f'kube_namespace_labels{{{told(labels.TENANT)}!=""}}'
TENANT = Variable(told(labels.TENANT), "Tenant", OF_TENANTS, "tenant")
NAMESPACE = Variable("namespace", "Namespace", OF_TENANTS)
JOB = Variable(
    "training_job", "Job", f'{series.POD}{{namespace=~"$namespace", training_job!=""}}', name="job"
)
_ROUTE = ".+route/([^/]+/[^/]+)/rule/.+"
"""How Envoy Gateway names what a rule of a route leads to, with namespace and name of the route."""


def or_none(expression: str) -> str:
    """A count that is 0 where there is nothing to count, which has no series."""
    return f"{expression} or vector(0)"


def idle(selector: str = "", by_labels: str = "") -> str:
    """How many accelerators pods hold and have not used for a while."""
    return f"count {by_labels} ({series.ACCELERATOR_IDLE}{{{selector}}} > {IDLE})".replace("  ", " ")


def on_pools(expression: str) -> str:
    """What is said of nodes, of the chosen ones of pools, with their pool."""
    return joined(f"({expression})", ("node",), f'{series.NODE}{{pool=~"$pool", node=~"$node"}}', ("pool",))


def of_job(expression: str) -> str:
    """What is said of pods, of those of the chosen jobs."""
    chosen = f'{series.POD}{{namespace=~"$namespace", training_job=~"$job", training_job!=""}}'
    return f"{expression} and on (namespace, pod) {chosen}"


def of_tenant(expression: str) -> str:
    """What is said of pods, of those in the namespaces of the chosen tenants."""
    chosen = f'kube_namespace_labels{{{told(labels.TENANT)}=~"$tenant", {told(labels.TENANT)}!=""}}'
    return f"{expression} and on (namespace) {chosen}"


def by_route(expression: str, *more: str) -> str:
    """What Envoy says of clusters, summed by the route that leads to them: `NAMESPACE/NAME`."""
    named = f'label_replace({expression}, "route", "$1", "envoy_cluster_name", "{_ROUTE}")'
    return by(named, ("route", *more), "sum")


def to_tenants(metric: str, *more: str) -> str:
    """One of Envoy's series, of what routes in the chosen namespaces lead to."""
    chosen = ['envoy_cluster_name=~".+route/($namespace)/[^/]+/rule/.+"', *more]
    return f"{metric}{{{', '.join(chosen)}}}"
