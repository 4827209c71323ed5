"""What lies in a tenant's namespace: rights of its members and of the operator, and the door for it."""

from __future__ import annotations

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import WRITE, binding, members, rule
from fairlead.layers.ray import fence
from fairlead.layers.ray.place import GROUP, KINDS
from fairlead.layers.ray.rights import IN_TENANTS, operator
from fairlead.layers.tool import Ground
from fairlead.plan.model import TenantPlan

MEMBERS, OPERATOR = "fairlead-ray", "fairlead-ray-operator"
"""Roles and bindings: of people, of the operator."""


def objects(_: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant."""
    bound = {"name": OPERATOR, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    return [
        *members(tenant, MEMBERS, [rule((GROUP,), KINDS, WRITE)]),
        binding(bound, ("ClusterRole", IN_TENANTS), operator()),
        fence.nodes(tenant.namespace),
    ]
