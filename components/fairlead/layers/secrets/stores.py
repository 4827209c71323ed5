"""What lies in a tenant's namespace: the store that its ExternalSecrets name, and the account that it signs in as.

Fields: config/crds/bases of github.com/external-secrets/external-secrets v0.20.4.
"""

from __future__ import annotations

from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.objects import READ, WRITE, binding, members, restricted_namespace, role, rule
from fairlead.layers.secrets.place import ACCOUNT, API, GROUP, STORE, kept_in
from fairlead.layers.secrets.rights import IN_TENANTS, operator
from fairlead.layers.tool import Ground
from fairlead.plan.model import TenantPlan
from fairlead.plan.secrets_model import VaultPlan

MEMBERS, OPERATOR = "fairlead-secrets-members", "fairlead-secrets-operator"
"""Roles and bindings: of people, of the operator."""
API_SERVER = "https://kubernetes.default.svc"
AUTHORITY = "kube-root-ca.crt"
"""ConfigMap of every namespace that tells who signs for the API server."""


def objects(ground: Ground, tenant: TenantPlan) -> list[Object]:
    """Everything of one tenant."""
    vault = ground.plan.secrets.vault
    meta = {"namespace": tenant.namespace, "labels": {labels.TENANT: tenant.name}}
    provider = {"vault": _vault(vault, tenant.name)} if vault else {"kubernetes": _kubernetes(tenant.name)}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, **meta},
            "automountServiceAccountToken": False,
        },
        binding({"name": OPERATOR, **meta}, ("ClusterRole", IN_TENANTS), operator()),
        *members(tenant, MEMBERS, [rule((GROUP,), ("externalsecrets",), WRITE), _seen()]),
        {
            "apiVersion": API,
            "kind": "SecretStore",
            "metadata": {"name": STORE, **meta},
            "spec": {"provider": provider},
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


def _kubernetes(tenant: str) -> dict[str, Any]:
    return {
        "remoteNamespace": kept_in(tenant),
        "server": {
            "url": API_SERVER,
            "caProvider": {"type": "ConfigMap", "name": AUTHORITY, "key": "ca.crt"},
        },
        "auth": {"serviceAccount": {"name": ACCOUNT}},
    }


def _vault(vault: VaultPlan, tenant: str) -> dict[str, Any]:
    signed = {"type": "ConfigMap", "name": vault.authority, "key": "ca.crt"}
    return {
        "server": vault.server,
        "path": vault.engine,
        "version": "v2",
        **({"namespace": vault.space} if vault.space else {}),
        **({"caProvider": signed} if vault.authority else {}),
        "auth": {
            "kubernetes": {
                "mountPath": vault.mount,
                "role": vault.role.format(tenant=tenant),
                "serviceAccountRef": {"name": ACCOUNT, "audiences": [vault.audience]},
            }
        },
    }
