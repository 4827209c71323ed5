"""What lies in a tenant's namespace: its bus, the account of its sensors, rights, a limit, and the door for sensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers import programs
from fairlead.layers.events import bus
from fairlead.layers.events.place import ACCOUNT, GROUP, SENSOR, SENT, account
from fairlead.layers.events.rights import IN_TENANTS
from fairlead.layers.objects import READ, WRITE, api_server, binding, members, role, rule
from fairlead.layers.tool import Ground
from fairlead.plan.events_model import SERVER
from fairlead.plan.model import TenantPlan

MEMBERS, CONTROLLER = "fairlead-events", "fairlead-events-controller"
"""Roles and bindings: of people, of the controller."""


def objects(ground: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant."""
    rules = [rule((GROUP,), SENT, WRITE), rule((GROUP,), ("eventbus",), READ)]
    return [
        *members(tenant, MEMBERS, rules),
        binding(_named(tenant, CONTROLLER), ("ClusterRole", IN_TENANTS), account()),
        *_sensors(tenant),
        _fence(ground, tenant),
        _limit(ground.plan.events.most, tenant),
        *bus.objects(tenant, ground.image(SERVER), ground.handle.system_selector),
    ]


def _sensors(tenant: TenantPlan) -> list[Object]:
    """Sensors send Workflows of their own namespace, and see nothing."""
    own = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": tenant.namespace}
    named = _named(tenant, ACCOUNT)
    return [
        programs.account(named),
        role(named, [rule((GROUP,), ("workflows",), ("create",))]),
        binding(named, ("Role", ACCOUNT), [own]),
    ]


def _fence(ground: Ground, tenant: TenantPlan) -> Object:
    """Sensors call the API server, which a tenant's fence shuts off; where it is, the layer workflows says."""
    chosen = {"matchExpressions": [{"key": SENSOR, "operator": "Exists"}]}
    egress = [api_server(ground.plan.workflows.api_server)]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _named(tenant, "events-sensors"),
        "spec": {"podSelector": chosen, "policyTypes": ["Egress"], "egress": egress},
    }


def _limit(most: int, tenant: TenantPlan) -> Object:
    """No queue counts their pods."""
    hard = {f"count/{kind}.{GROUP}": str(most) for kind in SENT}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": _named(tenant, MEMBERS),
        "spec": {"hard": hard},
    }


def _named(tenant: TenantPlan, name: str) -> Mapping[str, Any]:
    return {"name": name, "namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
