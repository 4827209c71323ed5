"""Policy documents of keys, buckets, queues and of the roles of people, nodes and tenants. Pure text.

Documents of Karpenter are in `karpenter_policies`, of the pipeline in `pipeline_policies`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.plan.sites.aws_model import WorkloadLogs
from fairlead.plan.sites.aws_server import Server
from fairlead.targets.aws.spelling import PARTITION, arn, document

USE = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
POD_IDENTITY = "pods.eks.amazonaws.com"
DATASETS = "_datasets"
"""Folder of the bucket that the parallel file system shows; no tenant's name begins like this."""


def log_groups(
    name: str, servers: Sequence[Server] = (), workloads: WorkloadLogs | None = None
) -> Mapping[str, str]:
    """Names of the log groups, of the control plane, the network, databases and containers. Others give theirs."""
    databases = {one.name: one.log_group for one in servers}
    containers = {one: one for one in workloads.groups} if workloads else {}
    return {
        "control": f"/aws/eks/{name}/cluster",
        "flow": f"/aws/vpc/{name}/flow",
        **databases,
        **containers,
    }


def key(
    name: str,
    region: str,
    account: str,
    servers: Sequence[Server] = (),
    workloads: WorkloadLogs | None = None,
) -> str:
    """Who may use the platform's key: by IAM whoever the account lets, beside it three services.

    Auto Scaling starts the nodes of node groups and FSx reads the bucket, each under a role of its own
    that the account may not have yet: a policy cannot name it as a principal, so conditions do.
    """
    named = log_groups(name, servers, workloads).values()
    groups = [arn("logs", region, account, f"log-group:{group}") for group in named]
    services = [
        f"arn:{PARTITION}:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/*",
        f"arn:{PARTITION}:iam::{account}:role/aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/*",
    ]
    own = {"StringEquals": {"kms:CallerAccount": account}, "ArnLike": {"aws:PrincipalArn": services}}
    grants = {**own, "Bool": {"kms:GrantIsForAWSResource": "true"}}
    return document(
        [
            {
                "Sid": "Account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{PARTITION}:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Logs",
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{region}.amazonaws.com"},
                "Action": USE,
                "Resource": "*",
                "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": groups}},
            },
            _of_services("Services", USE, own),
            _of_services("ServicesGrants", ["kms:CreateGrant"], grants),
        ]
    )


def _of_services(sid: str, actions: Sequence[str], condition: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": list(actions),
        "Resource": "*",
        "Condition": condition,
    }


def cluster_key(key_arn: str) -> str:
    """What the cluster's role may do with the key: wrap the keys of secrets."""
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"]
    return document([{"Effect": "Allow", "Action": actions, "Resource": key_arn}])


def volume_key(key_arn: str) -> str:
    """What the driver of volumes may do with the key: hand it to the service for a volume."""
    return document(
        [
            {"Effect": "Allow", "Action": USE, "Resource": key_arn},
            {
                "Effect": "Allow",
                "Action": "kms:CreateGrant",
                "Resource": key_arn,
                "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
            },
        ]
    )


def file_systems() -> str:
    """What the driver of the parallel file system may do: look at those that are there. It makes none."""
    return document([{"Effect": "Allow", "Action": "fsx:DescribeFileSystems", "Resource": "*"}])


def flow_logs(region: str, account: str, name: str) -> str:
    """What the network may do with its log group."""
    group = arn("logs", region, account, f"log-group:{log_groups(name)['flow']}")
    actions = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    return document(
        [{"Effect": "Allow", "Action": actions, "Resource": [group, f"{group}:log-stream:*", f"{group}:*"]}]
    )


def workload_logs(region: str, account: str, logs: WorkloadLogs) -> str:
    """What the collector of containers' output may do: add to the groups that are there. It makes none, for such a one
    would keep everything for ever, under a key of AWS."""
    groups = [arn("logs", region, account, f"log-group:{one}") for one in logs.groups]
    resources = [end for group in groups for end in (group, f"{group}:*", f"{group}:log-stream:*")]
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    return document([{"Effect": "Allow", "Action": actions, "Resource": resources}])


def bucket(name: str) -> str:
    """Refuses everybody who comes without TLS, or with an old one."""
    resources = [f"arn:{PARTITION}:s3:::{name}", f"arn:{PARTITION}:s3:::{name}/*"]
    refuse = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources}
    return document(
        [
            {"Sid": "TlsOnly", **refuse, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {"Sid": "Tls12", **refuse, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
        ]
    )


def share(bucket_name: str, folder: str, key_arn: str, *, datasets: bool) -> str:
    """What those may do who use a part of the bucket: its folder is theirs. datasets: they read what is for all."""
    whole = f"arn:{PARTITION}:s3:::{bucket_name}"
    folders = [folder, f"{folder}/*", *([DATASETS, f"{DATASETS}/*"] if datasets else [])]
    read = {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"{whole}/{DATASETS}/*",
    }
    return document(
        [
            {
                "Sid": "List",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": whole,
                "Condition": {"StringLike": {"s3:prefix": folders}},
            },
            {
                "Sid": "Own",
                "Effect": "Allow",
                "Action": [
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                "Resource": f"{whole}/{folder}/*",
            },
            *([read] if datasets else []),
            {
                "Sid": "Key",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": key_arn,
                "Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}},
            },
        ]
    )


def password(secret_arn: str, key_arn: str) -> str:
    """What pods of a layer may do beside their part of the bucket: read the password of their own database."""
    return document(
        [
            {
                "Sid": "Password",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": secret_arn,
            },
            {
                "Sid": "Key",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": key_arn,
                "Condition": {"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}},
            },
        ]
    )


def secrets(region: str, account: str, names: str, key_arn: str) -> str:
    """What a namespace's account may do: read secrets of such names, also those that the platform's key encrypts.

    Behind the name AWS puts six characters of its own, so that a pattern must end in a star.
    https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html and, for the key,
    security-encryption.html there, 2026-11-29.
    """
    own = arn("secretsmanager", region, account, f"secret:{names}*")
    return document(
        [
            {
                "Sid": "Own",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": own,
            },
            {
                "Sid": "Key",
                "Effect": "Allow",
                "Action": "kms:Decrypt",
                "Resource": key_arn,
                "Condition": {
                    "StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"},
                    "StringLike": {"kms:EncryptionContext:SecretARN": own},
                },
            },
        ]
    )


def queue(queue_arn: str, rules: Sequence[str]) -> str:
    """Lets the rules of the platform fill its queue, over TLS."""
    return document(
        [
            {
                "Sid": "Events",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": list(rules)}},
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": queue_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ]
    )


def endpoint(service: str, account: str) -> str | None:
    """An endpoint of the network serves the account's own people and roles. None: it serves everybody.

    STS gives a role to who has a token of an issuer: such a caller belongs to no account yet. And layers of
    images lie in the object store: registries hand out links to them that others have signed.
    """
    if service == "sts":
        return None
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": "*"}
    own = {"StringEquals": {"aws:PrincipalAccount": account}}
    given = [{**anybody, "Action": f"{service.partition('.')[0]}:*", "Condition": own}]
    if service == "s3":
        reading = {"Bool": {"aws:SecureTransport": "true"}}
        given.append({**anybody, "Action": "s3:GetObject", "Condition": reading})
    return document(given)


def web_identity(provider_arn: str, host: str, audience: str, subjects: Sequence[str]) -> str:
    """Who may take a role with a token of an issuer: these subjects, for this audience."""
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{host}:aud": audience},
                    "StringLike": {f"{host}:sub": list(subjects)},
                },
            }
        ]
    )
