"""Where a namespace's Secrets are kept: in this cluster, in Vault, or where the target's identities lead to.

Fields: config/crds/bases of github.com/external-secrets/external-secrets v0.20.4.
"""

from __future__ import annotations

from typing import Any

from fairlead.contract.secrets import SecretSource
from fairlead.layers.secrets.place import kept_in
from fairlead.layers.tool import Ground
from fairlead.plan.secrets_model import ACCOUNT, VaultPlan

API_SERVER = "https://kubernetes.default.svc"
AUTHORITY = "kube-root-ca.crt"
"""ConfigMap of every namespace that tells who signs for the API server."""


def source(ground: Ground, namespace: str) -> SecretSource:
    """That of one namespace. Raises KeyError where the target was to hand over one and has not."""
    plan = ground.plan.secrets
    if plan.cloud:
        return ground.handle.secrets[namespace]
    if plan.vault:
        return _vault(plan.vault, namespace)
    return _here(namespace)


def _here(namespace: str) -> SecretSource:
    kubernetes: dict[str, Any] = {
        "remoteNamespace": kept_in(namespace),
        "server": {
            "url": API_SERVER,
            "caProvider": {"type": "ConfigMap", "name": AUTHORITY, "key": "ca.crt"},
        },
        "auth": {"serviceAccount": {"name": ACCOUNT}},
    }
    return SecretSource({"kubernetes": kubernetes}, f"namespace {kept_in(namespace)} of this cluster")


def _vault(vault: VaultPlan, namespace: str) -> SecretSource:
    signed = {"type": "ConfigMap", "name": vault.authority, "key": "ca.crt"}
    told: dict[str, Any] = {
        "server": vault.server,
        "path": vault.engine,
        "version": "v2",
        **({"namespace": vault.space} if vault.space else {}),
        **({"caProvider": signed} if vault.authority else {}),
        "auth": {
            "kubernetes": {
                "mountPath": vault.mount,
                "role": vault.role.format(tenant=namespace),
                "serviceAccountRef": {"name": ACCOUNT, "audiences": [vault.audience]},
            }
        },
    }
    own = f"{namespace}/"
    return SecretSource({"vault": told}, f"Vault at {vault.server}, engine {vault.engine}", own, own)
