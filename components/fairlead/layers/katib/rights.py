"""What the controller may do: read everywhere what it looks at, make trials and their jobs in tenants' namespaces.

Upstream's one role makes jobs, deployments, roles, accounts and volumes in every namespace, reads every secret and
changes every webhook. Here it makes things only where a tenant is, by a binding that comes and goes with the tenant. It
reads everywhere, for its caches are of the whole cluster: a kind that it looks at and may not read would hold up all.

Left out of upstream's: accounts and roles, for services that stop trials early, which no restricted namespace lets in;
volumes, which no algorithm here has; secrets and webhooks, since cert-manager makes the certificate; jobs of the
training operator that Trainer has followed; jobs by the clock.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.katib.place import GROUP, PROGRAM, metadata
from fairlead.layers.objects import EVENTS, READ, rule
from fairlead.layers.programs import rights
from fairlead.plan.katib_model import CONTROLLER, NAMESPACE

CHANGE = ("update", "patch")
KINDS = ("experiments", "trials", "suggestions")
EVERYWHERE, IN_TENANTS = "fairlead:katib:everywhere", "fairlead:katib:tenants"
"""Names of its two roles; the second is bound in each tenant's namespace."""
TRAINER = "trainer.kubeflow.org"


def everywhere() -> list[dict[str, Any]]:
    """In the whole cluster. What its own kinds are marked with must come off also when a tenant's binding is gone."""
    return [
        rule(("",), ("services", "configmaps", "namespaces", "persistentvolumeclaims"), READ),
        rule(("apps",), ("deployments",), READ),
        rule(("batch",), ("jobs",), READ),
        rule((TRAINER,), ("trainjobs",), READ),
        rule((GROUP,), KINDS, (*READ, *CHANGE)),
        rule((GROUP,), [f"{kind}/finalizers" for kind in KINDS], ("update",)),
        rule((GROUP,), [f"{kind}/status" for kind in KINDS], ("get", *CHANGE)),
    ]


def in_tenants() -> list[dict[str, Any]]:
    """In a tenant's namespace: trials and their jobs, suggestions and the service that makes them."""
    made = ("create", "delete")
    return [
        rule((GROUP,), ("trials", "suggestions"), made),
        rule(("batch",), ("jobs",), made),
        rule((TRAINER,), ("trainjobs",), made),
        # Between a TrainJob and its pods.
        rule(("jobset.x-k8s.io",), ("jobsets",), ("get",)),
        rule(("apps",), ("deployments",), made),
        rule(("",), ("services",), made),
        EVENTS,
    ]


def own() -> list[dict[str, Any]]:
    """In its own namespace: who leads."""
    return [rule(("coordination.k8s.io",), ("leases",), ("get", "create", "update")), EVENTS]


def objects() -> list[Object]:
    """The account, its roles, and the bindings that do not lie in a tenant's namespace."""
    named = metadata(CONTROLLER, PROGRAM[CONTROLLER])
    return rights(named, (EVERYWHERE, everywhere()), (IN_TENANTS, in_tenants()), own())


def controller() -> list[dict[str, str]]:
    """The controller, as the one who has rights."""
    return [{"kind": "ServiceAccount", "name": CONTROLLER, "namespace": NAMESPACE}]
