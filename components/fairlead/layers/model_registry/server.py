"""The servers of one tenant: a Deployment that has its own schema made before it serves.

Command, flags and probes: manifests/kustomize and cmd/proxy.go of github.com/kubeflow/model-registry v0.3.0; a test
holds these objects against them. Where the database is, over TLS, its driver reads from libpq's variables; the flag
says the schema alone. Tables are made and brought up to date by the program, under a lock of the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.database import Database
from fairlead.layers.databases import client
from fairlead.layers.model_registry import place
from fairlead.layers.objects import SEALED, budget, spread, unprivileged
from fairlead.layers.programs import asked, deployment
from fairlead.plan.model_registry_model import CPU_MILLI, MEMORY_MIB, MOST_MIB

USER = 65_532
"""As upstream's image has it."""
RESOURCES: Mapping[str, Any] = {
    "requests": {"cpu": f"{CPU_MILLI}m", "memory": f"{MEMORY_MIB}Mi"},
    "limits": {"memory": f"{MOST_MIB}Mi"},
}
PREPARE = """\
until psql -qX -v ON_ERROR_STOP=1 -c "create schema if not exists $1"; do sleep 2; done
"""
"""Runs before a server; argument: the schema. A new pod is refused until the policy engine knows its address; why it
waits, psql says."""
HOME = {"name": "HOME", "value": "/nonexistent"}
"""The image's is another user's: libpq looks there for a certificate of its own, and fails where it may not look."""


def objects(
    tenant: str, database: Database, images: tuple[str, str], replicas: int, selector: Mapping[str, str]
) -> list[Object]:
    """Everything of one tenant in the platform's namespace, but its fence.

    images: of the server, and one with PostgreSQL's client; selector: labels of the nodes of the platform's own pods.
    """
    metadata, pods = place.metadata(tenant), place.labels(tenant)
    ports = [{"name": "http-api", "protocol": "TCP", "port": place.PORT, "targetPort": place.PORT}]
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": pods, "ports": ports},
        },
        deployment(metadata, pods, _pod(tenant, database, images, selector), replicas),
        *([budget(metadata, pods)] if replicas > 1 else []),
    ]


def _pod(
    tenant: str, database: Database, images: tuple[str, str], selector: Mapping[str, str]
) -> dict[str, Any]:
    server, postgres = images
    box = _box("schema", postgres, database)
    made = {
        **box,
        "env": [*box["env"], HOME],
        "command": ["/bin/sh", "-c", PREPARE, "schema", place.schema(tenant)],
    }
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "nodeSelector": dict(selector),
        "securityContext": unprivileged(USER),
        "topologySpreadConstraints": spread(place.labels(tenant)),
        "initContainers": [made],
        "containers": [_server(tenant, server, database)],
        "volumes": [client.volume(database)],
    }


def _server(tenant: str, image: str, database: Database) -> dict[str, Any]:
    return {
        **_box("server", image, database),
        "command": ["/model-registry", "proxy"],
        "args": [
            "--hostname=0.0.0.0",
            f"--port={place.PORT}",
            "--datastore-type=embedmd",
            "--embedmd-database-type=postgres",
            f"--embedmd-database-dsn=search_path={place.schema(tenant)}",
        ],
        "ports": [{"name": "http-api", "containerPort": place.PORT, "protocol": "TCP"}],
        # Asks for the tables too: without a database no pod is called, and none is started anew.
        "readinessProbe": {**asked("/readyz/health", place.PORT), "periodSeconds": 5},
        "livenessProbe": {
            "tcpSocket": {"port": place.PORT},
            "initialDelaySeconds": 60,
            "timeoutSeconds": 5,
        },
    }


def _box(name: str, image: str, database: Database) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": client.environment(database),
        "resources": RESOURCES,
        "securityContext": dict(SEALED),
        "volumeMounts": [client.mount()],
    }
