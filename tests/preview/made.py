"""Small made-up resources and previews for the tests of reports and verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.preview.model import Preview, Resource, Since, Step
from fairlead.preview.steps import steps

HEAD = "urn:pulumi:lab::fairlead::"
CONFIG_MAP, SECRET = "kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Secret"
BUCKET, SUBNET, VPC = "aws:s3/bucket:Bucket", "aws:ec2/subnet:Subnet", "aws:ec2/vpc:Vpc"


def made(kind: str, name: str, inputs: Mapping[str, Any], **options: Any) -> Resource:
    """A resource under the stack itself."""
    return Resource(f"{HEAD}{kind}::{name}", kind, name, inputs, **options)


def reference(one: Resource, path: str) -> str:
    """What stands for a value that only the resource's creation tells."""
    return f"${{{one.type}::{one.name}.{path}}}"


def step(before: Resource, after: Resource) -> Step:
    """What becomes of one resource."""
    (found,) = steps([before], [after])
    return found


def preview(found: Sequence[Step], **more: Any) -> Preview:
    """A preview of these steps."""
    return Preview(
        "lab", "stacks/Pulumi.lab.yaml", "aws", Since("main (1a2b3c4d5e6f)", "ref"), tuple(found), **more
    )
