"""What lies in a tenant's namespace: rights of its members, its drivers and the operator, and drivers' way out."""

from __future__ import annotations

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers import programs
from fairlead.layers.objects import READ, WRITE, api_server, binding, calling, members, role, rule
from fairlead.layers.spark.place import ACCOUNT, DRIVER, GROUP, KINDS, OPERATOR, ROLE, account
from fairlead.layers.spark.rights import IN_TENANTS
from fairlead.layers.tool import Ground
from fairlead.plan.model import TenantPlan

MEMBERS, OPERATES = "fairlead-spark", "fairlead-spark-operator"
"""Roles and bindings: of people, of the operator; drivers' have the name of their account."""


def objects(ground: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant. Among themselves drivers and executors may call anyway, as all pods of a tenant."""
    space = tenant.namespace

    def named(name: str) -> dict[str, object]:
        return {"name": name, "namespace": space, "labels": {labels.TENANT: tenant.name}}

    driver = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": space}
    # What it makes waits in the queue, and it takes away executors alone: see policies.
    makes = rule(("",), ("pods",), (*READ, "create", "delete", "deletecollection"))
    return [
        *members(tenant, MEMBERS, [rule((GROUP,), KINDS, WRITE)]),
        programs.account(named(ACCOUNT)),
        role(named(ACCOUNT), [makes]),
        binding(named(ACCOUNT), ("Role", ACCOUNT), [driver]),
        binding(named(OPERATES), ("ClusterRole", IN_TENANTS), [account(OPERATOR)]),
        calling("spark-drivers", space, {ROLE: DRIVER}, [api_server(ground.plan.spark.api_server)]),
    ]
