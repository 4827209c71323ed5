"""Where KEDA runs, and the names by which its parts find each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.objects import restricted_namespace
from fairlead.plan import scaling_model

NAMESPACE = "fairlead-scaling"
OPERATOR = "keda-operator"
"""Watches services, wakes them from zero and puts them to sleep, asks for metrics; makes the HPA that does the rest."""
ADAPTER = "keda-metrics-apiserver"
"""Answers the HPA's questions for external metrics with what the operator has asked."""
WEBHOOKS = "keda-admission-webhooks"
"""Refuses what would not work: two scalers for one service, for example."""
IMAGE_OF: Mapping[str, str] = {
    OPERATOR: scaling_model.OPERATOR,
    ADAPTER: scaling_model.ADAPTER,
    WEBHOOKS: scaling_model.WEBHOOKS,
}
"""Part -> its image in the lock. The names are those that KEDA's certificates are made for, cmd/operator/main.go."""
VALIDATION = "keda-admission"
API_SERVICE = "v1beta1.external.metrics.k8s.io"
"""The two objects that the operator writes its certificate authority into, by these names."""
CERTIFICATES = "kedaorg-certs"
"""Secret of the operator's making: the certificate of all three parts."""
ADAPTER_PORT = 8443
"""Not the usual 6443: the API server of some targets reaches pods on 8443, 9443 and 10250 alone."""
WEBHOOKS_PORT = 9443
INSIDE_PORT = 9666
"""Where the operator answers the adapter."""
METRICS_PORT = 8080
"""Where each part tells of itself."""
PROBE_PORT = 8081


def labels_of(part: str) -> dict[str, str]:
    """Labels by which the pods of a part are found."""
    return {"app.kubernetes.io/name": part, "app.kubernetes.io/part-of": "keda"}


def metadata(part: str, name: str | None = None) -> dict[str, Any]:
    """Metadata of an object of a part, in the layer's namespace."""
    return {"name": name or part, "namespace": NAMESPACE, "labels": labels_of(part)}


def space() -> Object:
    """The namespace: nothing of KEDA needs more than the restricted standard allows."""
    return restricted_namespace(NAMESPACE)
