"""What the controller may do: see workflows everywhere, make and delete pods in the tenants' namespaces alone.

Upstream lets it make pods in every namespace, the platform's own included: who has its token has the cluster. Here the
second half of its rights is given namespace by namespace, with each tenant.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import EVENTS, READ, binding, role, rule
from fairlead.layers.programs import account
from fairlead.layers.workflows.place import GROUP, NAME, controller, metadata

EVERYWHERE, IN_TENANTS = "fairlead-workflow-controller", "fairlead-workflow-controller-tenant"
"""ClusterRoles: bound in the whole cluster, and in each tenant's namespace."""
CHANGE = ("update", "patch")
OWN = ("workflows", "workflowtasksets")
"""Kinds that it keeps."""
TEMPLATES = ("workflowtemplates", "clusterworkflowtemplates")


def everywhere() -> list[dict[str, Any]]:
    """What it watches. Its caches are of the whole cluster, and it does not start without them."""
    return [
        rule(("",), ("pods", "configmaps", "namespaces"), READ),
        rule(
            (GROUP,),
            (*OWN, "workflowartifactgctasks", *TEMPLATES, "cronworkflows"),
            READ,
        ),
        rule((GROUP,), ("workflowtaskresults",), ("list", "watch")),
    ]


def in_tenants() -> list[dict[str, Any]]:
    """What it does for the workflows of a tenant.

    It execs into pods to have their containers stop. It is given no secret, and no task that deletes artefacts: see
    `layers.workflows.policies`.
    """
    return [
        rule(("",), ("pods",), ("create", *CHANGE, "delete")),
        rule(("",), ("pods/exec",), ("create", "get")),
        rule(
            ("",),
            ("persistentvolumeclaims", "persistentvolumeclaims/finalizers"),
            ("create", "update", "delete", "get"),
        ),
        rule(("",), ("serviceaccounts",), ("get",)),
        EVENTS,
        rule(("policy",), ("poddisruptionbudgets",), ("create", "get", "delete")),
        rule((GROUP,), [*OWN, *(f"{kind}/finalizers" for kind in OWN)], ("create", *CHANGE, "delete")),
        rule((GROUP,), ("cronworkflows", "cronworkflows/finalizers"), (*CHANGE, "delete")),
        rule((GROUP,), ("workflowtaskresults",), ("deletecollection",)),
    ]


def own(*, archive: bool) -> list[dict[str, Any]]:
    """In its own namespace: who of several controllers works, and the archive's password where there is one."""
    return [
        rule(("coordination.k8s.io",), ("leases",), ("create", "get", "update")),
        EVENTS,
        *([rule(("",), ("secrets",), ("get",))] if archive else []),
    ]


def objects(*, archive: bool) -> list[Object]:
    """Account, roles and bindings, but for those in the tenants' namespaces."""
    return [
        account(metadata()),
        role({"name": EVERYWHERE}, everywhere()),
        binding({"name": EVERYWHERE}, ("ClusterRole", EVERYWHERE), [controller()]),
        role({"name": IN_TENANTS}, in_tenants()),
        role(metadata(), own(archive=archive)),
        binding(metadata(), ("Role", NAME), [controller()]),
    ]
