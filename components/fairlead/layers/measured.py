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
ACCELERATORS: Mapping[str, Mapping[str, str]] = {
    EXPORTER: {"name": EXPORTER},
    # dcgmExporter of gpu-operator v26.7.0, assets/state-dcgm-exporter.
    GPU_OPERATOR: {"app": "nvidia-dcgm-exporter"},
}
"""Part of the layer gpu that exports accelerators' metrics -> labels of its exporter's pods."""


def accelerators(plan: GpuPlan) -> list[Measured]:
    """Who exports the metrics of accelerators, where a part of this platform does."""
    found = [pods for part, pods in ACCELERATORS.items() if part in plan.parts]
    return [
        Measured(
            f"{EXPORTER}{'-of-operator' if 'app' in pods else ''}",
            gpu.NAMESPACE,
            pods,
            EXPORTER_PORT,
            gpu.BASE,
        )
        for pods in found
    ]
