"""How AWS and Karpenter spell what the plan says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels

PARTITION = "aws"
MANAGED = f"{labels.DOMAIN}/stack"
"""Tag of everything that belongs to a platform."""
DISCOVERY = "karpenter.sh/discovery"
"""Tag by which Karpenter finds subnets and security groups."""
FABRIC = f"{labels.DOMAIN}/fabric"
"""Tag of the security group of the fast network."""
CLUSTER_GROUP = "aws:eks:cluster-name"
"""Tag that EKS itself puts on the cluster's own security group."""
EFFECTS: Mapping[str, str] = {
    "NoSchedule": "NO_SCHEDULE",
    "PreferNoSchedule": "PREFER_NO_SCHEDULE",
    "NoExecute": "NO_EXECUTE",
}
"""Taint effect in Kubernetes -> in the API of EKS."""
SYSTEM_GIB = 4
"""Size of the disk that holds Bottlerocket itself."""
HOPS = 1
"""Network hops an answer of the metadata service goes: to the node, not on to its pods."""


def disks(os: str, gib: int) -> list[tuple[str, int]]:
    """Device and size of a node's own disks; gib: of the one for images and pods' files.

    github.com/aws/karpenter-provider-aws v1.14.1 pkg/providers/amifamily/al2023.go, bottlerocket.go, 2026-11-23
    """
    return {
        "al2023": [("/dev/xvda", gib)],
        "bottlerocket": [("/dev/xvda", SYSTEM_GIB), ("/dev/xvdb", gib)],
    }[os]


def owned(cluster: str) -> dict[str, str]:
    """Tags of what Karpenter may use."""
    return {DISCOVERY: cluster}


def arn(service: str, region: str, account: str, resource: str) -> str:
    """An ARN in this partition; global services have no region, public things no account."""
    return f"arn:{PARTITION}:{service}:{region}:{account}:{resource}"


def policy(name: str) -> str:
    """ARN of a policy that AWS manages."""
    return f"arn:{PARTITION}:iam::aws:policy/{name}"


def document(statements: Sequence[Mapping[str, Any]]) -> str:
    """A policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(service: str, *actions: str, condition: Mapping[str, Any] | None = None) -> str:
    """A trust policy for one service of AWS."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions or ("sts:AssumeRole",)),
    }
    return document([{**statement, "Condition": condition} if condition else statement])


def kubeconfig(name: str, region: str, endpoint: str, authority: str) -> str:
    """A kubeconfig whose user asks the AWS command line for a token each time: none is written down."""
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", name, "--region", region, "--output", "json"],
        "interactiveMode": "Never",
        "provideClusterInfo": False,
        "installHint": "install the AWS command line: https://docs.aws.amazon.com/cli/",
    }
    whole = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [
            {"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}}
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "users": [{"name": name, "user": {"exec": command}}],
    }
    return json.dumps(whole)
