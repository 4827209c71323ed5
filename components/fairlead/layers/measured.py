"""What the layers that are woven into the platform tell of themselves; a layer of tools says it beside its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.layers.gpu import place as gpu
from fairlead.layers.gpu.exporters import PORTS
from fairlead.layers.monitoring.tool import PART as MONITORING
from fairlead.layers.queue_controller import NAMESPACE as QUEUE
from fairlead.layers.scaling import keda
from fairlead.layers.scaling import place as scaling
from fairlead.layers.tool import Measured
from fairlead.plan.gpu_model import CLOUD, DCGM, GPU_OPERATOR, GpuPlan

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
OF_TARGETS: Mapping[str, Measured] = {
    # The device plugin that the target runs tells of TPUs, and nothing is made for it:
    # https://cloud.google.com/kubernetes-engine/docs/how-to/machine-learning/inference/autoscaling-tpu#metrics,
    # https://github.com/llm-d/llm-d/pull/2190, tests of github.com/grafana/k8s-monitoring-helm, 2026-11-30
    "Google": Measured(
        "tpu-device-plugin",
        "kube-system",
        {"k8s-app": "tpu-device-plugin"},
        2112,
        after=MONITORING,
        of_node=True,
    ),
}
"""Vendor -> what a target runs by itself that tells of its accelerators to who asks inside the cluster."""


def accelerators(plan: GpuPlan) -> list[Measured]:
    """Who exports the metrics of accelerators: a part of this platform, or the target where it can be asked."""
    targets = {one.vendor for one in plan.software if one.metrics == CLOUD}
    return [
        *(one for part, one in ACCELERATORS.items() if part in plan.parts),
        *(one for vendor, one in OF_TARGETS.items() if vendor in targets),
    ]
