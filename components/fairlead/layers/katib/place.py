"""Where Katib's programs run, and the names by which they, trials and suggestions find each other.

Names, ports and labels: module github.com/kubeflow/katib v0.19.0, pkg/controller.v1beta1/consts/const.go,
pkg/webhook/v1beta1/common/const.go and manifests/v1beta1/components; a test holds them against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.layers.databases.postgres import Wanted
from fairlead.plan.katib_model import CONTROLLER, MANAGER, NAMESPACE

GROUP = "kubeflow.org"
COMPONENT = "katib.kubeflow.org/component"
WEBHOOK_PORT, METRICS_PORT, PROBE_PORT = 8443, 8080, 18080
API_PORT = 6789
"""Where the database manager answers, and each suggestion service."""
TRIAL, SUGGESTION = "katib.kubeflow.org/trial", "katib.kubeflow.org/suggestion"
"""Labels of pods: of a trial, and of what proposes the next ones."""
INJECTION, ENABLED = "katib.kubeflow.org/metrics-collector-injection", "enabled"
"""Label of namespaces in which there may be experiments; here also of the pods of trials: see `webhooks`."""
MARKED: Mapping[str, str] = {INJECTION: ENABLED}
USER = 1000
"""User and group of both programs, as upstream's manifests have it."""


def labels(component: str) -> dict[str, str]:
    """Labels of the pods of one of the two programs."""
    return {COMPONENT: component}


def metadata(name: str, component: str) -> dict[str, Any]:
    """Metadata of an object of one of the two programs."""
    return {"name": name, "namespace": NAMESPACE, "labels": labels(component)}


PROGRAM: Mapping[str, str] = {CONTROLLER: "controller", MANAGER: "db-manager"}
"""Program, also its image and its Deployment -> its component."""
DATABASE = Wanted(name="katib-db", namespace=NAMESPACE, database="katib", users=(labels(PROGRAM[MANAGER]),))
