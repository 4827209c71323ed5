"""The secrets layer, decided: where Secrets are kept, and how many programs bring them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.plan.secrets_model import SecretsPlan, VaultPlan
from fairlead.spec.secrets import Secrets, Vault


def secrets_plan(spec: Secrets, pools: Sequence[PoolPlan]) -> SecretsPlan:
    """Whether there are ExternalSecrets."""
    if not spec.enabled:
        return SecretsPlan()
    return SecretsPlan(True, spec.replicas or pair(pools), _vault(spec.vault) if spec.vault else None)


def _vault(spec: Vault) -> VaultPlan:
    return VaultPlan(
        spec.server, spec.engine, spec.mount, spec.role, spec.audience, spec.authority, spec.space
    )
