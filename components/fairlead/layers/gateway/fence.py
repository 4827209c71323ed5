"""Who calls whom: everybody who reaches them calls the proxies, they call pods of tenants and the controller."""

from __future__ import annotations

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.gateway.place import (
    CONTROLLERS,
    GROUP,
    METRICS,
    OWN,
    PROXIES,
    PROXY_HTTP,
    PROXY_HTTPS,
    PROXY_METRICS,
    XDS,
)
from fairlead.layers.objects import MONITORING, WRITE, closed, door, members, pods_of, rule
from fairlead.plan.gateway_model import NAMESPACE
from fairlead.plan.model import TenantPlan

MEMBERS = "fairlead-gateway"
GATEWAY = pods_of(NAMESPACE, PROXIES)
"""The proxies, as a policy's peer in other namespaces."""


def objects() -> list[Object]:
    """Of the layer's namespace. Egress stays open: proxies call whatever routes name."""
    proxies = {"podSelector": {"matchLabels": dict(PROXIES)}}
    return [
        closed("default-deny", NAMESPACE, {}),
        closed("controller", NAMESPACE, CONTROLLERS, [door(XDS, [proxies]), door(METRICS, [MONITORING])]),
        closed(
            "proxies",
            NAMESPACE,
            PROXIES,
            [door(PROXY_HTTP), door(PROXY_HTTPS), door(PROXY_METRICS, [MONITORING])],
        ),
    ]


def of_tenant(tenant: TenantPlan) -> list[Object]:
    """The gateway reaches pods of the tenant: it calls those that a route of the tenant names. Members write routes."""
    opened = closed("gateway", tenant.namespace, {}, [{"from": [GATEWAY]}])
    rules = [
        rule((GROUP,), ("httproutes", "grpcroutes"), WRITE),
        rule((OWN,), ("backendtrafficpolicies", "securitypolicies"), WRITE),
    ]
    return [
        {**opened, "metadata": {**opened["metadata"], "labels": {labels.TENANT: tenant.name}}},
        *members(tenant, MEMBERS, rules),
    ]
