"""The API server: what it is told, and how it runs.

Keys, variables, flags and paths: github.com/kubeflow/pipelines at tag 2.17.0, read 2026-11-29: backend/Dockerfile; in
backend/src/apiserver main.go, common/config.go, client_manager/client_manager.go, server/visualization_server.go and
config/config.json; in backend/src/v2/compiler argocompiler/container.go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.labels import WORKLOAD_ACCOUNT
from fairlead.layers.pipelines import pod
from fairlead.layers.pipelines.place import (
    API,
    AUDIENCE,
    DATABASE_FOLDER,
    DATABASES,
    GRPC,
    HTTP,
    METADATA_SERVICE,
    USER,
    labels,
    metadata,
)
from fairlead.plan.pipelines_model import NAMESPACE, PipelinesDatabasePlan, PipelinesPlan

SETTINGS, FOLDER = "ml-pipeline-settings", "/etc/pipelines"
"""ConfigMap with config.json, and where the server finds it. It takes the place of the one in the image, which has keys
of an object store and a foreign MLflow."""
RESOURCES = ("100m", "512Mi", "2Gi")
"""Upstream: 250m and 500 MB, no limits. What is uploaded, up to 32 MB, it holds in memory."""
NOBODY = "no header names a user"
"""Header in which a proxy would name the user. Whoever reaches the server could write it, so it is a name that no
header can have (RFC 9110, 5.1): callers are known by their token alone."""
NOWHERE = "no-object-store.invalid"
"""Host of the store of the server itself, which it wants to be told (validateRequiredConfig). It reads from it only
what v1 and older releases kept there; artefacts go past it, between steps and the tenant's own part."""


def settings(plan: PipelinesPlan, database: PipelinesDatabasePlan) -> dict[str, Any]:
    """Its config.json."""
    mysql = {
        "Host": database.host,
        "Port": str(database.port),
        "DBName": DATABASES[API],
        "GroupConcatMaxLen": "4194304",
        # The driver checks certificate and name, against the machine's authorities and what SSL_CERT_DIR has.
        "ExtraParams": {"tls": "true"},
    }
    store = {
        "Host": NOWHERE,
        "Port": "",
        "Secure": "true",
        "BucketName": "none",
        "PipelinePath": "pipelines",
        # Blank: without them the server would take no identity, and nobody holds a key here.
        "AccessKey": "",
        "SecretAccessKey": "",
    }
    return {
        "DBDriverName": "mysql",
        "DBConfig": {"ConMaxLifeTime": "120s", "MySQLConfig": mysql},
        "ObjectStoreConfig": store,
        "InitConnectionTimeout": "6m",
        "ARCHIVE_CONFIG_LOG_FILE_NAME": "main.log",
        "ARCHIVE_CONFIG_LOG_PATH_PREFIX": "/artifacts",
        "CacheEnabled": "true" if plan.cache else "false",
        "POD_NAMESPACE": NAMESPACE,
        "CLUSTER_DOMAIN": "cluster.local",
        "ML_PIPELINE_SERVICE_NAME": API,
        "METADATA_SERVICE_NAME": METADATA_SERVICE,
        **_no_visualizations(),
        **_tenants(),
        **_steps(),
    }


def _no_visualizations() -> dict[str, Any]:
    """Their server would run what callers send, and is left out. Without the first two keys the server of the API does
    not start; without the last two it ends when the first caller asks for one."""
    return {
        "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST": "",
        "ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_PORT": "",
        "VisualizationService": {"Name": "no-visualizations", "Port": "8888"},
    }


def _tenants() -> dict[str, str]:
    """Every call is somebody's, in a namespace in which he may do it."""
    return {
        "MULTIUSER": "true",
        "MULTIUSER_SHARED_READ": "false",
        "REQUIRE_NAMESPACE_FOR_PIPELINES": "true",
        "KUBEFLOW_USERID_HEADER": NOBODY,
        "KUBEFLOW_USERID_PREFIX": "",
        "TOKEN_REVIEW_AUDIENCE": AUDIENCE,
    }


def _steps() -> dict[str, str]:
    """Pods of runs: under the tenant's account, and never as root, whatever their image says."""
    return {
        "DEFAULTPIPELINERUNNERSERVICEACCOUNT": WORKLOAD_ACCOUNT,
        "DEFAULT_SECURITY_CONTEXT_RUN_AS_USER": str(USER),
        "DEFAULT_SECURITY_CONTEXT_RUN_AS_GROUP": str(USER),
        "DEFAULT_SECURITY_CONTEXT_RUN_AS_NON_ROOT": "true",
        # Those are workflows that the client wrote, and not the server.
        "BLOCK_V1_PIPELINES": "true",
    }


def objects(
    plan: PipelinesPlan,
    database: PipelinesDatabasePlan,
    images: tuple[str, str, str],
    selector: Mapping[str, str],
) -> list[Object]:
    """images: references of the server, the driver and the launcher."""
    text = json.dumps(settings(plan, database), indent=1, sort_keys=True)
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(SETTINGS, API),
            "data": {"config.json": text},
        },
        _service(),
        *pod.objects(_program(plan, database, images, text), selector),
    ]


def _service() -> Object:
    ports = [
        {"name": name, "protocol": "TCP", "port": port, "targetPort": port}
        for name, port in (("http", HTTP), ("grpc", GRPC))
    ]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(API),
        "spec": {"selector": labels(API), "ports": ports},
    }


def _program(
    plan: PipelinesPlan, database: PipelinesDatabasePlan, images: tuple[str, str, str], text: str
) -> pod.Program:
    server, driver, launcher = images
    health = {"httpGet": {"path": "/apis/v2beta1/healthz", "port": HTTP}, "timeoutSeconds": 5}
    volume, mount = pod.authority(database)
    return pod.Program(
        API,
        server,
        ["/bin/apiserver"],
        # Without --sampleconfig no samples are loaded: they belong to no tenant.
        [f"--config={FOLDER}", "--logtostderr=true", "--logLevel=info"],
        RESOURCES,
        env=[
            *pod.credentials(database, "DBCONFIG_MYSQLCONFIG_USER", "DBCONFIG_MYSQLCONFIG_PASSWORD"),
            pod.said("SSL_CERT_DIR", DATABASE_FOLDER),
            pod.said("V2_DRIVER_IMAGE", driver),
            pod.said("V2_LAUNCHER_IMAGE", launcher),
            pod.said("PIPELINE_LOG_LEVEL", "1"),
            pod.said("PUBLISH_LOGS", "true"),
            # It has no identity, and looks for none.
            pod.said("AWS_EC2_METADATA_DISABLED", "true"),
        ],
        ports={"http": HTTP, "grpc": GRPC},
        probes={
            # It brings the tables up to date before it listens, and waits six minutes for MySQL.
            "startupProbe": {**health, "periodSeconds": 5, "failureThreshold": 84},
            "readinessProbe": {**health, "periodSeconds": 5},
            "livenessProbe": {**health, "periodSeconds": 20},
        },
        volumes=[volume, {"name": "settings", "configMap": {"name": SETTINGS}}],
        mounts=[mount, {"name": "settings", "mountPath": FOLDER, "readOnly": True}],
        replicas=plan.replicas,
        settings=hashlib.sha256(text.encode()).hexdigest()[:16],
    )
