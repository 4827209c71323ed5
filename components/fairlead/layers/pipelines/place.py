"""Where Kubeflow Pipelines runs, and the names by which its programs and the pods of steps find each other.

Names of Services, ports, labels and folders: github.com/kubeflow/pipelines at tag 2.17.0, backend/src/apiserver/common/
const.go and main.go, backend/src/v2/metadata/env.go, backend/src/v2/compiler/argocompiler/argo.go, backend/src/agent/
persistence/client/tokenrefresher and backend/src/crd/controller/scheduledworkflow/main.go, read 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.plan.pipelines_model import NAMESPACE

SCHEDULES_GROUP = "kubeflow.org"
"""Group of ScheduledWorkflow, the one kind that is a CRD."""
GROUP = "pipelines.kubeflow.org"
"""Group under which the API server asks Kubernetes what a caller may do; nothing of it is stored there."""
AUDIENCE = GROUP
"""For whom a caller's token must be."""
API, AGENT, SCHEDULES, METADATA = (
    "ml-pipeline",
    "ml-pipeline-persistenceagent",
    "ml-pipeline-scheduledworkflow",
    "metadata-grpc-server",
)
"""The programs: Deployments, accounts, containers."""
METADATA_SERVICE = "metadata-grpc-service"
"""The programs of steps are told this name by the API server; that of the API is its program's."""
HTTP, GRPC, METADATA_PORT, METRICS_PORT = 8888, 8887, 8080, 9090
STEP: Mapping[str, str] = {f"{GROUP}/v2_component": "true"}
"""Label of every pod of a run."""
TOKENS = "/var/run/secrets/kubeflow/tokens"
"""Where the two controllers look for the token by which the API knows them."""
USER = 1000
"""Upstream's manifests run all of them as this one."""
DATABASE_FOLDER = "/etc/pipelines-database"
"""Where what MySQL's certificate is checked against is mounted."""
DATABASES = {API: "mlpipeline", METADATA: "metadb"}
"""Names of the two databases, upstream's own."""


def labels(name: str) -> dict[str, str]:
    """Labels of a program's pods."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "kubeflow-pipelines"}


def metadata(name: str, program: str = "") -> dict[str, Any]:
    """Metadata of an object in the layer's namespace; program: whose it is, where it has another name."""
    return {"name": name, "namespace": NAMESPACE, "labels": labels(program or name)}


def account(name: str) -> Mapping[str, str]:
    """A program's account, as a binding's subject."""
    return {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}
