"""The controller's settings: what every workflow is unless it says otherwise, and what runs beside its steps.

Keys after the module github.com/argoproj/argo-workflows/v4 v4.0.5, config/config.go; the controller refuses others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.contract.database import Database, SecretKey
from fairlead.contract.handle import ObjectStore, WorkloadIdentity
from fairlead.layers.objects import HARDENED
from fairlead.layers.workflows.place import USER
from fairlead.plan.store_model import AccountToken
from fairlead.plan.workflows_model import WorkflowsPlan
from fairlead.workload.signing import VOLUME, volume

EXECUTOR_RESOURCES: Mapping[str, Any] = {
    "requests": {"cpu": "20m", "memory": "64Mi"},
    "limits": {"memory": "512Mi"},
}
"""Of the two containers beside a step: what fetches its inputs, and what keeps its outputs."""
STEP_REQUESTS: Mapping[str, str] = {"cpu": "100m", "memory": "128Mi"}
"""Of a step that asks for nothing: so that no node is filled with steps that count as none."""
MIRRORED = "/mainctrfs"
"""Where the executor sees what is mounted into a step: workflow/common/common.go, ExecutorMainFilesystemDir."""
LOGS_KEPT, LOGS_LOST = "600s", "86400s"
"""Pods stay so long after their workflow: where logs lie in the object store too, and where they end with the pods."""
WITH_TOKEN = '{"automountServiceAccountToken": true}'  # noqa: S105 - asks for one, holds none
"""The tenant's account gives no pod a token of itself unless the pod asks, and Argo knows no other way to ask."""


def settings(
    plan: WorkflowsPlan,
    store: ObjectStore | None,
    identity: WorkloadIdentity | None,
    archive: Database | None = None,
) -> dict[str, Any]:
    """The controller's configuration, but for the executor's image, which is an argument.

    archive: the database that keeps what ended workflows were; None where the plan has none.
    """
    token = identity.token if identity else None
    kept = {"persistence": _persistence(archive, plan.archive_days)} if archive else {}
    return {
        "namespaceParallelism": plan.parallelism,
        # Who gathers them is let in by a network policy; the certificate would be one that nobody can check.
        "metricsConfig": {"secure": False},
        "executor": {
            "imagePullPolicy": "IfNotPresent",
            "resources": dict(EXECUTOR_RESOURCES),
            "securityContext": {**HARDENED, "runAsNonRoot": True, "runAsUser": USER},
            "env": _executor_env(store, token),
        },
        "mainContainer": {
            "resources": {"requests": dict(STEP_REQUESTS)},
            "securityContext": dict(HARDENED),
            "envFrom": [_told(name) for name in labels.TOLD],
        },
        "workflowDefaults": {"spec": _defaults(plan, store, identity, token)},
        **kept,
    }


def _told(name: str) -> Mapping[str, Any]:
    """A step knows where the object store and the registries are, as a job does: not every cluster has them."""
    return {"configMapRef": {"name": name, "optional": True}}


def _defaults(
    plan: WorkflowsPlan,
    store: ObjectStore | None,
    identity: WorkloadIdentity | None,
    token: AccountToken | None,
) -> dict[str, Any]:
    """Spec of every workflow, as far as it says nothing else."""
    marks = dict(identity.pod_labels) if identity else {}
    # The pod of a step that only sends an object cannot be given the token: it could not keep its log in the store.
    kept = store is not None and token is None
    return {
        # Its identity opens the tenant's part of the object store: contract rule C5.
        "serviceAccountName": labels.WORKLOAD_ACCOUNT,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        **({"podMetadata": {"labels": marks}} if marks else {}),
        # At both places: a workflow or a template that has a patch of its own takes the place of one of them.
        "podSpecPatch": WITH_TOKEN,
        "templateDefaults": {"podSpecPatch": WITH_TOKEN, **_signing_in(token)},
        "ttlStrategy": {"secondsAfterCompletion": plan.retention_seconds},
        "podGC": {
            "strategy": "OnWorkflowCompletion",
            "deleteDelayDuration": LOGS_KEPT if kept else LOGS_LOST,
        },
        **({"archiveLogs": True} if kept else {}),
    }


def _signing_in(token: AccountToken | None) -> dict[str, Any]:
    """The token by which a step signs in at the object store, where the target gives it none.

    It is mounted into the step alone: Argo mounts all that a step has into the executor's containers as well, below
    MIRRORED. Naming those by a patch would add them to pods that have none.
    """
    if token is None:
        return {}
    mounted = {"volumeMounts": [{"name": VOLUME, "mountPath": token.folder, "readOnly": True}]}
    return {"volumes": [volume(token)], "container": mounted, "script": mounted}


def _executor_env(store: ObjectStore | None, token: AccountToken | None) -> list[dict[str, Any]]:
    """What the object store's client in the executor reads: of the tenant's ConfigMap, key by key.

    Settings are one for all tenants, and Argo lets the executor have no other source. A file below the token's folder
    is one that the executor sees elsewhere.
    """
    if store is None:
        return []
    named = {key: value for told in store.environment.values() for key, value in told.items()}
    return [_variable(key, named[key], token) for key in sorted(named)]


def _variable(key: str, value: str, token: AccountToken | None) -> dict[str, Any]:
    if token and value.startswith(f"{token.folder}/"):
        return {"name": key, "value": MIRRORED + value}
    source = {"name": labels.OBJECT_STORE, "key": key, "optional": True}
    return {"name": key, "valueFrom": {"configMapKeyRef": source}}


def _persistence(archive: Database, days: int) -> dict[str, Any]:
    """Where ended workflows are kept: config/config.go, PersistConfig and PostgreSQLConfig."""
    password = archive.password
    if not isinstance(password, SecretKey):
        raise TypeError(
            "Argo takes a password from a Secret alone: the plan leaves its database in the cluster"
        )
    return {
        "archive": True,
        "archiveTTL": f"{days}d",
        "nodeStatusOffLoad": True,
        "postgresql": {
            "host": archive.host,
            "port": archive.port,
            "database": archive.name,
            "tableName": "argo_workflows",
            # The operator keeps the name of the role beside its password.
            "userNameSecret": {"name": password.name, "key": "username"},
            "passwordSecret": {"name": password.name, "key": password.key},
            "ssl": True,
            # What the certificate is checked against, the driver reads from libpq's variable.
            "sslMode": "verify-full",
        },
    }
