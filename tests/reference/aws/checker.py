"""The judge of everything that a stack declares on AWS."""

from __future__ import annotations

from collections.abc import Sequence

from reference import parallel
from reference.aws import (
    botocore_models,
    cloudformation,
    custom_resources,
    kubernetes_objects,
    rules_cluster,
    rules_databases,
    rules_files,
    rules_iam,
    rules_karpenter,
    rules_links,
    rules_logs,
    rules_names,
    rules_network,
    rules_nodes,
    rules_order,
    rules_references,
    rules_rights,
    rules_secrets,
    rules_services,
    rules_wanted,
    terraform_schema,
)
from reference.aws.declared import Declared
from reference.common import Finding, Resource, dangling, unchecked

_VALUES = (botocore_models, cloudformation)
_TOGETHER = (
    rules_nodes,
    rules_names,
    rules_references,
    rules_iam,
    rules_network,
    rules_cluster,
    rules_services,
    rules_files,
    rules_databases,
    rules_secrets,
    rules_logs,
    rules_karpenter,
    rules_links,
    rules_order,
    rules_rights,
    rules_wanted,
    kubernetes_objects,
)


def check(resources: Sequence[Resource]) -> list[Finding]:
    """Every finding of every reference and rule; a type that the schema does not know is one too.

    The rules read values, so they are asked only where names and types are right.
    """
    found = [*unchecked(resources, terraform_schema.knows, "aws:"), *dangling(resources)]
    declared = [one for one in resources if one["type"].startswith("aws:")]
    shapes = [finding for one in declared for finding in terraform_schema.check(one)]
    values = [finding for one in declared for reference in _VALUES for finding in reference.check(one)]
    objects = [finding for one in resources for finding in custom_resources.check(one)]
    found += [*shapes, *values, *objects]
    if shapes or objects:
        return found
    stack = Declared(resources)
    found += parallel.check(resources, rules_files.LUSTRE)
    return found + [finding for rules in _TOGETHER for finding in rules.check(stack)]
