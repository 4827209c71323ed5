"""ML Metadata's server, which release 2.17.0 still needs: driver and launcher record in it what steps took and made.

Flags: metadata_store_server_main.cc of github.com/google/ml-metadata; fields of its settings: metadata_store.proto in
third_party/ml-metadata of github.com/kubeflow/pipelines at tag 2.17.0; image, command and port: manifests/kustomize/
base/metadata/base there, read 2026-11-29. It asks nobody who calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.pipelines import pod
from fairlead.layers.pipelines.place import (
    DATABASE_FOLDER,
    DATABASES,
    METADATA,
    METADATA_PORT,
    METADATA_SERVICE,
    labels,
    metadata,
)
from fairlead.plan.pipelines_model import PipelinesDatabasePlan

RESOURCES = ("50m", "128Mi", "1Gi")
"""Upstream asks for nothing."""
WRITER_RESOURCES = ("10m", "16Mi", "64Mi")
FOLDER, FILE = "/run/metadata", "settings.pbtxt"
CHANNEL = ",".join(
    (
        "grpc.max_metadata_size=16384",
        "grpc.max_receive_message_length=104857600",
        "grpc.max_send_message_length=104857600",
    )
)
WRITE = r"""
escaped() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }
umask 077
cat > "$FILE" <<END
connection_config {
  mysql {
    host: "$HOST"
    port: $PORT
    database: "$DATABASE"
    user: "$(escaped "$MYSQL_USER")"
    password: "$(escaped "$MYSQL_PASSWORD")"
    skip_db_creation: true
    ssl_options { ca: "$AUTHORITY" verify_server_cert: true }
  }
}
migration_options { enable_upgrade_migration: true }
END
"""
"""The server takes a password as an argument, which every process of the node could read, or in a file: so a shell puts
the secret's value into one, in memory, before the server starts. TLS to MySQL can be asked for in the file alone."""


def objects(
    database: PipelinesDatabasePlan, image: str, shell: str, selector: Mapping[str, str]
) -> list[Object]:
    """image: its reference; shell: that of an image with a shell."""
    port = {"name": "grpc", "protocol": "TCP", "port": METADATA_PORT, "targetPort": METADATA_PORT}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(METADATA_SERVICE, METADATA),
        "spec": {"selector": labels(METADATA), "ports": [port]},
    }
    return [service, *pod.objects(_program(database, image, shell), selector)]


def _program(database: PipelinesDatabasePlan, image: str, shell: str) -> pod.Program:
    volume, mount = pod.authority(database)
    open_port = {"tcpSocket": {"port": METADATA_PORT}, "timeoutSeconds": 5}
    written = {"name": "settings", "mountPath": FOLDER}
    return pod.Program(
        METADATA,
        image,
        ["/bin/metadata_store_server"],
        [
            f"--grpc_port={METADATA_PORT}",
            f"--metadata_store_server_config_file={FOLDER}/{FILE}",
            f"--grpc_channel_arguments={CHANNEL}",
        ],
        RESOURCES,
        ports={"grpc": METADATA_PORT},
        probes={
            "startupProbe": {**open_port, "periodSeconds": 5, "failureThreshold": 60},
            "readinessProbe": {**open_port, "periodSeconds": 5},
            "livenessProbe": {**open_port, "periodSeconds": 20},
        },
        volumes=[volume, {"name": "settings", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}],
        mounts=[mount, {**written, "readOnly": True}],
        before=[_writer(database, shell, written)],
        # A new release changes the tables while it starts.
        alone=True,
        token=False,
    )


def _writer(database: PipelinesDatabasePlan, shell: str, written: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "FILE": f"{FOLDER}/{FILE}",
        "HOST": database.host,
        "PORT": str(database.port),
        "DATABASE": DATABASES[METADATA],
        "AUTHORITY": f"{DATABASE_FOLDER}/ca.crt",
    }
    return {
        **pod.box("settings", shell, WRITER_RESOURCES),
        "command": ["/bin/sh", "-ec", WRITE],
        "env": [
            *(pod.said(name, value) for name, value in told.items()),
            *pod.credentials(database, "MYSQL_USER", "MYSQL_PASSWORD"),
        ],
        "volumeMounts": [dict(written)],
    }
