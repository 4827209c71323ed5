"""What lies in a tenant's namespace: rights of its members and of the operator."""

from __future__ import annotations

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.jobs_v1.place import GROUP, KINDS, account
from fairlead.layers.jobs_v1.rights import IN_TENANTS
from fairlead.layers.objects import WRITE, binding, members, rule
from fairlead.layers.tool import Ground
from fairlead.plan.model import TenantPlan

MEMBERS, OPERATOR = "fairlead-jobs-v1", "fairlead-jobs-v1-operator"
"""Roles and bindings: of people, of the operator."""


def objects(_: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant."""
    bound = {"name": OPERATOR, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    return [
        *members(tenant, MEMBERS, [rule((GROUP,), list(KINDS.values()), WRITE)]),
        binding(bound, ("ClusterRole", IN_TENANTS), account()),
    ]
