"""The plan of the secrets layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = "secrets"
CHART, KINDS = "external-secrets", "external-secrets-crd"
"""Charts of the lock: the programs, and their kinds."""
IMAGE = "external-secrets"
"""Image of the lock."""
NAMESPACE = "fairlead-secrets"


@dataclass(frozen=True)
class VaultPlan:
    """A Vault outside this cluster, and how a tenant's account signs in there."""

    server: str
    engine: str
    mount: str
    role: str
    """With `{tenant}` in it."""
    audience: str
    authority: str | None = None
    space: str | None = None


@dataclass(frozen=True)
class SecretsPlan:
    """Whether Secrets are brought from somewhere else, from where, and by how many programs of each kind."""

    enabled: bool = False
    replicas: int = 1
    vault: VaultPlan | None = None
