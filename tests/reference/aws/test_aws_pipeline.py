"""The pipeline's role may make, read and remove what its stack declares, as CloudFormation would have to."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

import pytest

from reference.aws import cloudformation
from reference.aws import iam_documents as iam
from reference.aws.declared import ROLE, Declared, json_text
from reference.aws.rules_links import ISSUER
from reference.aws.stacks import STACKS
from reference.common import Resource, load

NOT_NEEDED: Mapping[str, str] = {
    "ec2:acceptaddresstransfer": "no address is taken over from another account",
    "ec2:associateaddress": "addresses are given to gateways, which need no association",
    "ec2:createvpcencryptioncontrol": "no network has encryption controls",
    "firehose:*": "no logs go there",
    "iam:*openidconnectprovider": "who lets the pipeline in is a person, with the first run",
    "kms:disablekey": "keys are made enabled",
    "logs:*dataprotectionpolicy": "no log group has one",
    "logs:*indexpolic*": "no log group has one",
    "logs:*logdelivery": "flow logs go to a log group, by a role of their own",
    "logs:*resourcepolic*": "no log group has one",
    "logs:putbearertokenauthentication": "no log group has it",
    "iam:listroles": "no server of RDS takes a role",
    "rds:addroletodbinstance": "no server of RDS takes a role",
    "rds:createdbinstancereadreplica": "no server has a replica to read from",
    "rds:restoredbinstance*": "a moment is brought back by a person",
    "rds:startdbinstanceautomatedbackupsreplication": "no backup is copied to another region",
    "s3:putbucketreplication": "no bucket is copied",
    "s3:putobjectlockconfiguration": "no bucket is locked",
    "s3:rest.put.object": "is no action",
    "s3tables:*": "no tables are made",
    "vpc-lattice:*": "no service networks are made",
    "vpce:allowmultiregion": "endpoints are of their own region",
}
"""Pattern of actions that CloudFormation asks for whatever is wanted -> why this program does without."""


def pipeline(stack: Declared) -> Resource | None:
    """The role that trusts an issuer which is declared."""
    if not any(stack.of(ISSUER)):
        return None
    return next(
        (one for one in stack.of(ROLE) if "Federated" in str(one["inputs"].get("assumeRolePolicy"))), None
    )


def allowed(stack: Declared, role: Resource) -> frozenset[str]:
    return frozenset(
        action
        for policy in stack.of("aws:iam/rolePolicy:RolePolicy")
        if stack.names(policy["inputs"].get("role"), role)
        for one in iam.statements(json_text(policy["inputs"].get("policy")))
        if one.get("Effect") == "Allow"
        for pattern in iam.several(one.get("Action"))
        for action, _row in iam.actions(pattern)
    )


def test_a_stack_has_a_pipeline():
    assert any(pipeline(Declared(load(name))) for name in STACKS)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("handler", ["create", "read", "delete"])
def test_the_pipeline_may_do_what_the_stack_needs(stack: str, handler: str):
    declared = Declared(load(stack))
    if (role := pipeline(declared)) is None:
        return  # a stack without one is deployed by people
    own = allowed(declared, role)
    missing = {
        f"{kind}: {action}"
        for kind in {one["type"] for one in declared.resources} & set(cloudformation.TYPES)
        for wanted in cloudformation.permissions(kind, handler)
        for action in [wanted.lower()]
        if not any(fnmatchcase(one, action) for one in own)
        if not any(fnmatchcase(action, pattern) for pattern in NOT_NEEDED)
    }
    assert not missing
