"""Which layers run, why, and with which charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.catalog.model import TargetRow
from fairlead.plan.model import LayerPlan, PoolPlan
from fairlead.plan.policy import LAYER_NEEDS
from fairlead.spec.model import Layer, Layers

NVIDIA = "nvidia.com/gpu"
DEVICE_PLUGIN = "device-plugin"
CHARTS: Mapping[str, tuple[str, ...]] = {"queue": ("kueue",), "jobs": ("jobset", "kubeflow-trainer")}
PURPOSE: Mapping[str, str] = {
    "tenancy": "namespaces, quotas, rights and network policies of the tenants",
    "queue": "quota, order, gangs and preemption by Kueue",
    "jobs": "distributed training jobs by JobSet and Kubeflow Trainer",
}


def layer_plans(layers: Layers, pools: Sequence[PoolPlan], target: TargetRow) -> tuple[LayerPlan, ...]:
    """All layers in the order in which they run, also those that are switched off."""
    return tuple(_layer(name, getattr(layers, name), pools, target) for name in LAYER_NEEDS)


def _layer(name: str, layer: Layer, pools: Sequence[PoolPlan], target: TargetRow) -> LayerPlan:
    needs = LAYER_NEEDS[name]
    if not layer.enabled:
        return LayerPlan(name, False, "switched off in the spec", needs=needs)
    if name == "gpu":
        return _gpu(pools, target)
    return LayerPlan(name, True, PURPOSE[name], charts=CHARTS.get(name, ()), needs=needs)


def _gpu(pools: Sequence[PoolPlan], target: TargetRow) -> LayerPlan:
    with_accelerators = [pool for pool in pools if pool.accelerator]
    if not with_accelerators:
        return LayerPlan("gpu", False, "no pool has accelerators")
    names = ", ".join(pool.name for pool in with_accelerators)
    if target.gpu_mode != DEVICE_PLUGIN:
        why = f"simulated nodes of pool {names} advertise their accelerators by themselves"
        return LayerPlan("gpu", True, why, mode=target.gpu_mode)
    ours = [pool for pool in with_accelerators if plugin_is_ours(pool)]
    if not ours:
        return LayerPlan("gpu", True, _by_others(with_accelerators), "cloud")
    nvidia = any(pool.resource == NVIDIA for pool in ours)
    charts = ("nvidia-device-plugin",) if nvidia else ()
    mine = ", ".join(pool.name for pool in ours)
    return LayerPlan(
        "gpu", True, f"device plugins advertise the accelerators of pool {mine}", target.gpu_mode, charts
    )


def _by_others(pools: Sequence[PoolPlan]) -> str:
    """Who advertises accelerators where this platform does not."""
    left = [pool.name for pool in pools if pool.node and pool.node.device_plugin == "none"]
    cloud = [pool.name for pool in pools if pool.name not in left]
    parts = [f"the target itself advertises the accelerators of pool {', '.join(cloud)}"] if cloud else []
    if left:
        parts.append(f"for pool {', '.join(left)} an operator of your own must: the node image says so")
    return "; ".join(parts)


def plugin_is_ours(pool: PoolPlan) -> bool:
    """Whether this platform runs the device plugin on the pool's nodes; else the target does, or nobody need."""
    return pool.node is None or pool.node.device_plugin == "layer"
