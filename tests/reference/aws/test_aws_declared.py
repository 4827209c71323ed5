"""What the stacks on AWS declare passes every reference."""

from __future__ import annotations

import copy

import pytest

from reference.aws import checker
from reference.aws.declared import CLUSTER, NODE_GROUP
from reference.aws.stacks import STACKS
from reference.common import REPO, load
from reference.mutation import assert_clean


def test_every_stack_on_aws_is_judged():
    assert {file.name for file in (REPO / "stacks").glob("Pulumi.aws-*.yaml")} == {
        f"Pulumi.{name}.yaml" for name in STACKS
    }


@pytest.mark.parametrize("stack", STACKS)
def test_everything_declared_passes_every_reference(stack: str):
    resources = load(stack)
    kinds = {one["type"] for one in resources}
    assert {CLUSTER, NODE_GROUP} <= kinds, "the stack declares no cluster: nothing was judged"
    assert_clean(checker.check, resources)


@pytest.mark.parametrize("stack", STACKS)
def test_a_resource_that_no_validator_knows_is_a_finding(stack: str):
    resources = load(stack)
    stranger = {
        **copy.deepcopy(resources[0]),
        "type": "aws:ec2/warpDrive:WarpDrive",
        "custom": True,
        "inputs": {},
    }
    (found,) = checker.check([*resources, stranger])
    assert "no validator knows the type" in found.what
