"""Who owns driver, toolkit, runtime class, device plugin, DRA driver, discovery and metrics on each pool.

Each part has one owner: the node image, the cloud, this platform's own parts, its GPU operator, or others
("brought"). Facts are rows of the node images; what the spec says of the gpu layer fills what they leave open.
That the result makes sense is for `plan.coherence`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairlead.catalog.model import AcceleratorRow, Catalog, NodeImageRow, TargetRow
from fairlead.plan.gpu_model import (
    BROUGHT,
    CLOUD,
    EXPORTERS,
    IMAGE,
    LAYER,
    NONE,
    OPERATOR,
    ORDER,
    PLUGINS,
    ExporterPlan,
    GpuPlan,
    OperatorPlan,
    Software,
    parts_of,
)
from fairlead.plan.model import PoolPlan, Toleration
from fairlead.spec.layer import GpuLayer

NVIDIA = "NVIDIA"
SIMULATED = "simulated"
OPERATOR_DRIVER_ROOT = "/run/nvidia/driver"
"""Where a GPU operator puts the driver: hostPaths.driverInstallDir, values.yaml of gpu-operator v26.7.0, 2026-11-24"""
OPERATOR_RUNTIME = "nvidia"
"""Runtime that the operator's toolkit registers: operator.runtimeClass, values.yaml of gpu-operator v26.7.0"""

NVLINK_ACROSS_NODES = ("GB200", "GB300")
"""Accelerators whose NVLink reaches over the nodes of a rack: jobs on several nodes need a ComputeDomain.
sigs.k8s.io/dra-driver-nvidia-gpu v0.5.0 README.md, 2026-11-24"""

BROUGHT_PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "node-feature-discovery": ("", ("discovery",)),
    "nvidia-gpu-operator": ("NVIDIA", ("driver", "toolkit", "device_plugin", "discovery", "metrics")),
    "nvidia-device-plugin": ("NVIDIA", ("device_plugin",)),
    "nvidia-dra-driver": ("NVIDIA", ("dra_driver",)),
    "dcgm-exporter": ("NVIDIA", ("metrics",)),
    "amd-gpu-operator": ("AMD", ("driver", "device_plugin", "discovery", "metrics")),
    "amd-device-plugin": ("AMD", ("device_plugin",)),
    "amd-metrics-exporter": ("AMD", ("metrics",)),
    "neuron-device-plugin": ("AWS", ("device_plugin",)),
    "neuron-monitor": ("AWS", ("metrics",)),
}
"""What others bring -> vendor whose accelerators it serves (empty: all), and what it takes over there."""

SECURE_ENV: Mapping[str, str] = {
    "ACCEPT_NVIDIA_VISIBLE_DEVICES_ENVVAR_WHEN_UNPRIVILEGED": "false",
    "ACCEPT_NVIDIA_VISIBLE_DEVICES_AS_VOLUME_MOUNTS": "true",
}
"""What the toolkit is told so that no pod takes accelerators that it has not asked for.
https://github.com/NVIDIA/gpu-operator/issues/700, 2026-11-24"""


@dataclass(frozen=True)
class Asked:
    """A pool with real accelerators, as far as its software depends on it."""

    pool: str
    accelerator: AcceleratorRow
    image: NodeImageRow
    dra: bool
    """Whether pods claim its devices, in place of asking for an extended resource."""
    fast: bool = True
    """Whether the fast network between its nodes is used."""


def taken(gpu: GpuLayer, vendor: str) -> frozenset[str]:
    """What others have taken over on nodes with accelerators of a vendor."""
    entries = (BROUGHT_PARTS[name] for name in gpu.brought)
    return frozenset(role for serves, roles in entries if serves in ("", vendor) for role in roles)


