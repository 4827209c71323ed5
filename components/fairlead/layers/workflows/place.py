"""Where the controller runs, and the names by which it and what it makes are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.databases.postgres import Wanted
from fairlead.layers.objects import restricted_namespace
from fairlead.plan.workflows_model import CONTROLLER

NAMESPACE = "fairlead-workflows"
NAME = CONTROLLER
CHART = "argo-workflows"
"""Its kinds in the lock."""
SETTINGS = "workflow-controller-configmap"
"""ConfigMap of the controller's settings, under its usual name."""
METRICS_PORT = 9090
PROBE_PORT = 6060
USER = 8737
"""The user of upstream's images that are not root's."""
GROUP = "argoproj.io"
STEP = "workflows.argoproj.io/workflow"
"""Pod label: name of the workflow that the pod is a step of."""
LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/part-of": "argo-workflows"}
DATABASE = Wanted(name="workflows-db", namespace=NAMESPACE, database="argo", users=(LABELS,))
"""What keeps ended workflows, where that is asked for."""


def metadata(name: str = NAME) -> dict[str, Any]:
    """Metadata of an object in the layer's namespace."""
    return {"name": name, "namespace": NAMESPACE, "labels": dict(LABELS)}


def space() -> Object:
    """The namespace: nothing in it needs more than the restricted standard allows."""
    return restricted_namespace(NAMESPACE)


def controller() -> Mapping[str, str]:
    """The controller's account, as a binding's subject."""
    return {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
