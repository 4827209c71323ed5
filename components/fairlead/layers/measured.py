"""What the layers that are woven into the platform tell of themselves; a layer of tools says it beside its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.layers.queue_controller import NAMESPACE as QUEUE
from fairlead.layers.scaling import keda
from fairlead.layers.scaling import place as scaling
from fairlead.layers.tool import Measured

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
