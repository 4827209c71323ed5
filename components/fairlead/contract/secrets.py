"""The optional protocol O: where Secrets are kept outside the cluster, one part of it for each namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi


@dataclass(frozen=True)
class SecretSource:
    """A namespace's own part of a place of Secrets, and who its account is there. Nothing in it is secret."""

    provider: Mapping[str, Any]
    """What a SecretStore of External Secrets Operator has under `spec.provider`: the words are those of the place.
    It signs in as the account `plan.secrets_model.ACCOUNT` of the same namespace."""
    place: str
    """What the place is called, for people: whoever keeps a Secret there looks for it under this."""
    names: str = ""
    """What the names of all its Secrets begin with there."""
    keys: str = ""
    """What the keys of ExternalSecrets begin with: as `names`, or nothing where the store itself adds that."""
    account_annotations: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, "pulumi.Input[str]"]
    )
    """What makes the account the bearer of its identity; empty where nothing is needed."""
