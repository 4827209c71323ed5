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


class Manifest(pulumi.CustomResource):
    """A Kubernetes object under its own name. Ready means: its awaited condition holds."""

    def __init__(self, name: str, obj: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        props = dict(obj)
        condition = CONDITIONS.get(obj["kind"])
        if condition:
            metadata = dict(obj["metadata"])
            metadata["annotations"] = {
                **metadata.get("annotations", {}),
                "pulumi.com/waitFor": f"condition={condition}",
            }
            props["metadata"] = metadata
        super().__init__(type_token(obj["apiVersion"], obj["kind"]), name, props, opts)
