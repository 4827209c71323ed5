"""Node Feature Discovery: labels of what a node's hardware is, for the parts that look for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Release
from fairlead.layers.gpu import place
from fairlead.plan.model import PoolPlan, Toleration

NAME = "node-feature-discovery"
USER: Mapping[str, int] = {"runAsUser": 65_534, "runAsGroup": 65_534}
"""Its image's own: Dockerfile of node-feature-discovery v0.19.0, both variants."""
PODS: Mapping[str, str] = {"app.kubernetes.io/name": NAME}
PCI_CLASSES = ("02", "03", "12")
"""PCI classes: networks, displays, processing accelerators. NVIDIA's gpu-operator v26.7.0 and k8s-device-plugin
v0.19.3 want 02 and 03 in their values.yaml; 03 and 12 are the chart's own, node-feature-discovery v0.19.0."""


def values(pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> Mapping[str, Any]:
    """Values of the chart: workers on accelerator nodes alone; master and garbage collector like any controller.

    Labels of NVIDIA's own name come from GPU feature discovery, through files and NodeFeature objects.
    """
    return {
        "postDeleteCleanup": False,
        "master": {
            "config": {"extraLabelNs": ["nvidia.com"]},
            "tolerations": [],
            "affinity": {"nodeAffinity": None},
            "podSecurityContext": dict(USER),
        },
        "gc": {"podSecurityContext": dict(USER)},
        "worker": {
            "affinity": place.affinity(pools),
            "tolerations": place.tolerations(pools, further),
            "podSecurityContext": dict(USER),
            "config": {
                "sources": {
                    "pci": {"deviceClassWhitelist": list(PCI_CLASSES), "deviceLabelFields": ["vendor"]}
                }
            },
        },
    }


def release(pools: Sequence[PoolPlan], further: Sequence[Toleration]) -> Release:
    """The chart on these pools."""
    return Release(NAME, NAME, place.NAMESPACE, values(pools, further))
