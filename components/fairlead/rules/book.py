"""Every rule there is, by family. A new family is a module with `RULES`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.rules import (
    aws_buckets,
    aws_cluster,
    aws_data,
    aws_identity,
    aws_network,
    aws_nodes,
    aws_services,
    changes,
    clouds,
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
    *aws_buckets.RULES,
    *aws_cluster.RULES,
    *aws_data.RULES,
    *aws_identity.RULES,
    *aws_network.RULES,
    *aws_nodes.RULES,
    *aws_services.RULES,
    *clouds.RULES,
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
