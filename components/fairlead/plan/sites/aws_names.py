"""Names within the limits of AWS: a name that would be too long ends in a digest of itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from fairlead.plan.sites.aws_model import Roles, SecretPart
from fairlead.plan.store_model import Share

ROLE = 64
"""botocore 1.44.5 (PyPI) iam service model, roleNameType, 2026-11-23"""
BUCKET = 63
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, 2026-11-23"""
DIGEST = 8


def fit(name: str, most: int) -> str:
    """The name itself, or its beginning and a digest of the whole: different names stay different."""
    if len(name) <= most:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:DIGEST]
    return f"{name[: most - DIGEST - 1].rstrip('-')}-{digest}"


def role(platform: str, purpose: str) -> str:
    """The name of a role."""
    return fit(f"{platform}-{purpose}", ROLE)


def roles(platform: str, shares: Iterable[Share]) -> Roles:
    """The names of all roles but those of add-ons."""
    return Roles(
        cluster=role(platform, "cluster"),
        nodes=role(platform, "nodes"),
        karpenter=role(platform, "karpenter"),
        karpenter_nodes=role(platform, "karpenter-nodes"),
        flow_logs=role(platform, "flow-logs"),
        ci=role(platform, "ci"),
        shares={share.name: role(platform, share.purpose) for share in shares},
    )


def secret_part(platform: str, share: Share) -> SecretPart:
    """The role and the names of a namespace's Secrets. Names may have slashes: of two namespaces none begins as the
    other does. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, 2026-11-29"""
    return SecretPart(
        share, role(platform, f"secrets-{share.purpose}"), f"fairlead/{platform}/{share.namespace}/"
    )


def bucket(platform: str, account: str, region: str) -> str:
    """The name of the bucket: the world's names are one space, so account and region are in it."""
    return fit(f"{platform}-{account}-{region}", BUCKET)


def node_group(pool: str, generation: int) -> str:
    """A managed node group: a new generation stands beside the old one."""
    return f"{pool}-g{generation}"


def provisioner(pool: str, generation: int, market: str) -> str:
    """A NodePool of Karpenter, and its class of nodes."""
    return f"{pool}-g{generation}-{market}"


def placement_group(platform: str, pool: str, generation: int) -> str:
    """A placement group: they are one space of names in an account and region."""
    return f"{platform}-{pool}-g{generation}"
