"""Everything that the judge has against what a stack declares on Azure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reference import parallel
from reference.azure import (
    facts,
    links,
    rules_access,
    rules_cluster,
    rules_databases,
    rules_identity,
    rules_karpenter,
    rules_kube,
    rules_logs,
    rules_names,
    rules_network,
    rules_pools,
    rules_rights,
    rules_said,
    rules_secrets,
    rules_storage,
    schema,
)
from reference.azure.kinds import PROVIDER
from reference.azure.stack import Stack
from reference.common import Finding, Resource, filled

_RULES = (
    rules_pools,
    rules_cluster,
    rules_databases,
    rules_network,
    rules_identity,
    rules_names,
    rules_rights,
    rules_storage,
    rules_secrets,
    rules_logs,
    rules_said,
    rules_kube,
    rules_karpenter,
    rules_access,
)
_OBJECTS = {"StorageClass", "PersistentVolume", "ServiceAccount", "DaemonSet", "ConfigMap", "ResourceFlavor"}
"""Kinds of Kubernetes that say something of the cloud; the others have checks of their own."""


def check(resources: Sequence[Resource]) -> list[Finding]:
    """All findings: of the form first, by schema, links and CRDs; the rules then look at what has the right form."""
    ours = [one for one in resources if _ours(one)]
    found = schema.check(ours) + list(_custom(ours)) + links.check(ours)
    if found:
        return found
    found += parallel.check(resources, f"{PROVIDER}storagecache:AmlFilesystem")
    return found + [finding for rules in _RULES for finding in rules.check(Stack(ours))]


def _ours(one: Resource) -> bool:
    if not one["type"].startswith("kubernetes:"):
        return True
    inputs = one["inputs"]
    return inputs.get("kind") in _OBJECTS or "karpenter" in str(inputs.get("apiVersion"))


def _custom(resources: Sequence[Resource]) -> Iterator[Finding]:
    """Objects of Karpenter and of its Azure provider against their closed CRDs."""
    import jsonschema

    for one in resources:
        kind = (str(one["inputs"].get("apiVersion")), str(one["inputs"].get("kind")))
        if "karpenter" in kind[0]:
            schema = facts.custom_kinds().get(kind)
            if schema is None:
                yield Finding(one["urn"], "kind", f"no CRD of {kind}", facts.SIZES)
                continue
            whole = filled(one["inputs"], links.example)
            for error in jsonschema.Draft7Validator(schema).iter_errors(whole):
                yield Finding(one["urn"], error.json_path, error.message[:200], facts.SIZES)
