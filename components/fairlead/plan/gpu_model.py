"""Who brings which part of an accelerator's software: plain data of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.plan.model import Toleration

NONE, IMAGE, CLOUD, LAYER, OPERATOR, BROUGHT = "none", "image", "cloud", "layer", "operator", "brought"
"""Owners: nobody, the node image, the cloud, this platform's own parts, its GPU operator, others."""


@dataclass(frozen=True)
class Software:
    """What lies on the nodes of one pool with accelerators, each part with its one owner."""

    pool: str
    vendor: str
    accelerator: str
    """Name in the catalogue."""
    driver: str
    kernel_modules: str
    """Kind of kernel modules: auto, open, proprietary; empty where the GPU operator does not install them."""
    toolkit: str
    """The container toolkit: none for vendors that need none."""
    runtime_class: str
    """RuntimeClass of the GPU operator's own pods; empty where none runs, or the usual runtime does it."""
    driver_root: str
    """Directory of the node in which the driver lies."""
    device_plugin: str
    """Who advertises extended resources; none where a DRA driver advertises devices."""
    dra_driver: str
    """Who publishes devices for dynamic resource allocation."""
    compute_domains: str
    """Who joins the NVLink of several nodes into domains; none for machines that are a domain of their own."""
    discovery: str
    """Who labels the nodes with what they are."""
    metrics: str
    """Who exports the accelerators' metrics."""


@dataclass(frozen=True)
class ExporterPlan:
    """What a target runs by itself that tells of a vendor's accelerators to who asks inside the cluster."""

    name: str
    namespace: str
    pods: Mapping[str, str]
    """Labels by which its pods are found."""
    port: int


@dataclass(frozen=True)
class OperatorPlan:
    """What NVIDIA's GPU operator is told."""

    stack: str
    """cluster-policy: device plugins; gpu-cluster: DRA."""
    driver: bool
    """Whether it installs the driver."""
    toolkit: bool
    """Whether it installs the container toolkit."""
    kernel_modules: str
    runtime_class: str
    driver_root: str
    toolkit_dir: str
    """Directory for the toolkit; empty for the operator's usual one."""
    toolkit_env: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class GpuPlan:
    """The software of all accelerator pools, and what this platform installs of it."""

    software: tuple[Software, ...] = ()
    parts: tuple[str, ...] = ()
    """What this platform installs, in this order."""
    operator: OperatorPlan | None = None
    tolerations: tuple[Toleration, ...] = ()
    """Taints of the cluster's owner that everything on accelerator nodes tolerates, beside the pools' own."""
    exporters: tuple[ExporterPlan, ...] = ()
    """The target's own, of accelerators whose metrics are left to it."""

    def of(self, pool: str) -> Software | None:
        """The software of a pool; None for one without real accelerators."""
        return next((one for one in self.software if one.pool == pool), None)

    def pools_of(self, part: str) -> tuple[str, ...]:
        """Names of the pools on whose nodes a part of this platform runs."""
        return tuple(one.pool for one in self.software if part in parts_of(one))


DISCOVERY = "node-feature-discovery"
GPU_OPERATOR = "gpu-operator"
DRA_DRIVER = "dra-driver-nvidia-gpu"
PLUGINS: Mapping[str, str] = {
    "NVIDIA": "nvidia-device-plugin",
    "AMD": "amd-device-plugin",
    "AWS": "neuron-device-plugin",
}
"""Vendor -> the device plugin that this platform can run."""
DCGM, AMD_EXPORTER, NEURON_MONITOR = "dcgm-exporter", "amd-metrics-exporter", "neuron-monitor"
EXPORTERS: Mapping[str, str] = {"NVIDIA": DCGM, "AMD": AMD_EXPORTER, "AWS": NEURON_MONITOR}
"""Vendor -> the exporter of its accelerators' metrics that this platform can run."""
CHARTS = (DISCOVERY, "nvidia-device-plugin", DRA_DRIVER, GPU_OPERATOR)
"""Parts that come out of charts; the others are objects of this platform's own."""
ORDER = (DISCOVERY, *PLUGINS.values(), DRA_DRIVER, GPU_OPERATOR, *EXPORTERS.values())


def parts_of(software: Software) -> tuple[str, ...]:
    """What this platform installs for a pool, in the order in which it is listed."""
    own = {
        DISCOVERY: software.discovery == LAYER,
        PLUGINS.get(software.vendor, ""): software.device_plugin == LAYER,
        DRA_DRIVER: LAYER in (software.dra_driver, software.compute_domains),
        EXPORTERS.get(software.vendor, ""): software.metrics == LAYER,
        GPU_OPERATOR: OPERATOR
        in (software.driver, software.toolkit, software.device_plugin, software.dra_driver),
    }
    return tuple(name for name in ORDER if own.get(name))
