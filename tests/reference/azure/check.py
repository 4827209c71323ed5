"""Everything that the judge has against what a stack declares on Azure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reference.azure import (
    facts,
    links,
    rules_cluster,
    rules_identity,
    rules_names,
    rules_network,
    rules_pools,
    rules_storage,
    schema,
)
from reference.azure.stack import Stack
from reference.common import Finding, Resource


def check(resources: Sequence[Resource]) -> list[Finding]:
    """All findings: schema, links, custom kinds of Kubernetes, rules.

    The rules look at resources of the right form only: what the schema refuses is refused already.
    """
    formal = schema.check(resources) + list(_custom(resources))
    broken = {one.urn for one in formal}
    stack = Stack([one for one in resources if one["urn"] not in broken])
    rules = (rules_pools, rules_cluster, rules_network, rules_identity, rules_names, rules_storage)
    found = formal + links.check(resources)
    return found + [finding for one in rules for finding in one.check(stack)]


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
            for error in jsonschema.Draft7Validator(schema).iter_errors(one["inputs"]):
                yield Finding(one["urn"], error.json_path, error.message[:200], facts.SIZES)
