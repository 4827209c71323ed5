"""MLflow's servers: a Deployment that brings its own tables and workspaces up to date before it serves.

Options and variables: mlflow 3.17.2, mlflow/cli/__init__.py, mlflow/utils/cli_args.py, mlflow/environment_variables.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.database import Database, SecretKey, SignIn
from fairlead.labels import WORKLOAD_ACCOUNT
from fairlead.layers.databases import client, signing_in
from fairlead.layers.objects import SEALED, budget, spread, unprivileged
from fairlead.layers.programs import asked, deployment
from fairlead.layers.tracking import sealing
from fairlead.layers.tracking.artifacts import Place
from fairlead.layers.tracking.place import ARTIFACTS, HOSTS, LABELS, NAME, PORT, metadata
from fairlead.plan.tracking_model import TrackingPlan
from fairlead.workload.signing import with_token

USER = 10_001
RESOURCES = ("200m", "1Gi", "3Gi")
"""Asked for: cpu, memory, most memory. Of two workers, who hold a model's file in memory while it passes through."""
WORKERS = 2
UPLOADS = "10Gi"
"""Of the folder in which an artefact lies while it passes through."""
TOLD = "/tmp/metrics"  # noqa: S108 - a directory of the container
"""Where its workers put what they have counted, so that any of them can tell of all."""
LOCK = 7_071
"""Number of the database's lock under which one server at a time changes tables."""

PREPARE = """\
import os

from sqlalchemy import text

from mlflow.cli import cli
from mlflow.entities import Workspace
from mlflow.store.db.utils import create_sqlalchemy_engine_with_retry
from mlflow.store.workspace.sqlalchemy_store import SqlAlchemyStore

@KEEP@
uri = os.environ["MLFLOW_BACKEND_STORE_URI"]
with create_sqlalchemy_engine_with_retry(uri).connect() as held:
    held.execute(text("select pg_advisory_lock(@LOCK@)"))
    @CALL@
    cli(["db", "upgrade", uri], standalone_mode=False)
    store = SqlAlchemyStore(uri)
    there = {one.name for one in store.list_workspaces()}
    for name in os.environ["WORKSPACES"].split():
        if name not in there:
            store.create_workspace(Workspace(name))
"""
"""Runs before a server: tables of this release, and a workspace for each tenant. What is there is left as it is."""


def program(place: Place) -> str:
    """What runs before a server here: where no Secret seals tenants' keys it sees to the word that does."""
    lines = PREPARE.replace("@LOCK@", str(LOCK))
    if place.sealed is None:
        return lines.replace("@KEEP@\n", "").replace("    @CALL@\n", "")
    return lines.replace("@KEEP@", sealing.KEEP + "\n").replace("@CALL@", "keep_sealing_word()")


def objects(
    plan: TrackingPlan,
    database: Database,
    place: Place,
    image: str,
    selector: Mapping[str, str],
    host: str = "",
) -> list[Object]:
    """The servers, their account and their Service.

    selector: labels of the nodes of the platform's own pods; host: by which people from outside call it, if they do.
    """
    pod = with_token(_pod(plan, database, place, image, selector, host), place.token)
    account = {**metadata(WORKLOAD_ACCOUNT), "annotations": dict(place.annotations)}
    if not place.annotations:
        del account["annotations"]
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": account,
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(NAME),
            "spec": {
                "selector": dict(LABELS),
                "ports": [{"name": "http", "protocol": "TCP", "port": PORT, "targetPort": PORT}],
            },
        },
        _deployment(plan, pod, place.pod_labels),
        *([budget(metadata(NAME), LABELS)] if plan.replicas > 1 else []),
    ]


def _deployment(plan: TrackingPlan, pod: Mapping[str, Any], marks: Mapping[str, str]) -> Object:
    """marks: further labels of the pods."""
    # A volume of one node is not let go while a server has it.
    kind = "Recreate" if plan.artifacts == "fairlead-block" else "RollingUpdate"
    more, marked = {"strategy": {"type": kind}}, {"labels": {**LABELS, **marks}}
    return deployment(metadata(NAME), LABELS, pod, plan.replicas, marks=marked, more=more)


