"""What the training operator may do: read jobs and pods everywhere, make pods in tenants' namespaces alone.

Upstream's one role makes pods, accounts and roles in every namespace and reads every Secret. Left out of it: what
MPIJobs and PaddleJobs need, which do not run here; horizontal autoscalers, which would change a job behind its queue's
back; groups of other schedulers; all Secrets but the one of its own certificate.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.jobs_v1.place import (
    CERTIFICATE,
    GROUP,
    HOOKS,
    KINDS,
    metadata,
)
from fairlead.layers.objects import EVENTS, READ, rule
from fairlead.layers.programs import rights

CHANGE = ("update", "patch")
EVERYWHERE, IN_TENANTS = "fairlead:jobs-v1:everywhere", "fairlead:jobs-v1:tenants"
"""Names of its two roles; the second is bound in each tenant's namespace."""
HOOK_GROUP, HOOK_KIND = "admissionregistration.k8s.io", "validatingwebhookconfigurations"


def everywhere() -> list[dict[str, Any]]:
    """In the whole cluster, which its caches are of; and its own webhooks, whose certificate it makes itself."""
    return [
        rule(("",), ("pods", "services"), READ),
        rule((GROUP,), list(KINDS.values()), READ),
        rule((HOOK_GROUP,), (HOOK_KIND,), READ),
        rule((HOOK_GROUP,), (HOOK_KIND,), ("update",), (HOOKS,)),
    ]


def in_tenants() -> list[dict[str, Any]]:
    """In a tenant's namespace: pods of jobs and the names by which they find each other. It deletes old jobs."""
    kinds = list(KINDS.values())
    return [
        rule(("",), ("pods",), ("create", "patch", "delete")),
        rule(("",), ("services",), ("create", "delete")),
        rule((GROUP,), kinds, ("delete",)),
        rule((GROUP,), [f"{kind}/finalizers" for kind in kinds], ("update",)),
        rule((GROUP,), [f"{kind}/status" for kind in kinds], ("get", *CHANGE)),
        EVENTS,
    ]


def own() -> list[dict[str, Any]]:
    """In its own namespace: who leads, and its certificate. It looks at all Secrets there; there is no other."""
    return [
        rule(("coordination.k8s.io",), ("leases",), ("get", "create", "update")),
        rule(("",), ("secrets",), READ),
        rule(("",), ("secrets",), ("update",), (CERTIFICATE,)),
        EVENTS,
    ]


def objects() -> list[Object]:
    """The account, its roles, and the bindings that do not lie in a tenant's namespace."""
    return rights(metadata(), (EVERYWHERE, everywhere()), (IN_TENANTS, in_tenants()), own())
