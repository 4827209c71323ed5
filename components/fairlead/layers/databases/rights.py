"""What the operator may do: in the namespaces that have a database what upstream lets it do everywhere.

Upstream's one role reads every secret and runs commands in every pod of the cluster. Here it is told which namespaces
to watch, and has its rights in those alone; what is left for the whole cluster reads nodes and touches two objects.
It makes a role for the pods of each database, so it must hold all that such a role gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.databases.place import (
    ACCOUNT,
    GROUP,
    LABELS,
    MUTATION,
    NAMESPACE,
    VALIDATION,
    metadata,
)
from fairlead.layers.objects import EVENTS, RBAC, READ, binding, role, rule
from fairlead.layers.programs import account

MAKE = (*READ, "create", "delete", "patch")
ALL = (*MAKE, "update")
INSIDE = "fairlead:databases:inside"
"""Name of the role that is bound in each namespace."""
EVERYWHERE = "fairlead:databases:everywhere"


def inside() -> list[dict[str, Any]]:
    """In its own namespace and in those that have a database."""
    return [
        rule(("",), ("configmaps", "secrets", "services"), ALL),
        rule(("",), ("configmaps/status", "secrets/status"), ("get", "patch", "update")),
        EVENTS,
        rule(("",), ("persistentvolumeclaims", "pods", "pods/exec"), MAKE),
        rule(("",), ("pods/status",), ("get",)),
        rule(("",), ("serviceaccounts",), (*READ, "create", "patch", "update")),
        rule(("apps",), ("deployments",), ALL),
        rule(("batch",), ("jobs",), MAKE),
        rule(("coordination.k8s.io",), ("leases",), (*READ, "create", "update")),
        rule(("discovery.k8s.io",), ("endpointslices",), READ),
        # Where this kind exists it looks for monitors of its databases before it makes one; none are asked of it.
        rule(("monitoring.coreos.com",), ("podmonitors",), READ),
        rule(("policy",), ("poddisruptionbudgets",), ALL),
        rule(
            (GROUP,),
            (
                "backups",
                "clusters",
                "databaseroles",
                "databases",
                "poolers",
                "publications",
                "scheduledbackups",
                "subscriptions",
            ),
            ALL,
        ),
        rule(
            (GROUP,),
            (
                "backups/status",
                "databases/status",
                "publications/status",
                "scheduledbackups/status",
                "subscriptions/status",
            ),
            ("get", "patch", "update"),
        ),
        rule((GROUP,), ("imagecatalogs",), READ),
        rule(
            (GROUP,), ("clusters/finalizers", "databaseroles/finalizers", "poolers/finalizers"), ("update",)
        ),
        rule(
            (GROUP,),
            ("clusters/status", "databaseroles/status", "failoverquorums/status", "poolers/status"),
            ("get", "patch", "update", "watch"),
        ),
        rule((GROUP,), ("failoverquorums",), (*READ, "create", "delete")),
        rule((RBAC,), ("rolebindings", "roles"), (*READ, "create", "patch", "update")),
        rule(("snapshot.storage.k8s.io",), ("volumesnapshots",), (*READ, "create", "patch")),
    ]


def everywhere() -> list[dict[str, Any]]:
    """In the whole cluster: which nodes are drained, catalogues of images, and its own two objects."""
    return [
        rule(("",), ("nodes",), READ),
        rule((GROUP,), ("clusterimagecatalogs",), READ),
        rule(
            ("admissionregistration.k8s.io",),
            ("mutatingwebhookconfigurations",),
            ("get", "patch"),
            (MUTATION,),
        ),
        rule(
            ("admissionregistration.k8s.io",),
            ("validatingwebhookconfigurations",),
            ("get", "patch"),
            (VALIDATION,),
        ),
    ]


def objects(namespaces: Sequence[str]) -> list[Object]:
    """The account, its roles, and a binding in each of these namespaces."""
    operator = [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}]
    return [
        account(metadata(ACCOUNT)),
        role(_named(EVERYWHERE), everywhere()),
        role(_named(INSIDE), inside()),
        binding(_named(EVERYWHERE), ("ClusterRole", EVERYWHERE), operator),
        *(
            binding({**_named(ACCOUNT), "namespace": space}, ("ClusterRole", INSIDE), operator)
            for space in namespaces
        ),
    ]


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "labels": dict(LABELS)}