def _pod(
    plan: TrackingPlan,
    database: Database,
    place: Place,
    image: str,
    selector: Mapping[str, str],
    host: str,
) -> dict[str, Any]:
    volumes: list[dict[str, Any]] = [
        client.volume(database),
        {"name": "tmp", "emptyDir": {"sizeLimit": UPLOADS}},
    ]
    beside: list[dict[str, Any]] = []
    if isinstance(database.password, SignIn):
        volumes.append(signing_in.volume())
        beside.append(signing_in.container(database.password, image))
    if place.claim:
        volumes.append({"name": "artifacts", "persistentVolumeClaim": {"claimName": place.claim}})
    env = [
        *client.environment(database),
        # Without a host in it, everything comes from libpq's variables, the password too.
        _said("MLFLOW_BACKEND_STORE_URI", "postgresql+psycopg2://"),
        _said("HOME", "/tmp"),  # noqa: S108 - a directory of the container
        # What the first container has compiled, the second need not: that is 10 s of a core for each process.
        _said("PYTHONPYCACHEPREFIX", "/tmp/pycache"),  # noqa: S108 - a directory of the container
    ]
    own = [_said("WORKSPACES", " ".join(plan.workspaces))]
    if place.sealed is not None:
        stored = (_said(name, value) for name, value in place.environment.items())
        own += [_said("SEALED", place.sealed), _said("SEALING_WORD", sealing.WORD), *stored]
    prepare = {
        **_box("prepare", image, [*env, *own], place, database),
        "command": ["python3", "-c", program(place)],
    }
    return {
        "serviceAccountName": WORKLOAD_ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": dict(selector),
        "terminationGracePeriodSeconds": 30,
        "securityContext": {**unprivileged(USER), "fsGroup": USER, "fsGroupChangePolicy": "OnRootMismatch"},
        "topologySpreadConstraints": spread(LABELS),
        "initContainers": [*beside, prepare],
        "containers": [_server(image, env, database, place, host)],
        "volumes": volumes,
    }


def _server(
    image: str, env: Sequence[Mapping[str, Any]], database: Database, place: Place, host: str
) -> dict[str, Any]:
    probe = asked("/health", PORT)
    # By its own address it is asked for metrics.
    hosts = [*HOSTS, *([host] if host else []), f"$(POD_IP):{PORT}"]
    own = [
        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        _said("MLFLOW_ARTIFACTS_DESTINATION", place.destination),
        *(_said(name, value) for name, value in place.environment.items()),
        # Nothing here runs code of tenants, and nobody outside is told what they do.
        _said("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false"),
        _said("MLFLOW_DISABLE_TELEMETRY", "true"),
    ]
    command = ["/bin/sh", "-c", sealing.SERVE, "server"]
    if isinstance(database.password, SecretKey):
        # Keys of models that tenants store are sealed with it; MLflow's own default is known to everybody.
        own.append(_secret("MLFLOW_CRYPTO_KEK_PASSPHRASE", database.password.name, database.password.key))
        command = ["python3", "-m", "mlflow", "server"]
    return {
        **_box("server", image, [*env, *own], place, database),
        "command": command,
        "args": [
            "--host=0.0.0.0",
            f"--port={PORT}",
            f"--workers={WORKERS}",
            f"--allowed-hosts={','.join(hosts)}",
            f"--expose-prometheus={TOLD}",
            # Its own pages' calls carry an origin; without this it would refuse them as another page's.
            *([f"--cors-allowed-origins=https://{host}"] if host else []),
            "--serve-artifacts",
            "--enable-workspaces",
        ],
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "startupProbe": {**probe, "periodSeconds": 2, "failureThreshold": 120},
        "readinessProbe": {**probe, "periodSeconds": 5},
        "livenessProbe": {**probe, "periodSeconds": 20},
    }


def _box(
    name: str, image: str, env: Sequence[Mapping[str, Any]], place: Place, database: Database
) -> dict[str, Any]:
    cpu, memory, most = RESOURCES
    mounts: list[dict[str, Any]] = [
        client.mount(),
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a directory of the container
    ]
    if isinstance(database.password, SignIn):
        mounts.append(signing_in.mount())
    if place.claim:
        mounts.append({"name": "artifacts", "mountPath": ARTIFACTS})
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": list(env),
        "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": most}},
        "securityContext": dict(SEALED),
        "volumeMounts": mounts,
    }


def _said(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "value": value}


def _secret(name: str, secret: str, key: str) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
