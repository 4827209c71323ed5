"""What the layers that are woven into the platform tell of themselves; a layer of tools says it beside its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.layers.gpu import place as gpu
from fairlead.layers.gpu.daemons import EXPORTER_PORT
from fairlead.layers.queue_controller import NAMESPACE as QUEUE
from fairlead.layers.scaling import keda
from fairlead.layers.scaling import place as scaling
from fairlead.layers.tool import Measured
from fairlead.plan.gpu_model import EXPORTER, GPU_OPERATOR, GpuPlan

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
    EXPORTER: Measured(EXPORTER, gpu.NAMESPACE, {"name": EXPORTER}, EXPORTER_PORT, gpu.BASE),
    # github.com/NVIDIA/gpu-operator assets/state-dcgm-exporter/0800_daemonset.yaml, 2026-11-30
    GPU_OPERATOR: Measured(
        f"{EXPORTER}-of-operator", gpu.NAMESPACE, {"app": "nvidia-dcgm-exporter"}, EXPORTER_PORT, gpu.BASE
    ),
}
"""Part of the layer gpu -> its exporter of accelerators' metrics."""


def accelerators(plan: GpuPlan) -> list[Measured]:
    """Who exports the metrics of accelerators, where a part of this platform does."""
    return [one for part, one in ACCELERATORS.items() if part in plan.parts]
