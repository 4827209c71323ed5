"""One Kubernetes object as a Pulumi resource, from the object itself.

The typed classes of pulumi-kubernetes cost milliseconds each and cannot hold custom resources.
Here the object goes to the provider as it is; the tests check it against the API's own schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

CONDITIONS = {
    "CustomResourceDefinition": "Established",
    "APIService": "Available",
    "ClusterQueue": "Active",
    "LocalQueue": "Active",
    "ScaledObject": "Ready",
    "Cluster": "Ready",
    "Certificate": "Ready",
    "ClusterIssuer": "Ready",
    "Issuer": "Ready",
    "GatewayClass": "Accepted",
    "Gateway": "Programmed",
    "Prometheus": "Available",
}
"""Kind -> the status condition that makes an object ready; the provider knows those of core kinds itself."""


def type_token(api_version: str, kind: str) -> str:
    """The provider's token for a kind: `kubernetes:core/v1:Pod`, `kubernetes:apps/v1:Deployment`."""
    group_version = api_version if "/" in api_version else f"core/{api_version}"
    return f"kubernetes:{group_version}:{kind}"


def object_name(obj: Mapping[str, Any]) -> str:
    """`kind-namespace-name` in lower case: a stable resource name, unique within one cluster."""
    metadata = obj["metadata"]
    parts = [obj["kind"].lower(), metadata.get("namespace", ""), metadata["name"].replace(":", "-")]
    return "-".join(part for part in parts if part)


SKIP_AWAIT = frozenset({"PersistentVolumeClaim", "Service"})
"""The provider would wait for a Service's endpoints and for a claim's volume; both come with the pods, which are
awaited."""


FIELD_MANAGER = "fairlead"
"""The one owner of what is applied: a run that takes over what a killed one made is no stranger to it."""


def provider_notes(kind: str) -> dict[str, str]:
    """What the provider is told about an object of this kind: who applies it, and what makes it ready."""
    told = {"pulumi.com/patchFieldManager": FIELD_MANAGER}
    if kind in CONDITIONS:
        return {**told, "pulumi.com/waitFor": f"condition={CONDITIONS[kind]}"}
    return {**told, "pulumi.com/skipAwait": "true"} if kind in SKIP_AWAIT else told


class Manifest(pulumi.CustomResource):
    """A Kubernetes object under its own name. Ready means: its awaited condition holds."""

    def __init__(self, name: str, obj: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        props = dict(obj)
        metadata = obj["metadata"]
        own: Mapping[str, str] = metadata.get("annotations") or {}
        told = {**own, **provider_notes(obj["kind"])}
        props["metadata"] = {**metadata, "annotations": told}
        super().__init__(type_token(obj["apiVersion"], obj["kind"]), name, props, opts)
