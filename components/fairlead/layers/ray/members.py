"""What lies in a tenant's namespace: rights of its members and of the operator, and the door for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import rule
from fairlead.layers.ray import fence
from fairlead.layers.ray.place import GROUP, KINDS, RBAC
from fairlead.layers.ray.rights import IN_TENANTS, binding, operator
from fairlead.layers.tool import Ground
from fairlead.plan.model import TenantPlan

MEMBERS, OPERATOR = "fairlead-ray", "fairlead-ray-operator"
"""Roles and bindings: of people, of the operator."""
WRITE = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


def objects(_: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant."""
    groups = [{"apiGroup": RBAC, "kind": "Group", "name": name} for name in tenant.groups]
    role = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": _named(tenant, MEMBERS)}
    return [
        {**role, "rules": [rule((GROUP,), KINDS, WRITE)]},
        *([binding(_named(tenant, MEMBERS), ("Role", MEMBERS), groups)] if groups else []),
        binding(_named(tenant, OPERATOR), ("ClusterRole", IN_TENANTS), operator()),
        fence.nodes(tenant.namespace),
    ]


def _named(tenant: TenantPlan, name: str) -> Mapping[str, Any]:
    return {"name": name, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
