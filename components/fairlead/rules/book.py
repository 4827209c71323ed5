"""Every rule there is, by family. A new family is a module with `RULES`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.rules import (
    changes,
    costs,
    gcp_cluster,
    gcp_data,
    gcp_identity,
    gcp_network,
    gcp_pools,
    gcp_storage,
    kubernetes_pods,
    plans,
)
from fairlead.rules.model import AnyRule

RULES: tuple[AnyRule, ...] = (
    *kubernetes_pods.RULES,
    *gcp_cluster.RULES,
    *gcp_pools.RULES,
    *gcp_network.RULES,
    *gcp_storage.RULES,
    *gcp_identity.RULES,
    *gcp_data.RULES,
    *costs.RULES,
    *plans.RULES,
    *changes.RULES,
)
BY_ID: Mapping[str, AnyRule] = {rule.id: rule for rule in RULES}
