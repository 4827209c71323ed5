"""Corners of the rules over AWS and regions that no example shows: who is everybody, what is left out or said."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from fairlead.rules.book import BY_ID
from fairlead.rules.examples import examples, laid_over
from fairlead.rules.judge import judge
from fairlead.rules.model import Finding, Subject
from fairlead.spec.policies import Policies

TODAY = date(2026, 11, 30)
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
DATABASE = "aws:rds/instance:Instance"


def thing(kind: str, inputs: dict[str, Any], name: str = "thing", **options: bool) -> Subject:
    return Subject(kind, name, inputs, f"urn:{kind}::{name}", **options)


def said(
    rule: str, *subjects: Subject, environment: str = "prod", regions: tuple[str, ...] = ()
) -> list[Finding]:
    policies = Policies.model_validate({"regions": regions})
    return judge(subjects, policies, TODAY, plan={"environment": environment}, rules=(BY_ID[rule],))


def nearly(rule: str, inputs: dict[str, Any]) -> Subject:
    """The first good example of a rule, with something laid over it."""
    good = next(one for one in examples()[rule] if not one.breaks).subjects[0]
    return Subject(good.type, good.name, laid_over(good.inputs, inputs), good.urn)


def statement(**parts: Any) -> str:
    return json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **parts}]}
    )


@pytest.mark.parametrize(
    ("condition", "narrowed"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/r-1/*"]}}, True),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:111122223333:a"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}, True),
        ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1"]}}, False),
        ({"StringLike": {"aws:PrincipalArn": "*"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": []}}, False),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:a"}}, False),
        ({"Null": {"aws:PrincipalOrgID": "false"}}, False),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1"}}, False),
        ({"StringEquals": {"s3:ExistingObjectTag/public": "true"}}, False),
        ({}, False),
    ],
)
def test_a_condition_narrows_everybody_where_it_names_who_asks_or_from_where(
    condition: dict[str, Any], narrowed: bool
) -> None:
    policy = statement(Principal="*", Condition=condition)
    found = said("aws-bucket-policy-private", thing(BUCKET_POLICY, {"policy": policy}))
    assert [one.path for one in found] == ([] if narrowed else ["policy.Statement[0].Principal"])


@pytest.mark.parametrize(
    ("policy", "fires"),
    [
        (statement(Principal={"Service": "*"}), False),
        (statement(Principal={"Federated": ["a"], "AWS": "*"}), True),
        ("no JSON", False),
        ("[]", False),
        ("{}", False),
        ({"Statement": [{"Effect": "Allow", "Principal": "*"}]}, True),
    ],
)
def test_a_policy_is_read_in_every_form_it_may_have(policy: Any, fires: bool) -> None:
    assert bool(said("aws-bucket-policy-private", thing(BUCKET_POLICY, {"policy": policy}))) == fires


TRUST = {
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/ci"},
}


@pytest.mark.parametrize(
    ("condition", "lacks"),
    [
        ({"StringEquals": {"ci:aud": "sts", "ci:sub": "repo:a"}}, []),
        ({"ForAnyValue:StringEquals": {"ci:aud": "sts", "ci:sub": "repo:a"}}, []),
        ({"ForAllValues:StringEquals": {"ci:aud": "sts", "ci:sub": "repo:a"}}, [":aud", ":sub"]),
        ({"StringNotEquals": {"ci:aud": "sts"}, "StringLike": {"ci:sub": "repo:*"}}, [":aud"]),
        ({"StringEquals": {"ci:aud": "sts"}, "StringLike": {"ci:sub": ["repo:a", "*:*"]}}, [":sub"]),
        ({}, [":aud", ":sub"]),
    ],
)
def test_trust_in_tokens_asks_for_whom_and_whose(condition: dict[str, Any], lacks: list[str]) -> None:
    role = thing(ROLE, {"assumeRolePolicy": statement(**TRUST, Condition=condition)})
    found = said("aws-trust-web-identity", role)
    assert [one.allowed.removeprefix("a condition on ISSUER") for one in found] == lacks
    assert all(one.given for one in found)


def test_a_finding_of_trust_shows_what_was_asked_for() -> None:
    for condition, given in (
        ({}, "left out"),
        ({"StringLike": {"ci:aud": "a", "ci:sub": ["b", "*"]}}, "b, *"),
    ):
        found = said(
            "aws-trust-web-identity",
            thing(ROLE, {"assumeRolePolicy": statement(**TRUST, Condition=condition)}),
        )
        assert found[-1].given == given


@pytest.mark.parametrize(
    ("parts", "given"),
    [
        ({"Action": ["*"]}, "*"),
        ({"Action": ["iam:*", "s3:GetObject"]}, "iam:*, s3:GetObject"),
        ({"Action": None, "NotAction": "s3:*"}, "NotAction"),
        ({"Action": "*", "Resource": "arn:aws:s3:::models"}, None),
        ({"Action": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}, None),
    ],
)
def test_a_policy_of_stars_is_one_on_everything_and_without_conditions(
    parts: dict[str, Any], given: str | None
) -> None:
    found = said("aws-policy-bounded", thing(ROLE_POLICY, {"policy": statement(**parts)}))
    assert [one.given for one in found] == ([given] if given else [])


def test_a_policy_of_ones_own_may_have_any_name() -> None:
    attachment = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    own = "arn:aws:iam::111122223333:policy/AdministratorAccess"
    assert said("aws-no-administrators", thing(attachment, {"policyArn": own})) == []


@pytest.mark.parametrize(
    ("rule", "inputs", "given"),
    [
        ("aws-cluster-logs", {"enabledClusterLogTypes": None}, "left out"),
        ("aws-cluster-logs", {"enabledClusterLogTypes": ["api"]}, "['api']"),
        ("aws-disk-encrypted", {"blockDeviceMappings": [{"ebs": {"encrypted": None}}]}, "left out"),
        ("aws-disk-encrypted", {"blockDeviceMappings": [{"ebs": {"encrypted": "False"}}]}, "false"),
        ("aws-database-backups", {"backupRetentionPeriod": None}, "left out"),
        ("aws-database-backups", {"backupRetentionPeriod": 0}, "0"),
        ("aws-key-rotated", {"enableKeyRotation": None, "keySpec": "SYMMETRIC_DEFAULT"}, "left out"),
        ("aws-cluster-endpoint-ranges", {"vpcConfig": {"endpointPublicAccess": True}}, "left out"),
    ],
)
def test_a_finding_shows_what_was_given(rule: str, inputs: dict[str, Any], given: str) -> None:
    assert [one.given for one in said(rule, nearly(rule, inputs))] == [given]


@pytest.mark.parametrize(
    ("rule", "inputs"),
    [
        ("aws-database-two-zones", {"multiAz": None}),
        ("aws-deletion-protected", {"deletionProtection": None}),
        ("aws-deletion-protected", {"deletionProtection": False}),
    ],
)
def test_what_production_must_have_is_shown_as_false_where_it_is_left_out(
    rule: str, inputs: dict[str, Any]
) -> None:
    assert [one.given for one in said(rule, thing(DATABASE, inputs))] == ["false"]
    assert said(rule, thing(DATABASE, inputs), environment="dev") == []


@pytest.mark.parametrize(
    ("rule", "inputs"),
    [
        # What copies another database is as that one is.
        ("aws-data-own-key", {"engine": "postgres", "replicateSourceDb": "a", "kmsKeyId": None}),
        ("aws-database-encrypted", {"replicationSourceIdentifier": "a", "storageEncrypted": None}),
        ("aws-database-encrypted", {"snapshotIdentifier": "a", "storageEncrypted": None}),
        ("aws-database-backups", {"replicationSourceIdentifier": "a", "backupRetentionPeriod": None}),
        ("aws-database-two-zones", {"replicateSourceDb": "a", "multiAz": False}),
        # What KMS cannot change.
        ("aws-key-rotated", {"enableKeyRotation": None, "customerMasterKeySpec": "RSA_4096"}),
        ("aws-key-rotated", {"enableKeyRotation": None, "keySpec": "HMAC_256"}),
        ("aws-key-rotated", {"enableKeyRotation": None, "customKeyStoreId": "cks-1"}),
        # What is off, or names nobody, opens nothing.
        (
            "aws-node-metadata-hops",
            {"metadataOptions": {"httpEndpoint": "disabled", "httpPutResponseHopLimit": 2}},
        ),
        ("aws-node-ssh-closed", {"remoteAccess": {"ec2SshKey": None, "sourceSecurityGroupIds": None}}),
        (
            "aws-cluster-endpoint-ranges",
            {"vpcConfig": {"endpointPublicAccess": True, "publicAccessCidrs": ["x"]}},
        ),
        ("aws-cluster-endpoint-ranges", {"vpcConfig": {"publicAccessCidrs": ["0.0.0.0/0"]}}),
    ],
)
def test_what_a_rule_is_not_about_breaks_none(rule: str, inputs: dict[str, Any]) -> None:
    assert said(rule, nearly(rule, inputs)) == []


@pytest.mark.parametrize(
    ("rule_of_group", "said_of_ports"),
    [
        ({"ipProtocol": "tcp", "fromPort": 22, "toPort": 22}, "port 22 is"),
        ({"ipProtocol": "tcp", "fromPort": 20, "toPort": 25}, "ports 20 to 25 are"),
        ({"ipProtocol": "-1"}, "every port is"),
        ({"ipProtocol": "-1", "fromPort": 0, "toPort": 0}, "every port is"),
        ({"ipProtocol": "icmp", "fromPort": -1, "toPort": -1}, "every port is"),
    ],
)
def test_what_is_open_is_named_by_its_ports(rule_of_group: dict[str, Any], said_of_ports: str) -> None:
    kind = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    found = said("aws-ingress-closed", thing(kind, {"cidrIpv4": "0.0.0.0/0", **rule_of_group}))
    assert [one.what for one in found] == [f"{said_of_ports} open to the whole Internet"]


POLICY_TLS = json.dumps(
    {
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    }
)


@pytest.mark.parametrize(
    ("policy", "fires"),
    [
        (POLICY_TLS, False),
        (POLICY_TLS.replace("Deny", "Allow"), True),
        (POLICY_TLS.replace("SecureTransport", "MultiFactorAuthPresent"), True),
        (None, True),
    ],
)
def test_a_buckets_own_policy_counts_as_one_beside_it(policy: str | None, fires: bool) -> None:
    found = said("aws-bucket-tls-only", thing(BUCKET, {"policy": policy} if policy else {}))
    assert bool(found) == fires


def test_a_policy_that_is_not_known_yet_may_be_the_one_that_is_asked_for() -> None:
    whose = thing(BUCKET_POLICY, {"bucket": "${unknown}", "policy": POLICY_TLS.replace("false", "true")})
    assert said("aws-bucket-tls-only", thing(BUCKET, {}), whose) == []


def test_a_finding_about_a_policy_is_on_the_policy() -> None:
    bad = {"bucket": "models", "policy": POLICY_TLS.replace("false", "true")}
    found = said(
        "aws-bucket-tls-only", thing(BUCKET, {"bucket": "models"}, "b"), thing(BUCKET_POLICY, bad, "p")
    )
    assert [(one.name, one.path) for one in found] == [("p", "policy")]


@pytest.mark.parametrize(
    ("bucket", "fires"),
    [
        (thing(BUCKET, {}, "models", retain_on_delete=True), True),
        (thing(BUCKET, {"bucket": "pulumi-tfstate-eu"}, "models"), True),
        (thing(BUCKET, {}, "db-backups"), True),
        (thing(BUCKET, {}, "statement"), False),
    ],
)
def test_a_bucket_is_a_record_by_its_name_or_its_protection(bucket: Subject, fires: bool) -> None:
    assert bool(said("aws-bucket-versioned", bucket)) == fires
    whose = thing("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "${unknown}"})
    assert said("aws-bucket-versioned", bucket, whose) == []


def test_a_topic_has_no_keys_of_sqs() -> None:
    topic = thing("aws:sns/topic:Topic", {"sqsManagedSseEnabled": False})
    assert [one.path for one in said("aws-messages-encrypted", topic)] == ["kmsMasterKeyId"]


def test_a_log_without_a_name_is_of_nobody_knows_what() -> None:
    logs = thing("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 7})
    assert said("aws-records-kept", logs) == []


@pytest.mark.parametrize(
    ("kind", "inputs", "path"),
    [
        (
            "aws:autoscaling/group:Group",
            {"availabilityZones": ["eu-west-1a", "us-east-1a"]},
            "availabilityZones[1]",
        ),
        ("aws:dynamodb/table:Table", {"replicas": [{"regionName": "us-east-1"}]}, "replicas[0].regionName"),
        (
            "aws:efs/fileSystem:FileSystem",
            {"kmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/1"},
            "kmsKeyId",
        ),
        ("gcp:container/nodePool:NodePool", {"nodeLocations": ["us-central1-b"]}, "nodeLocations[0]"),
        ("gcp:storage/bucket:Bucket", {"location": "US"}, "location"),
        ("azure-native:storage:StorageAccount", {"location": "eastus2"}, "location"),
        ("aws:iam/role:Role", {"tags": {"home": "us-east-1"}}, ""),
        ("aws:ec2/subnet:Subnet", {"availabilityZone": ""}, ""),
        ("aws:ec2/subnet:Subnet", {"availabilityZone": "eu-west-1-lon-1a"}, ""),
        ("kubernetes:core/v1:ConfigMap", {"data": {"region": "us-east-1"}}, ""),
        ("gcp:compute/subnetwork:Subnetwork", {"region": "projects/p/regions/eu-west-1"}, ""),
    ],
)
def test_a_place_is_found_under_the_keys_of_its_cloud(kind: str, inputs: dict[str, Any], path: str) -> None:
    found = said("cloud-region-allowed", thing(kind, inputs), regions=("eu-west-1",))
    assert [one.path for one in found] == ([path] if path else [])