def decide(asked: Asked, gpu: GpuLayer) -> Software:
    """The software of one pool."""
    image, vendor = asked.image, asked.accelerator.vendor
    operator = gpu.operator if vendor == NVIDIA else None
    others = taken(gpu, vendor)
    driver = _filled(image.driver, "driver", operator.driver if operator else "skip", others)
    toolkit = _filled(image.toolkit, "toolkit", operator.toolkit if operator else "skip", others)
    plugin = NONE if asked.dra else _plugin(image, vendor, operator is not None, others)
    dra = _dra_driver(vendor, operator is not None, others) if asked.dra else NONE
    return Software(
        pool=asked.pool,
        vendor=vendor,
        accelerator=asked.accelerator.name,
        driver=driver,
        kernel_modules=operator.kernel_modules if operator and driver == OPERATOR else "",
        toolkit=toolkit,
        runtime_class=_runtime_class(image, toolkit, gpu) if operator else "",
        driver_root=_driver_root(image, vendor, driver, gpu),
        device_plugin=plugin,
        dra_driver=dra,
        compute_domains=_domains(asked, dra, others),
        discovery=_discovery(gpu, vendor, (plugin, dra), others),
        metrics=_metrics(image, vendor, gpu, operator is not None, others),
    )


def _filled(brings: str, role: str, setting: str, others: frozenset[str]) -> str:
    """The owner of a part that the node image brings or leaves open."""
    if setting == "install":
        return OPERATOR
    if brings != NONE:
        return brings
    if setting == "auto":
        return OPERATOR
    return BROUGHT if role in others else NONE


def _plugin(image: NodeImageRow, vendor: str, operator: bool, others: frozenset[str]) -> str:
    if image.device_plugin == CLOUD:
        return CLOUD
    if operator:
        return OPERATOR
    if "device_plugin" in others:
        return BROUGHT
    return LAYER if image.device_plugin == LAYER and vendor in PLUGINS else NONE


def _metrics(image: NodeImageRow, vendor: str, gpu: GpuLayer, operator: bool, others: frozenset[str]) -> str:
    if operator:
        return OPERATOR
    if "metrics" in others:
        return BROUGHT
    ours = gpu.metrics and vendor in EXPORTERS
    return image.metrics if image.metrics != LAYER or ours else NONE


def _dra_driver(vendor: str, operator: bool, others: frozenset[str]) -> str:
    if operator:
        return OPERATOR
    if "dra_driver" in others:
        return BROUGHT
    return LAYER if vendor == NVIDIA else NONE


def _domains(asked: Asked, dra: str, others: frozenset[str]) -> str:
    """The operator joins domains only where it serves DRA: beside its device plugin the driver runs by itself."""
    if asked.accelerator.name not in NVLINK_ACROSS_NODES or not asked.fast:
        return NONE
    if "dra_driver" in others:
        return BROUGHT
    return OPERATOR if dra == OPERATOR else LAYER


def _discovery(gpu: GpuLayer, vendor: str, advertisers: Sequence[str], others: frozenset[str]) -> str:
    """NVIDIA's parts read its labels; where others advertise, it is theirs to run."""
    if "discovery" in others:
        return BROUGHT
    ours = vendor == NVIDIA and bool({LAYER, OPERATOR} & set(advertisers))
    return LAYER if gpu.discovery and ours else NONE


def _runtime_class(image: NodeImageRow, toolkit: str, gpu: GpuLayer) -> str:
    if gpu.operator and gpu.operator.runtime_class:
        return gpu.operator.runtime_class
    return OPERATOR_RUNTIME if toolkit == OPERATOR else image.runtime_class or OPERATOR_RUNTIME


def _driver_root(image: NodeImageRow, vendor: str, driver: str, gpu: GpuLayer) -> str:
    if vendor != NVIDIA:
        return image.driver_root
    if gpu.operator and gpu.operator.driver_root:
        return gpu.operator.driver_root
    return OPERATOR_DRIVER_ROOT if driver in (OPERATOR, BROUGHT) else image.driver_root


