"""Where a workflow's artefacts are kept: the contract's URI of a tenant's part, in Argo's words.

Keys after the module github.com/argoproj/argo-workflows/v4 v4.0.5, pkg/apis/workflow/v1alpha1/
artifact_repository_types.go and workflow_types.go. None of them names a key or a secret: whoever calls the store is
known by the service account of the pod.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

KEY = "workflows/{{workflow.name}}/{{pod.name}}"
"""Below the tenant's part: apart from what its jobs write there."""


def repository(uri: str, endpoint: str, region: str) -> Mapping[str, Any]:
    """An ArtifactRepository. Raises ValueError for a URI whose scheme no driver of Argo reads."""
    at = urlsplit(uri)
    key = "/".join(part for part in (at.path.strip("/"), KEY) if part)
    if at.scheme == "s3":
        return {"s3": {**_s3(at, endpoint, region), "keyFormat": key}}
    if at.scheme == "gs":
        return {"gcs": {"bucket": at.netloc, "keyFormat": key}}
    if at.scheme == "abfs":
        found = {"endpoint": endpoint, "container": at.username, "useSDKCreds": True}
        return {"azure": {**found, "blobNameFormat": key}}
    raise ValueError(f"{uri}: artefacts of workflows are kept under s3://, gs:// or abfs:// alone")


def _s3(at: SplitResult, endpoint: str, region: str) -> Mapping[str, Any]:
    """Argo wants the host of the store's API without its scheme, and is told where it is no TLS."""
    api = urlsplit(endpoint)
    plain = {"insecure": True} if api.scheme == "http" else {}
    return {"endpoint": api.netloc, "bucket": at.netloc, "region": region, "useSDKCreds": True, **plain}
