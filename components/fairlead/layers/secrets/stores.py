"""What lies in a namespace with a store: the account that it signs in as, and in a tenant's, what members may do.

Fields: config/crds/bases of github.com/external-secrets/external-secrets v0.20.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.contract.secrets import SecretSource
from fairlead.layers.objects import READ, WRITE, binding, members, restricted_namespace, role, rule
from fairlead.layers.secrets.place import API, GROUP, STORE, kept_in
from fairlead.layers.secrets.rights import IN_TENANTS, operator
from fairlead.layers.secrets.sources import source
from fairlead.layers.tool import Ground
from fairlead.plan.model import TenantPlan
from fairlead.plan.secrets_model import ACCOUNT

MEMBERS, OPERATOR = "fairlead-secrets-members", "fairlead-secrets-operator"
"""Roles and bindings: of people, of the operator."""


def objects(ground: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant."""
    meta = {"namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    return [
        *store(source(ground, tenant.namespace), meta),
        binding({"name": OPERATOR, **meta}, ("ClusterRole", IN_TENANTS), operator()),
        *members(tenant, MEMBERS, [rule((GROUP,), ("externalsecrets",), WRITE), _seen()]),
    ]


def store(place: SecretSource, meta: Mapping[str, Any]) -> list[Object]:
    """The store, and the account that it signs in as. meta: where, and whose."""
    noted = {"annotations": dict(place.account_annotations)} if place.account_annotations else {}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, **meta, **noted},
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": API,
            "kind": "SecretStore",
            "metadata": {"name": STORE, **meta},
            "spec": {"provider": dict(place.provider)},
        },
    ]


def _seen() -> dict[str, Any]:
    """People see whether the store answers. What it says is the platform's: another would sign in as its account."""
    return rule((GROUP,), ("secretstores",), READ)


def kept(tenant: TenantPlan) -> list[Object]:
    """Where a tenant's Secrets are kept in this cluster: only administrators write there, only its account reads."""
    space = kept_in(tenant.name)
    meta = {"name": ACCOUNT, "namespace": space}
    account = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": tenant.namespace}
    return [
        restricted_namespace(space),
        role(meta, [rule(("",), ("secrets",), READ)]),
        binding(meta, ("Role", ACCOUNT), [account]),
    ]
