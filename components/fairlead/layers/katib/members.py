"""What lies in a tenant's namespace: rights of its members and of the controller, and the doors for trials."""

from __future__ import annotations

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.katib import fence, rights
from fairlead.layers.katib.place import GROUP
from fairlead.layers.objects import READ, WRITE, binding, members, rule
from fairlead.layers.tool import Ground
from fairlead.plan.model import TenantPlan

MEMBERS, CONTROLLER = "fairlead-katib", "fairlead-katib-controller"
"""Roles and bindings: of people, of the controller."""
MOST = "100"
"""Experiments of a tenant, those that have ended too: each has a small pod that no queue counts, while it runs."""


def objects(_: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant. Trials and suggestions are made by the controller alone: members read them."""
    bound = {"name": CONTROLLER, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    rules = [
        rule((GROUP,), ("experiments",), WRITE),
        rule((GROUP,), ("trials", "suggestions"), READ),
    ]
    return [
        *members(tenant, MEMBERS, rules),
        binding(bound, ("ClusterRole", rights.IN_TENANTS), rights.controller()),
        *fence.of_tenant(tenant.namespace),
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {**bound, "name": MEMBERS},
            "spec": {"hard": {f"count/experiments.{GROUP}": MOST}},
        },
    ]
