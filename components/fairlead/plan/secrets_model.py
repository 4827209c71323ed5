"""The plan of the secrets layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

LAYER = "secrets"
CHART, KINDS = "external-secrets", "external-secrets-crd"
"""Charts of the lock: the programs, and their kinds."""
IMAGE = "external-secrets"
"""Image of the lock."""
NAMESPACE = "fairlead-secrets"
ACCOUNT = "fairlead-secrets"
"""Service account, in each namespace that has a store, that the store signs in as."""
MANAGER = "secret-manager"
"""Capability: the cloud's own manager as a store."""


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
class WantedSecret:
    """A Secret that a layer of the platform needs and that is brought to it."""

    layer: str
    namespace: str
    name: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class SecretsPlan:
    """Whether Secrets are brought from somewhere else, from where, and by how many programs of each kind."""

    enabled: bool = False
    replicas: int = 1
    vault: VaultPlan | None = None
    cloud: bool = False
    """Whether they are kept in the cloud's own secret manager."""
    wanted: tuple[WantedSecret, ...] = ()
    """What is brought to layers of the platform, beside what tenants ask for."""

    def wanted_by(self, layer: str) -> WantedSecret | None:
        """What is brought to this layer; None where it is made by hand, or nothing is needed."""
        return next((one for one in self.wanted if one.layer == layer), None)