def gpu_plan(gpu: GpuLayer, pools: Sequence[PoolPlan], target: TargetRow, catalog: Catalog) -> GpuPlan:
    """The software of all pools; empty where accelerators are simulated or there are none."""
    if not gpu.enabled or target.gpu_mode == SIMULATED:
        return GpuPlan()
    found = [one for pool in pools if (one := asked(pool, target, catalog))]
    software = tuple(decide(one, gpu) for one in found)
    wanted = {part for one in software for part in parts_of(one)}
    return GpuPlan(
        software=software,
        parts=tuple(part for part in ORDER if part in wanted),
        operator=operator_plan(gpu, software, [one.image for one in found]),
        tolerations=tuple(
            Toleration(one.key, "Equal" if one.value else "Exists", one.effect, one.value or "")
            for one in gpu.tolerations
            if one.key
        ),
        exporters=_exporters(gpu, target, software, catalog),
    )


def _exporters(
    gpu: GpuLayer, target: TargetRow, software: Sequence[Software], catalog: Catalog
) -> tuple[ExporterPlan, ...]:
    """Those of the target that tell of accelerators here, unless nobody is to ask for metrics of theirs."""
    vendors = {one.vendor for one in software if one.metrics == CLOUD} if gpu.metrics else set[str]()
    rows = [one for one in catalog.exporters.values() if one.target == target.name and one.vendor in vendors]
    return tuple(
        ExporterPlan(one.name, one.namespace, dict([one.pods.split("=", 1)]), one.port) for one in rows
    )


def asked(pool: PoolPlan, target: TargetRow, catalog: Catalog) -> Asked | None:
    """A pool of the plan as `decide` takes it; None for one without real accelerators."""
    if pool.accelerator is None or pool.simulated or pool.node is None:
        return None
    image = catalog.node_images[target.name][pool.node.image]
    row, fast = catalog.accelerators[pool.accelerator], pool.node.fabric != NONE
    return Asked(pool.name, row, image, pool.sharing.kind == "dra", fast)


def operator_plan(
    gpu: GpuLayer, software: Sequence[Software], images: Sequence[NodeImageRow]
) -> OperatorPlan | None:
    """What the GPU operator is told; None where it is not installed. Its settings hold for all pools at once."""
    pairs = [(one, image) for one, image in zip(software, images, strict=True) if one.vendor == NVIDIA]
    if gpu.operator is None or not pairs:
        return None
    first, image = pairs[0]
    stack = gpu.operator.stack
    if stack == "auto":
        stack = "gpu-cluster" if first.dra_driver != NONE else "cluster-policy"
    return OperatorPlan(
        stack=stack,
        driver=first.driver == OPERATOR,
        toolkit=first.toolkit == OPERATOR,
        kernel_modules=first.kernel_modules or "auto",
        runtime_class=first.runtime_class,
        driver_root=first.driver_root if first.driver_root != "/" else OPERATOR_DRIVER_ROOT,
        toolkit_dir=image.toolkit_dir,
        toolkit_env={**toolkit_env(image), **gpu.operator.toolkit_env} if first.toolkit == OPERATOR else {},
    )


def toolkit_env(image: NodeImageRow) -> dict[str, str]:
    """Environment of the toolkit's installer on a node image: where containerd is, and no accelerators unasked."""
    places = {
        "CONTAINERD_CONFIG": image.containerd_config,
        "CONTAINERD_SOCKET": image.containerd_socket,
        "RUNTIME_CONFIG_SOURCE": image.containerd_source,
        "RUNTIME_DROP_IN_CONFIG": image.containerd_drop_in,
    }
    return {**{name: place for name, place in places.items() if place}, **SECURE_ENV}


OWNERS: Mapping[str, str] = {
    NONE: "nobody",
    IMAGE: "the node image",
    CLOUD: "the target itself",
    LAYER: "this platform",
    OPERATOR: "the GPU operator",
    BROUGHT: "others",
}
"""Owner -> how it is called where people read it."""
