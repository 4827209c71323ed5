"""How Pulumi's names of AWS resources and properties follow from those of the Terraform provider.

The bridge renames mechanically: `aws_eks_node_group` is `aws:eks/nodeGroup:NodeGroup`, `subnet_ids` is
`subnetIds`, a repeatable block `taint` is the list `taints`, a block of at most one is an object. The
tables hold what is not mechanical.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

TYPES = {
    "aws:autoscaling/tag:Tag": "aws_autoscaling_group_tag",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "aws_iam_openid_connect_provider",
    "aws:rds/instance:Instance": "aws_db_instance",
    "aws:rds/parameterGroup:ParameterGroup": "aws_db_parameter_group",
    "aws:rds/subnetGroup:SubnetGroup": "aws_db_subnet_group",
}
"""Types whose Terraform name does not follow from the token."""

PROPERTIES = {
    "aws_security_group": {"ingress": "ingress", "egress": "egress"},
    "aws_default_security_group": {"ingress": "ingress", "egress": "egress"},
    "aws_s3_bucket_lifecycle_configuration.rule": {
        "abort_incomplete_multipart_upload": "abortIncompleteMultipartUpload",
        "expiration": "expiration",
        "filter": "filter",
        "noncurrent_version_expiration": "noncurrentVersionExpiration",
    },
}
"""Terraform resource, or block inside it -> Terraform name -> Pulumi's name."""

NEWER = {"aws_eks_cluster": {"kubeSchedulerConfig": "kube_scheduler_config"}}
"""Terraform resource -> Pulumi's name -> the argument's, of what the pinned SDK has and the older schema has not.
Botocore's model alone knows what is in it."""

SINGLE = frozenset(
    f"aws_s3_bucket_lifecycle_configuration.rule.{name}"
    for name in PROPERTIES["aws_s3_bucket_lifecycle_configuration.rule"]
)
"""Blocks that the schema lets repeat and Pulumi has as one object: their validator allows one."""

ONE_OF_A_LIST = frozenset({("aws_fsx_lustre_file_system", "subnet_ids")})
"""Lists of texts that Pulumi has as one text: their validator allows one member."""


@cache
def snake(name: str) -> str:
    """`NodeGroup` -> `node_group`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@cache
def camel(name: str) -> str:
    """`node_group` -> `nodeGroup`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


@cache
def plural(name: str) -> str:
    """As the bridge writes a list's name: `taint` -> `taints`, `policy` -> `policies`."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    if re.search(r"([xz]|ch|sh|ss)$", name):
        return f"{name}es"
    return name if name.endswith("s") else f"{name}s"


def terraform_type(token: str, known: Mapping[str, Any]) -> str | None:
    """`aws:ec2/vpc:Vpc` -> `aws_vpc`, if the schema knows it; with the module's name where it has it."""
    found = re.fullmatch(r"aws:([A-Za-z0-9]+)/\w+:(\w+)", token)
    if not found:
        return None
    names = [TYPES.get(token), f"aws_{found[1].lower()}_{snake(found[2])}", f"aws_{snake(found[2])}"]
    return next((name for name in names if name in known), None)


def is_many(schema: Mapping[str, Any]) -> bool:
    """True for an attribute or block that repeats."""
    kind = schema.get("type")
    return (isinstance(kind, list) and kind[0] in ("list", "set")) or (
        schema.get("nesting_mode") in ("list", "set") and schema.get("max_items") != 1
    )


def wire_name(place: str, name: str, schema: Mapping[str, Any]) -> str:
    """Pulumi's name of an attribute or block of a Terraform resource, or of a block inside it."""
    if (special := PROPERTIES.get(place, {}).get(name)) is not None:
        return special
    return plural(camel(name)) if is_many(schema) else camel(name)
