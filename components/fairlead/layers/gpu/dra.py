"""NVIDIA's driver for dynamic resource allocation: devices that pods claim, and domains of NVLink across nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Release
from fairlead.layers.gpu import place
from fairlead.plan.model import PoolPlan, Toleration

NAME = "dra-driver-nvidia-gpu"
RESOURCE_API = "resource.k8s.io/v1"
"""Said outright: the chart would ask the cluster which it has, and a preview has none."""


def values(
    pools: Sequence[PoolPlan],
    further: Sequence[Toleration],
    *,
    driver_root: str,
    gpus: bool,
    domains: bool,
) -> Mapping[str, Any]:
    """Values of the chart.

    gpus: its accelerators are claimed; the chart refuses that beside a device plugin unless it is told twice.
    domains: nodes of one NVLink domain form ComputeDomains.
    """
    return {
        "resourceApiVersion": RESOURCE_API,
        "nvidiaDriverRoot": driver_root,
        "gpuResourcesEnabledOverride": gpus,
        "resources": {"gpus": {"enabled": gpus}, "computeDomains": {"enabled": domains}},
        "controller": {"tolerations": [], "affinity": {"nodeAffinity": None}},
        "kubeletPlugin": {
            "affinity": place.affinity(pools),
            "tolerations": place.tolerations(pools, further),
        },
    }


def release(
    pools: Sequence[PoolPlan],
    further: Sequence[Toleration],
    *,
    driver_root: str,
    gpus: bool,
    domains: bool,
) -> Release:
    """The chart on these pools."""
    told = values(pools, further, driver_root=driver_root, gpus=gpus, domains=domains)
    return Release(NAME, NAME, place.NAMESPACE, told)
