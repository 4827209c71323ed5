"""This product's own choices that plans are made with. Facts about the world are in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

CAPACITY_ORDER = ("reserved", "on-demand", "flex", "spot")
"""Guaranteed quota is taken from the first of these that there is: what is paid for anyway comes first."""

PRIORITY_STEPS = (1_000, 10_000, 100_000)
"""Contract rule C6: values of the priority classes, the lowest rank of stages first."""

RESERVED_NAMES = ("default", "kube", "kubernetes", "fairlead")
RESERVED_PREFIXES = ("kube-", "fairlead-")
RESERVED_SUFFIXES = ("-system",)
"""Namespaces of Kubernetes, of controllers (kueue-system, jobset-system, …) and of this product."""

TENANT_OBJECTS: Mapping[str, str] = {
    "services.loadbalancers": "0",
    "services.nodeports": "0",
    "count/configmaps": "500",
    "count/secrets": "500",
    "count/jobs.batch": "2000",
}
"""Most objects in a tenant's namespace: no way around the gateway, no tenant fills the API server's store."""
