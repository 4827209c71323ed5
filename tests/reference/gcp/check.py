"""Everything that is known about declared Google Cloud resources, in one function."""

from __future__ import annotations

from collections.abc import Sequence

from reference import parallel
from reference.common import Finding, Resource, dangling, unchecked
from reference.gcp import (
    bodies,
    discovery,
    references,
    rules_cluster,
    rules_contract,
    rules_databases,
    rules_identity,
    rules_interfaces,
    rules_kube,
    rules_logs,
    rules_machines,
    rules_nodes,
    rules_order,
    rules_project,
    rules_secrets,
    rules_storage,
    sdk,
    terraform,
)
from reference.gcp.body_rows import BODIES, UNDOCUMENTED
from reference.gcp.declared import Declared

CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
"""Nothing refers to a CRD, it refers to nothing, and reading the large ones takes most of the time."""
RULES = (
    references.check,
    rules_nodes.check,
    rules_machines.check,
    rules_cluster.check,
    rules_identity.check,
    rules_storage.check,
    rules_kube.check,
    rules_interfaces.check,
    rules_order.check,
    rules_contract.check,
    rules_project.check,
    rules_secrets.check,
    rules_logs.check,
    rules_databases.check,
)


def check(resources: Sequence[Resource]) -> list[Finding]:
    """What the SDK, the discovery documents, the Terraform schema and the rules say of a stack."""
    found = unchecked(resources, validated, "gcp:")
    found += dangling([one for one in resources if one["type"] != CRD])
    for one in resources:
        if one["type"].startswith("gcp:") and one["custom"]:
            found += sdk.check(one) + terraform.check(one) + request(one)
    stack = Declared(resources)
    for rule in RULES:
        found += rule(stack)
    return [*found, *parallel.check(resources, rules_storage.LUSTRE)]


def validated(token: str) -> bool:
    """Whether a type has a row: its request body, or the reason why no document describes it."""
    return token in BODIES or token in UNDOCUMENTED


def request(resource: Resource) -> list[Finding]:
    """What the API's document says of the request that creates a resource; paths are the request's."""
    row = BODIES.get(resource["type"])
    if row is None:
        return []
    body = bodies.body(resource["inputs"], row)
    reference = discovery.reference(row.api)
    return [
        Finding(resource["urn"], path, what, reference)
        for path, what in discovery.problems(body, row.api, row.schema)
    ]
