"""The Terraform provider's schema as a reference for what is required and how often a block may stand.

The newest one that a Go module carries is of google 5.45.2: it is silent on newer types and properties,
whose names and types the SDK and the discovery documents judge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from reference.common import Finding, Resource
from reference.gomodule import go_module

MODULE = "github.com/upbound/provider-gcp@v1.14.0"
CHECKSUM = "h1:OTvMgI2VcO2u0l19pcwGi1OnMLCGBEUmr4Pehmtho5s="
REFERENCE = "hashicorp/google 5.45.2 schema"

PREFIXES = {
    "projects": "project",
    "serviceaccount": "service_account",
    "artifactregistry": "artifact_registry",
    "secretmanager": "secret_manager",
    "servicenetworking": "service_networking",
}
"""Pulumi module -> Terraform prefix, where they differ."""
EXCEPTIONS = {"gcp:serviceaccount/account:Account": "google_service_account"}
NEWER = {
    "gcp:lustre/instance:Instance": "google_lustre_instance is not in google 5.45.2",
    "gcp:projects/serviceIdentity:ServiceIdentity": "google_project_service_identity was of google-beta alone",
}
"""Types that the schema is too old for, with the reason."""

RELAXED = {
    "google_container_cluster maintenance_policy.maintenance_exclusion.end_time": "optional in pulumi-gcp 10.2.0",
    "google_container_node_pool node_config.kubelet_config.cpu_manager_policy": "optional in pulumi-gcp 10.2.0",
    "google_container_cluster node_config.kubelet_config.cpu_manager_policy": "optional in pulumi-gcp 10.2.0",
}
"""Required in this schema and no longer in the version in use, with the reason."""


@cache
def schemas() -> Mapping[str, Any]:
    """Resource schemas by Terraform type."""
    text = (go_module(MODULE, CHECKSUM) / "config" / "schema.json").read_text()
    (provider,) = json.loads(text)["provider_schemas"].values()
    return provider["resource_schemas"]


def terraform_type(token: str) -> str:
    """`gcp:container/nodePool:NodePool` -> `google_container_node_pool`."""
    if token in EXCEPTIONS:
        return EXCEPTIONS[token]
    _, module, name = token.split(":")
    prefix = module.partition("/")[0]
    return f"google_{PREFIXES.get(prefix, prefix)}_{snake(name)}"


def snake(name: str) -> str:
    """`IAMMember` -> `iam_member`, `nodeLocations` -> `node_locations`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def check(resource: Resource) -> list[Finding]:
    """What the schema says of one resource."""
    if resource["type"] in NEWER:
        return []
    kind = terraform_type(resource["type"])
    if kind not in schemas():
        what = f"no Terraform resource {kind}: name it in PREFIXES, EXCEPTIONS or NEWER"
        return [Finding(resource["urn"], "", what, REFERENCE)]
    found = _block(resource["inputs"], schemas()[kind]["block"], "")
    return [
        Finding(resource["urn"], path, what, REFERENCE)
        for path, what in found
        if f"{kind} {path}" not in RELAXED
    ]


def _block(value: Mapping[str, Any], block: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    given = {_name(key, block): part for key, part in value.items()}
    for name, attribute in block.get("attributes", {}).items():
        at = f"{path}{name}"
        if attribute.get("required") and name not in given:
            yield at, "required, and missing"
        if name in given and not (attribute.get("required") or attribute.get("optional")):
            yield at, "computed: may not be set"
    for name, nested in block.get("block_types", {}).items():
        members = _members(given.get(name))
        if len(members) < nested.get("min_items", 0):
            yield f"{path}{name}", f"block required, {nested['min_items']} at least"
        if len(members) > nested.get("max_items", len(members)):
            yield f"{path}{name}", f"{len(members)} blocks, {nested['max_items']} at most"
        for one in members:
            if isinstance(one, Mapping):
                yield from _block(one, nested["block"], f"{path}{name}.")


def _members(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _name(wire: str, block: Mapping[str, Any]) -> str:
    """The schema's name of a wire property: snake case, and the singular where Pulumi makes a plural."""
    names = {**block.get("attributes", {}), **block.get("block_types", {})}
    name = snake(wire)
    options = [name, name.removesuffix("s"), name.removesuffix("es"), f"{name.removesuffix('ies')}y"]
    return next((one for one in options if one in names), name)
