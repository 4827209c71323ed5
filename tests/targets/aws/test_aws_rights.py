"""Who may do what on AWS: every role has the least that it needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_declared import of, stack, statements

from fairlead.targets.aws import karpenter_policies, policies

ACCOUNT = "444455556666"


def actions(one: Mapping[str, Any]) -> set[str]:
    found = one["Action"]
    return {found} if isinstance(found, str) else set(found)


def policies_of(name: str) -> list[Mapping[str, Any]]:
    """All statements of the inline policies whose resource is called like this."""
    found = [one for one in of(stack("aws-prod"), "RolePolicy") if one.name == name]
    assert found, name
    return [statement for one in found for statement in statements(one)]


def test_a_tenant_reaches_its_own_folder_and_what_is_for_all_to_read() -> None:
    for tenant, other in (("research", "product"), ("product", "research")):
        given = policies_of(f"fairlead-prod-{tenant}")
        writes = {one["Resource"] for one in given if "s3:PutObject" in actions(one)}
        assert writes == {f"arn:aws:s3:::fairlead-prod-{ACCOUNT}-us-east-1/{tenant}/*"}
        assert f"/{other}/" not in json.dumps(given)
        (listing,) = [one for one in given if "s3:ListBucket" in actions(one)]
        assert all(
            part.startswith((tenant, "_datasets")) for part in listing["Condition"]["StringLike"]["s3:prefix"]
        )


def test_the_bond_of_a_tenant_or_a_layer_is_its_own_account_in_its_own_namespace() -> None:
    bonds = {
        one.inputs["namespace"]: one.inputs
        for one in of(stack("aws-prod"), "PodIdentityAssociation")
        if one.inputs["serviceAccount"] == "fairlead-workload"
    }
    assert set(bonds) == {"research", "product", "fairlead-tracking"}
    for space, bond in bonds.items():
        assert bond["roleArn"] == f"${{aws:iam/role:Role::fairlead-prod-{space}.arn}}"


def test_roles_of_pods_are_taken_by_pods_of_this_cluster_alone() -> None:
    trusting = [
        one
        for one in of(stack("aws-prod"), "Role")
        if "pods.eks.amazonaws.com" in one.inputs.get("assumeRolePolicy", "")
    ]
    assert len(trusting) >= 6
    for role in trusting:
        (one,) = statements(role, "assumeRolePolicy")
        arn = f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/fairlead-prod"
        assert one["Condition"]["ArnEquals"]["aws:SourceArn"] == arn
        assert set(one["Action"]) == {"sts:AssumeRole", "sts:TagSession"}


def test_nodes_may_learn_their_name_join_and_pull_images_and_nothing_else() -> None:
    attached = {
        one.inputs["policyArn"].rpartition("/")[2]
        for one in of(stack("aws-prod"), "RolePolicyAttachment")
        if "nodes" in one.name
    }
    assert attached == {"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"}
    assert not [one for one in of(stack("aws-prod"), "RolePolicy") if "nodes" in one.name]


def test_karpenter_makes_no_role_and_ends_no_machine_that_is_not_its_own() -> None:
    given = policies_of("fairlead-prod-karpenter")
    every = set().union(*(actions(one) for one in given))
    assert {one for one in every if one.startswith("iam:")} == {
        "iam:PassRole",
        "iam:GetInstanceProfile",
        "iam:ListInstanceProfiles",
    }
    (passing,) = [one for one in given if "iam:PassRole" in actions(one)]
    assert passing["Resource"] == f"arn:aws:iam::{ACCOUNT}:role/fairlead-prod-karpenter-nodes"
    (ending,) = [one for one in given if "ec2:TerminateInstances" in actions(one)]
    tag = f"aws:ResourceTag/{karpenter_policies.owned_by('fairlead-prod')}"
    assert ending["Condition"]["StringEquals"] == {tag: "owned"}


def test_what_karpenter_starts_carries_the_clusters_tags() -> None:
    for one in policies_of("fairlead-prod-karpenter"):
        on_instances = any(":instance/*" in str(target) for target in [one["Resource"]])
        if "ec2:RunInstances" in actions(one) and on_instances:
            assert "aws:RequestTag/kubernetes.io/cluster/fairlead-prod" in one["Condition"]["StringEquals"]
            return
    raise AssertionError("no statement lets Karpenter start anything")


def test_notices_come_from_the_platforms_own_rules_alone() -> None:
    (policy,) = of(stack("aws-prod"), "QueuePolicy")
    (events,) = [one for one in statements(policy) if one["Effect"] == "Allow"]
    rules = events["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert len(rules) == len(of(stack("aws-prod"), "EventRule")) == 5
    assert all(rule.startswith("${aws:cloudwatch/eventRule:EventRule::fairlead-prod-") for rule in rules)


def test_only_the_named_subjects_of_the_issuer_take_the_pipelines_role() -> None:
    (role,) = [one for one in of(stack("aws-prod"), "Role") if one.name.endswith("-ci")]
    (one,) = statements(role, "assumeRolePolicy")
    host = "token.actions.githubusercontent.com"
    assert one["Condition"] == {
        "StringEquals": {f"{host}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{host}:sub": ["repo:example/platform:environment:aws-prod"]},
    }
    assert not of(stack("aws-dev"), "OpenIdConnectProvider")


def test_the_pipeline_cannot_widen_its_own_rights() -> None:
    own = f"arn:aws:iam::{ACCOUNT}:role/fairlead-prod-ci"
    on_itself = [
        one
        for part in ("network", "cluster", "storage", "roles")
        for one in policies_of(f"fairlead-prod-ci-{part}")
        if own in (one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]])
    ]
    assert on_itself, "it could not even read its own role: no preview would work"
    for one in on_itself:
        assert all(action.startswith(("iam:Get", "iam:List")) for action in actions(one))


def test_the_policies_of_a_role_fit_into_it() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 10,240 without blanks."""
    sizes: dict[str, int] = {}
    for one in of(stack("aws-prod"), "RolePolicy"):
        size = len(json.dumps(json.loads(one.inputs["policy"]), separators=(",", ":")))
        sizes[one.inputs["role"]] = sizes.get(one.inputs["role"], 0) + size
    assert max(sizes.values()) <= 10_240


def test_the_key_serves_strangers_to_no_account() -> None:
    document = json.loads(policies.key("lab", "us-east-1", ACCOUNT))
    for one in document["Statement"]:
        if one["Principal"] == {"AWS": "*"}:
            assert one["Condition"]["StringEquals"] == {"kms:CallerAccount": ACCOUNT}
            assert "aws:PrincipalArn" in one["Condition"]["ArnLike"]


def test_foreign_credentials_write_nothing_through_the_networks_endpoints() -> None:
    found = [one for one in of(stack("aws-prod"), "VpcEndpoint") if "policy" in one.inputs]
    assert len(found) == 8
    for endpoint in found:
        for one in statements(endpoint):
            own = one["Condition"].get("StringEquals") == {"aws:PrincipalAccount": ACCOUNT}
            assert own or one["Action"] == "s3:GetObject", endpoint.name
