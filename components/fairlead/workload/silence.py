"""A node that goes silent: how long its pods wait for it, and that they may then be given up.

The node lifecycle controller notices after 50 s (node-monitor-grace-period, Kubernetes 1.32 and newer) and taints
the node. Pods that say nothing wait another 300 s. After that they are deleted, but nobody is there to confirm
that they have stopped: they hang, and a gang of which one pod hangs can neither end nor start again. Kueue's
FailureRecoveryPolicy (layers/queue_controller) gives such pods up 60 s after their grace is over, if they say that
it may, and only on a node that is unreachable.
https://kubernetes.io/docs/reference/node/node-status/#condition, https://github.com/kubernetes-sigs/kueue
keps/6757-failure-recovery of v0.19.2; 2026-11-28
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WAIT_SECONDS = 30
"""How long a job waits for a node that is silent or not ready. As long as Kueue waits until it looks for another
one (NodeFailureDelay, pkg/controller/tas/constants.go of v0.19.2): sooner, there would be no place to go to."""
TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
GIVEN_UP: Mapping[str, str] = {"kueue.x-k8s.io/safe-to-forcefully-delete": "true"}
"""Annotation of every pod. What is given up may still run, if only the node's network is gone: its gang is gone, so
that it waits in its next collective, but a single node may write another checkpoint beside its successor."""


def tolerations() -> list[dict[str, Any]]:
    """Of every pod of a job, in place of those for 300 s that Kubernetes would add."""
    return [
        {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": WAIT_SECONDS}
        for key in TAINTS
    ]
