"""What the operator and its webhooks may do: read everywhere what they look at, make pods in tenants' namespaces alone.

Upstream's one role, which it has where its applications are, is cut in two. It reads everywhere, for its caches are of
the whole cluster; it makes things only where a tenant is, by a binding that comes and goes with the tenant.

Left out of upstream's: ingresses and Services of drivers' web pages, since the way into a cluster is the platform's;
sessions for remote clients (SparkConnect), whose servers wait in no queue; quotas, which the API server itself keeps;
pods for the webhooks, which look at none but those that they are asked about.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import ADMISSION, EVENTS, READ, binding, role, rule
from fairlead.layers.spark.place import (
    CERTIFICATES,
    GROUP,
    KINDS,
    LOCK,
    OPERATOR,
    WEBHOOK,
    account,
    metadata,
)

EVERYWHERE, HOOKS, IN_TENANTS = (
    "fairlead:spark:everywhere",
    "fairlead:spark:webhooks",
    "fairlead:spark:tenants",
)
"""Names of ClusterRoles: of the operator, of the webhooks, and of the operator in each tenant's namespace."""


def everywhere() -> list[dict[str, Any]]:
    """Of the operator in the whole cluster."""
    return [
        rule(("",), ("pods", "services", "configmaps", "namespaces"), READ),
        rule((GROUP,), (*KINDS, "sparkconnects"), READ),
    ]


def in_tenants() -> list[dict[str, Any]]:
    """Of the operator in a tenant's namespace: what Spark's own program makes, which applies a driver's ConfigMap and
    Service, and the applications that are made by the clock or have had their time."""
    return [
        rule(("",), ("pods",), ("create", "delete")),
        rule(("",), ("services",), ("create", "patch")),
        rule(("",), ("configmaps",), ("create", "update", "patch")),
        rule((GROUP,), ("sparkapplications",), ("create", "delete")),
        rule((GROUP,), [f"{kind}/status" for kind in KINDS], ("update",)),
        # Who names an owner that its end waits for must be one who may delay that end.
        rule((GROUP,), [f"{kind}/finalizers" for kind in KINDS], ("update",)),
        EVENTS,
    ]


def of_webhooks() -> list[dict[str, Any]]:
    """Of the webhooks in the whole cluster: the applications of pods, and the two objects that hold their authority."""
    kinds = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
    return [
        rule((GROUP,), ("sparkapplications",), READ),
        rule((ADMISSION.partition("/")[0],), kinds, (*READ, "update"), (WEBHOOK,)),
    ]


def own(name: str) -> list[dict[str, Any]]:
    """In their own namespace: of the operator who leads, of the webhooks their certificate."""
    leases, secrets = ("coordination.k8s.io", "leases", LOCK), ("", "secrets", CERTIFICATES)
    group, kind, one = leases if name == OPERATOR else secrets
    made, kept = rule((group,), (kind,), ("create",)), rule((group,), (kind,), ("get", "update"), (one,))
    return [made, kept, *([EVENTS] if name == OPERATOR else [])]


def objects() -> list[Object]:
    """Roles, and the bindings that do not lie in a tenant's namespace; the accounts are the chart's."""
    return [
        role({"name": EVERYWHERE}, everywhere()),
        role({"name": HOOKS}, of_webhooks()),
        role({"name": IN_TENANTS}, in_tenants()),
        binding({"name": EVERYWHERE}, ("ClusterRole", EVERYWHERE), [account(OPERATOR)]),
        binding({"name": HOOKS}, ("ClusterRole", HOOKS), [account(WEBHOOK)]),
        *(one for name in (OPERATOR, WEBHOOK) for one in _at_home(name)),
    ]


def _at_home(name: str) -> list[Object]:
    return [
        role(metadata(name), own(name)),
        binding(metadata(name), ("Role", name), [account(name)]),
    ]
