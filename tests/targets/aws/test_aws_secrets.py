"""Secrets in AWS Secrets Manager: a role for each namespace, taken with a token of one account, for its own names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from aws_declared import built, of, one_of, statements
from support.clouds import cloud_plan
from support.outside import KEPT_OUTSIDE

from fairlead.declared.record import Declared
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.aws_names import ROLE

SPACES = ("team-a", "team-a-b", "fairlead-gateway")
TENANTS = [
    {"name": name, "groups": [name], "quota": {"cpu": "1", "memory": "1Gi"}}
    for name in ("team-a", "team-a-b")
]
CI = {"issuer": "https://token.actions.githubusercontent.com", "subjects": ["repo:acme/platform:*"]}
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:"


def plan(layers: Mapping[str, Any] = KEPT_OUTSIDE, **more: Any) -> PlatformPlan:
    return cloud_plan("aws", tenants=TENANTS, layers=dict(layers), target={"ci": CI}, **more)


@cache
def declared() -> tuple[Declared, ...]:
    return tuple(built(plan()))


def of_space(kind: str, space: str) -> Declared:
    (found,) = [one for one in of(declared(), kind) if one.name == f"lab-secrets-{space}"]
    return found


@pytest.mark.parametrize("space", SPACES)
def test_a_role_is_taken_by_one_account_of_one_namespace_with_a_token_of_the_cluster(space: str) -> None:
    role = of_space("Role", space)
    (statement,) = statements(role, "assumeRolePolicy")
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    told = {
        key.rpartition(":")[2]: value
        for test in statement["Condition"].values()
        for key, value in test.items()
    }
    assert told == {"aud": "sts.amazonaws.com", "sub": [f"system:serviceaccount:{space}:fairlead-secrets"]}
    assert len(role.inputs["name"]) <= ROLE
    assert ("fairlead.dev/tenant" in role.inputs["tags"]) == (not space.startswith("fairlead-"))


def test_the_issuer_is_the_clusters_own_and_its_claims_are_called_by_its_host() -> None:
    issuer = one_of(declared(), "OpenIdConnectProvider", "lab-cluster")
    assert issuer["clientIdLists"] == ["sts.amazonaws.com"]
    assert "oidcs[0].issuer" in issuer["url"]
    (statement,) = statements(of_space("Role", "team-a"), "assumeRolePolicy")
    keys = [key for test in statement["Condition"].values() for key in test]
    assert all(key.startswith("${aws:eks/cluster:Cluster::lab.identities") for key in keys)


def test_a_token_of_a_host_is_told_without_its_scheme() -> None:
    from fairlead.targets.aws.policies import web_identity

    told = json.loads(web_identity("arn", "oidc.eks.eu-west-1.amazonaws.com/id/A", "x", ["y"]))
    assert set(told["Statement"][0]["Condition"]["StringLike"]) == {
        "oidc.eks.eu-west-1.amazonaws.com/id/A:sub"
    }


@pytest.mark.parametrize("space", SPACES)
def test_what_is_read_is_what_is_kept_under_the_namespaces_own_name(space: str) -> None:
    read, decrypt = statements(of_space("RolePolicy", space))
    assert (read["Effect"], read["Action"]) == ("Allow", "secretsmanager:GetSecretValue")
    kept = {other: f"{SECRET}fairlead/lab/{other}/hub-a1B2c3" for other in SPACES}
    assert [other for other in SPACES if fnmatchcase(kept[other], read["Resource"])] == [space]
    assert not fnmatchcase(f"{SECRET}fairlead/other/{space}/hub-a1B2c3", read["Resource"])
    assert decrypt["Action"] == "kms:Decrypt"
    assert decrypt["Condition"]["StringEquals"] == {
        "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"
    }
    assert decrypt["Condition"]["StringLike"] == {"kms:EncryptionContext:SecretARN": read["Resource"]}


def test_the_manager_is_reached_inside_the_network_only_where_it_is_used() -> None:
    assert "secretsmanager" in plan().site.network.endpoints  # type: ignore[attr-defined]
    assert "secretsmanager" not in plan({}).site.network.endpoints  # type: ignore[attr-defined]


def _pipeline(found: Any) -> str:
    (roles,) = [one for one in of(found, "RolePolicy") if one.name == "lab-ci-roles"]
    return str(roles.inputs["policy"])


def test_the_pipeline_makes_these_roles_and_this_issuer_and_without_them_no_issuer() -> None:
    told = _pipeline(declared())
    assert "iam:CreateOpenIDConnectProvider" in told
    assert "oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/*" in told
    for space in ("tenant-team-a", "tenant-team-a-b", "layer-gateway"):
        assert f"role/lab-secrets-{space}" in told
    assert "CreateOpenIDConnectProvider" not in _pipeline(built(plan({})))


@pytest.mark.parametrize(
    "secrets",
    [None, {"enabled": False, "cloud": {}}, {"enabled": True}],
    ids=["not asked for", "switched off", "kept in the cluster"],
)
def test_nothing_is_made_where_secrets_are_kept_elsewhere(secrets: dict[str, Any] | None) -> None:
    layers = {"certificates": {"enabled": True}, **({"secrets": secrets} if secrets else {})}
    found = built(plan(layers))
    assert not [one for one in found if "secrets" in one.name]
    assert [one.name for one in of(found, "OpenIdConnectProvider")] == ["lab-ci"]


def test_tenants_alone_have_roles_where_layers_take_nothing() -> None:
    layers = {**KEPT_OUTSIDE, "secrets": {"enabled": True, "cloud": {}}}
    assert [one.share.name for one in plan(layers).site.secrets] == ["team-a", "team-a-b"]  # type: ignore[attr-defined]
