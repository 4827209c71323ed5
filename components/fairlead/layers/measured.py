"""What the layers that are woven into the platform tell of themselves, and what a target runs; a layer of tools says it
beside its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.layers.gpu import place as gpu
from fairlead.layers.gpu.exporters import PORTS
from fairlead.layers.monitoring.tool import PART as MONITORING
from fairlead.layers.queue_controller import NAMESPACE as QUEUE
from fairlead.layers.scaling import keda
from fairlead.layers.scaling import place as scaling
from fairlead.layers.tool import Measured
from fairlead.plan.gpu_model import DCGM, GPU_OPERATOR, GpuPlan
from fairlead.plan.model import Site

_NAME = "app.kubernetes.io/name"
WOVEN: Mapping[str, Sequence[Measured]] = {
    "queue": (Measured("kueue", QUEUE, {_NAME: "kueue"}, 8443, "kueue", asks=True),),
    "jobs": (
        Measured("jobset", "jobset-system", {_NAME: "jobset"}, 8443, "jobset", asks=True),
        Measured(
            "trainer", "kubeflow-system", {_NAME: "kubeflow-trainer"}, 8443, "kubeflow-trainer", asks=True
        ),
    ),
    "scaling": tuple(
        Measured(part, scaling.NAMESPACE, scaling.labels_of(part), scaling.METRICS_PORT, keda.NAME)
        for part in scaling.IMAGE_OF
    ),
}
"""Layer -> its programs."""
ACCELERATORS: Mapping[str, Measured] = {
    **{part: Measured(part, gpu.NAMESPACE, {"name": part}, port, gpu.BASE) for part, port in PORTS.items()},
    # github.com/NVIDIA/gpu-operator assets/state-dcgm-exporter/0800_daemonset.yaml, 2026-11-30
    GPU_OPERATOR: Measured(
        f"{DCGM}-of-operator", gpu.NAMESPACE, {"app": "nvidia-dcgm-exporter"}, PORTS[DCGM], gpu.BASE
    ),
}
"""Part of the layer gpu -> its exporter of accelerators' metrics."""
OF_CHARTS: Mapping[str, Measured] = {
    # Port http-metrics of both charts, v1.14.1, 2026-11-30; where they are from stands in charts.toml.
    chart: Measured("karpenter", space, {_NAME: "karpenter"}, 8080, after=MONITORING)
    for chart, space in (("karpenter", "kube-system"), ("karpenter-kwok", "karpenter"))
}
"""Chart that a target renders by itself -> its program, which stands before any layer does."""


def of_target(site: Site) -> list[Measured]:
    """What the target brings to make nodes, where it runs inside the cluster."""
    return [OF_CHARTS[chart] for chart in site.own_charts if chart in OF_CHARTS]


def accelerators(plan: GpuPlan) -> list[Measured]:
    """Who exports the metrics of accelerators: a part of this platform, or the target where it can be asked.

    Whether a target's pods have their node's address, and name their port, is for the target to change.
    """
    return [
        *(one for part, one in ACCELERATORS.items() if part in plan.parts),
        *(
            Measured(one.name, one.namespace, one.pods, one.port, after=MONITORING, of_node=True)
            for one in plan.exporters
        ),
    ]
