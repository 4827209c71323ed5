"""Releases of what AWS installs: managed add-ons and node images, each with its source.

No table of AWS can be had without an account, so the rows were read where others had written down the
answers of `aws eks describe-addon-versions`; the command in docs/aws.md tells the newest ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MINOR = "1.35"
"""Kubernetes minor version for which the rows hold."""


@dataclass(frozen=True)
class Release:
    """A release, where it was read and when."""

    version: str
    source: str
    date: str


_LISTED = (
    "one public repository lists what describe-addon-versions answered for 1.35 in 2026-05; not asked by us"
)
_BOTH = f"{_LISTED}; others pin it for 1.35 too"
_PINNED = "one public repository pins it for 1.35, verified there by describe-addon-versions; not asked by us"

ADDONS: Mapping[str, Release] = {
    "vpc-cni": Release("v1.21.1-eksbuild.8", _BOTH, "2026-11-23"),
    "kube-proxy": Release("v1.35.3-eksbuild.5", _BOTH, "2026-11-23"),
    "coredns": Release("v1.14.2-eksbuild.4", _LISTED, "2026-11-23"),
    "eks-pod-identity-agent": Release("v1.3.10-eksbuild.3", _LISTED, "2026-11-23"),
    "eks-node-monitoring-agent": Release("v1.6.4-eksbuild.1", _LISTED, "2026-11-23"),
    "metrics-server": Release("v0.8.1-eksbuild.6", _BOTH, "2026-11-23"),
    "aws-ebs-csi-driver": Release("v1.59.0-eksbuild.1", _BOTH, "2026-11-23"),
    "aws-efs-csi-driver": Release("v3.1.0-eksbuild.1", _PINNED, "2026-11-23"),
    "aws-fsx-csi-driver": Release(
        "v1.8.0-eksbuild.1",
        "one public repository pins it for 1.33; that EKS has it for 1.35 is not confirmed",
        "2026-11-23",
    ),
}
"""Managed add-on -> release."""

IMAGES: Mapping[str, Release] = {
    "al2023": Release(
        "1.35.6-20260818",
        "pinned for 1.35 in four public repositories; newer than the copy of amazon-eks-ami that was read",
        "2026-11-23",
    ),
}
"""Family -> release of a managed node group; a family that is missing is not pinned there."""

ALIASES: Mapping[str, Release] = {
    "al2023": Release("al2023@v20260818", "the release above in Karpenter's words", "2026-11-23"),
    "bottlerocket": Release(
        "bottlerocket@v1.63.0",
        "https://github.com/bottlerocket-os/bottlerocket/issues/4877: released in 2026-07; others spell it so",
        "2026-11-23",
    ),
}
"""Family -> image of Karpenter's nodes."""
