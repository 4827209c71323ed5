"""Which layers run, why, and with which charts."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.catalog.model import TargetRow
from fairlead.plan.gpu_model import CHARTS as GPU_CHARTS
from fairlead.plan.gpu_model import LAYER, NONE, OPERATOR, GpuPlan, Software
from fairlead.plan.layer_rows import ROWS
from fairlead.plan.model import LayerPlan, PoolPlan
from fairlead.spec.layer import Layers

DEVICE_PLUGIN = "device-plugin"


def layer_plans(
    layers: Layers, pools: Sequence[PoolPlan], target: TargetRow, gpu: GpuPlan
) -> tuple[LayerPlan, ...]:
    """All layers in the order in which they run, also those that are switched off."""
    return tuple(_layer(name, layers.enabled(name), pools, target, gpu) for name in ROWS)


def _layer(name: str, enabled: bool, pools: Sequence[PoolPlan], target: TargetRow, gpu: GpuPlan) -> LayerPlan:
    row = ROWS[name]
    needs = tuple(row.needs)
    if not enabled:
        return LayerPlan(name, False, "switched off in the spec", needs=needs)
    if name == "gpu":
        return _gpu(pools, target, gpu)
    return LayerPlan(name, True, row.purpose, charts=row.charts, needs=needs)


def _gpu(pools: Sequence[PoolPlan], target: TargetRow, gpu: GpuPlan) -> LayerPlan:
    with_accelerators = [pool for pool in pools if pool.accelerator]
    if not with_accelerators:
        return LayerPlan("gpu", False, "no pool has accelerators")
    names = ", ".join(pool.name for pool in with_accelerators)
    if target.gpu_mode != DEVICE_PLUGIN:
        why = f"simulated nodes of pool {names} advertise their accelerators by themselves"
        return LayerPlan("gpu", True, why, mode=target.gpu_mode)
    if not gpu.parts:
        return LayerPlan("gpu", True, _by_others(gpu.software), "cloud")
    charts = tuple(part for part in gpu.parts if part in GPU_CHARTS)
    return LayerPlan("gpu", True, _by_us(gpu), _mode(gpu), charts)


def _mode(gpu: GpuPlan) -> str:
    """How accelerators are advertised: by the GPU operator, by a DRA driver, by device plugins."""
    if gpu.operator:
        return "gpu-operator"
    return "dra" if all(one.device_plugin == NONE for one in gpu.software) else DEVICE_PLUGIN


def _by_us(gpu: GpuPlan) -> str:
    said: list[str] = []
    for owners, doer in (
        ((OPERATOR,), "the GPU operator advertises"),
        ((LAYER,), "this platform advertises"),
    ):
        names = [one.pool for one in gpu.software if {one.device_plugin, one.dra_driver} & set(owners)]
        if names:
            said.append(f"{doer} the accelerators of pool {', '.join(names)}")
    left = [one for one in gpu.software if not {one.device_plugin, one.dra_driver} & {LAYER, OPERATOR}]
    return "; ".join([*said, *([_by_others(left)] if left else [])])


def _by_others(software: Sequence[Software]) -> str:
    """Who advertises accelerators where this platform does not."""
    brought = [one.pool for one in software if "brought" in (one.device_plugin, one.dra_driver)]
    cloud = [one.pool for one in software if one.pool not in brought]
    parts = [f"the target itself advertises the accelerators of pool {', '.join(cloud)}"] if cloud else []
    if brought:
        parts.append(f"what others have installed advertises the accelerators of pool {', '.join(brought)}")
    return "; ".join(parts)
