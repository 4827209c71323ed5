"""Where a run's artefacts lie: in the tenant's own part of the object store, opened by the pod's identity.

Keys: backend/src/v2/config/{env,s3,gcs}.go, backend/src/v2/objectstore/config.go and backend/src/v2/compiler/
argocompiler/common.go of github.com/kubeflow/pipelines at tag 2.17.0, read 2026-11-29. `fromEnv` without a secret: the
client takes what identity the pod has. The launcher reads s3:// and gs:// alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pulumi

FOLDER = "pipelines"
"""Below the tenant's part: apart from what its jobs and workflows write there."""
LAUNCHER, CONNECTION = "kfp-launcher", "metadata-grpc-configmap"
"""ConfigMaps in a tenant's namespace: what driver and launcher read, and what every step has as its environment."""


def launcher(uri: str, endpoint: str, region: str) -> dict[str, str]:
    """Data of the first. Raises ValueError for a URI whose scheme the launcher does not read."""
    return {
        "defaultPipelineRoot": f"{uri.rstrip('/')}/{FOLDER}",
        "providers": json.dumps(_providers(urlsplit(uri).scheme, endpoint, region, uri), sort_keys=True),
    }


def _providers(scheme: str, endpoint: str, region: str, uri: str) -> Mapping[str, Any]:
    own: Mapping[str, Any] = {"fromEnv": True}
    if scheme == "gs":
        return {"gs": {"default": {"credentials": own}}}
    if scheme == "s3":
        plain = urlsplit(endpoint).scheme == "http"
        told = {"endpoint": endpoint, "region": region, "disableSSL": plain, "credentials": own}
        return {"s3": {"default": told}}
    raise ValueError(f"{uri}: artefacts of pipelines are kept under s3:// or gs:// alone")


def connection(host: str, port: int, told: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
    """Data of the second: where metadata go, and what every step of a workflow is told.

    told: that. A step has it from the settings of Argo's controller, but the server of pipelines names its own source
    for the environment there, which takes that one's place: lists of sources are merged by no key.
    """
    return {**told, "METADATA_GRPC_SERVICE_HOST": host, "METADATA_GRPC_SERVICE_PORT": str(port)}
