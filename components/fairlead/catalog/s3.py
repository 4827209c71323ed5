"""Names of the S3 protocol that clients and S3-compatible stores share.

Variables: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html, read by the SDKs of all languages.
Forms of ARNs: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-arn-format.html; a role without an account is
SeaweedFS' own form (weed/iam/utils/arn_utils.go). All 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REGION = "us-east-1"
"""What clients must name though nothing lies there: the region that signatures are made for by default."""
TOKEN_FILE = "token"  # noqa: S105 - the name of a file
TRUST = "sts:AssumeRoleWithWebIdentity"
SUBJECT, AUDIENCE = "oidc:sub", "oidc:aud"
"""Claims of a token, as conditions of a trust policy name them here: weed/iam/integration/iam_manager.go."""
VERSION = "2012-10-17"
"""Of the policy language."""


def role(name: str) -> str:
    """ARN of a role."""
    return f"arn:aws:iam::role/{name}"


def variables(endpoint: str, role_name: str, folder: str) -> dict[str, str]:
    """What an SDK reads to sign in by a token in this folder and to find a store that is at no cloud's address."""
    return {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ENDPOINT_URL_STS": endpoint,
        "AWS_REGION": REGION,
        "AWS_ROLE_ARN": role(role_name),
        "AWS_WEB_IDENTITY_TOKEN_FILE": f"{folder}/{TOKEN_FILE}",
    }


def whole_bucket(name: str) -> Mapping[str, Any]:
    """A policy: everything with this bucket and what is in it, nothing with any other."""
    arn = f"arn:aws:s3:::{name}"
    statement = {"Effect": "Allow", "Action": ["s3:*"], "Resource": [arn, f"{arn}/*"]}
    return {"Version": VERSION, "Statement": [statement]}


def trusts(provider: str, subject: str) -> Mapping[str, Any]:
    """A trust policy: who has this provider's token of this subject may take the role."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": [TRUST],
        "Condition": {"StringEquals": {SUBJECT: subject}},
    }
    return {"Version": VERSION, "Statement": [statement]}
