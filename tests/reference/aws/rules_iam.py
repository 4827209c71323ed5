"""Rules of IAM documents: who may assume, what is granted on what, and nothing granted on everything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reference.aws import iam_documents as iam
from reference.aws.declared import Declared, finding
from reference.common import Finding, Reference, Resource, filled

DOCUMENTS: Mapping[str, tuple[str, str]] = {
    "aws:iam/role:Role": ("assumeRolePolicy", "trust"),
    "aws:iam/rolePolicy:RolePolicy": ("policy", "identity"),
    "aws:iam/policy:Policy": ("policy", "identity"),
    "aws:kms/key:Key": ("policy", "resource"),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy", "resource"),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy", "resource"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("policy", "resource"),
}
"""Resource type -> property with a policy document, kind of the document."""

_ARN = {
    "aws:eks/cluster:Cluster": "arn:aws:eks:us-east-1:123456789012:cluster/x",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "arn:aws:iam::123456789012:oidc-provider/x",
    "aws:iam/policy:Policy": "arn:aws:iam::123456789012:policy/x",
    "aws:iam/role:Role": "arn:aws:iam::123456789012:role/x",
    "aws:iam/instanceProfile:InstanceProfile": "arn:aws:iam::123456789012:instance-profile/x",
    "aws:kms/key:Key": "arn:aws:kms:us-east-1:123456789012:key/x",
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:us-east-1:123456789012:log-group:x",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::x-x",
    "aws:sqs/queue:Queue": "arn:aws:sqs:us-east-1:123456789012:x",
    "aws:efs/fileSystem:FileSystem": "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-x",
}
"""Resource type -> an ARN in its shape, in the place of one that is not known yet."""

_OPERATORS = re.compile(
    r"(ForAnyValue:|ForAllValues:)?(String(Not)?(Equals(IgnoreCase)?|Like)|Arn(Not)?(Equals|Like)"
    r"|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?|Date(Not)?Equals"
    r"|Date(Less|Greater)Than(Equals)?|Bool|BinaryEquals|(Not)?IpAddress)(IfExists)?|Null"
)
_PRINCIPALS = {
    "Service": re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?"),
    "AWS": re.compile(
        r"\*|\d{12}|arn:aws[\w-]*:(iam::\d{12}:(root|(user|role)/.+)|sts::\d{12}:assumed-role/.+)"
    ),
    "Federated": re.compile(r"arn:aws[\w-]*:iam::\d{12}:(oidc|saml)-provider/.+|[a-z.]+\.[a-z]+"),
    "CanonicalUser": re.compile(r"[0-9a-f]{64}"),
}
_READS = re.compile(r"[a-z0-9-]+:(get|list|describe|batchget|view|lookup|search|filter|assume)")


def check(stack: Declared) -> list[Finding]:
    """Every rule on every policy document, and on attached policies of AWS."""
    found: list[Finding] = []
    for resource in stack.of(*DOCUMENTS):
        key, kind = DOCUMENTS[resource["type"]]
        if (text := resource["inputs"].get(key)) is not None:
            found += _document(resource, key, kind, text)
    for resource in stack.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
        arn = resource["inputs"].get("policyArn", "")
        if "${" not in arn and not _attachable(arn):
            found.append(Finding(resource["urn"], "policyArn", f"there is no policy {arn!r}", iam.REFERENCE))
    return found


def _attachable(arn: str) -> bool:
    own = re.fullmatch(r"arn:aws[\w-]*:iam::\d{12}:policy/[\w+=,.@/-]+", arn)
    aws = re.fullmatch(r"arn:aws[\w-]*:iam::aws:(policy/.+)", arn)
    return bool(own) or (aws is not None and aws[1] in iam.managed_policies())


def _fill(reference: Reference) -> str:
    if reference.output == "masterUserSecrets[0].secretArn":
        return "arn:aws:secretsmanager:us-east-1:111122223333:secret:rds!db-12345678-abcdef"
    if reference.output.endswith("oidcs[0].issuer"):
        return "oidc.eks.us-east-1.amazonaws.com/id/X"
    return _ARN.get(reference.type, "x") if reference.output == "arn" else "x"


def _document(resource: Resource, key: str, kind: str, text: Any) -> Iterator[Finding]:
    text = filled(text, _fill)
    data = json_object(text)
    if data is None:
        yield finding(resource, key, "is no JSON object")
        return
    if said := iam.syntax(text, kind):
        yield Finding(resource["urn"], key, said, iam.REFERENCE)
    if data.get("Version") != "2012-10-17":
        yield finding(resource, f"{key}@json.Version", "is 2012-10-17")
    for index, statement in enumerate(iam.statements(data)):
        path = f"{key}@json.Statement[{index}]"
        yield from _statement(resource, path, kind, statement)


def json_object(text: Any) -> dict[str, Any] | None:
    """The object in a JSON text; None if there is none."""
    import json

    try:
        data = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _statement(resource: Resource, path: str, kind: str, one: Mapping[str, Any]) -> Iterator[Finding]:
    if one.get("Effect") not in ("Allow", "Deny"):
        yield finding(resource, f"{path}.Effect", f"{one.get('Effect')!r} is neither Allow nor Deny")
    if unknown := set(one) - {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource",
                              "Condition"}:  # fmt: skip
        yield finding(resource, path, f"there is no {sorted(unknown)}")
    if ("Principal" in one) == (kind == "identity"):
        yield finding(resource, f"{path}.Principal", "a resource's policy names one, a role's own does not")
    if kind == "trust" and ("Resource" in one or ("Sid" in one and not re.fullmatch(r"\w*", one["Sid"]))):
        yield finding(resource, f"{path}.Resource", "a trust policy has none")
    for operator, tests in (one.get("Condition") or {}).items():
        if not _OPERATORS.fullmatch(operator):
            yield finding(resource, f"{path}.Condition", f"there is no operator {operator!r}")
        for key in tests:
            prefix = key.rpartition(":")[0].partition(":")[0]
            if not (prefix == "aws" or "." in prefix or iam.is_service(prefix)):
                yield finding(resource, f"{path}.Condition", f"{key!r} is a key of no service")
    yield from _principals(resource, path, one)
    yield from _actions(resource, path, kind, one)
    if kind == "trust":
        yield from _trust(resource, path, one)


def _principals(resource: Resource, path: str, one: Mapping[str, Any]) -> Iterator[Finding]:
    principal = one.get("Principal", {})
    if principal == "*" or (isinstance(principal, Mapping) and principal.get("AWS") == "*"):
        if one.get("Effect") == "Allow" and not one.get("Condition"):
            yield finding(resource, f"{path}.Principal", "everyone is allowed, without a condition")
        return
    if not isinstance(principal, Mapping):
        yield finding(resource, f"{path}.Principal", f"{principal!r} is no principal")
        return
    for kind, names in principal.items():
        for name in iam.several(names):
            if kind not in _PRINCIPALS or not _PRINCIPALS[kind].fullmatch(name):
                yield finding(resource, f"{path}.Principal", f"{kind} {name!r} is no principal")


def _actions(resource: Resource, path: str, kind: str, one: Mapping[str, Any]) -> Iterator[Finding]:
    targets = iam.several(one.get("Resource"))
    for pattern in iam.several(one.get("Action")):
        known = iam.actions(pattern)
        if pattern == "*":
            if one.get("Effect") == "Allow":
                yield finding(resource, f"{path}.Action", "every action of every service is allowed")
        elif not known:
            yield Finding(resource["urn"], f"{path}.Action", f"there is no action {pattern!r}", iam.REFERENCE)
        elif kind != "trust":
            yield from _targets(resource, path, pattern, targets)
        if kind == "identity" and one.get("Effect") == "Allow" and "*" in targets:
            yield from _everything(resource, path, pattern, one)


def _targets(resource: Resource, path: str, pattern: str, targets: list[Any]) -> Iterator[Finding]:
    """Each action has a target of its kind, and each target is some action's kind."""
    known = iam.actions(pattern)
    for target in targets:
        if not any(iam.fits(action, row, target) for action, row in known):
            # another action of the same statement may take this target, if this one takes another of it
            if any(iam.fits(action, row, other) for action, row in known for other in targets):
                continue
            what = f"{pattern} is not granted on {target!r}"
            yield Finding(resource["urn"], f"{path}.Resource", what, iam.REFERENCE)
    if re.match(r"s3:(Get|Put|Delete)Object$", pattern) and not any(
        "/" in one or one == "*" for one in targets
    ):
        yield finding(resource, f"{path}.Resource", f"{pattern} is on objects: the bucket's ARN and /*")
    if pattern == "s3:ListBucket" and all("/" in one for one in targets):
        yield finding(resource, f"{path}.Resource", f"{pattern} is on the bucket: its ARN without a path")


def _everything(resource: Resource, path: str, pattern: str, one: Mapping[str, Any]) -> Iterator[Finding]:
    """A role's own policy changes nothing on `*` that could be named, unless a condition narrows it."""
    if pattern.endswith(":*"):
        yield finding(resource, f"{path}.Action", f"{pattern} on everything")
    elif not one.get("Condition"):
        changes = [
            action
            for action, row in iam.actions(pattern)
            if row.get("Resources") and not _READS.match(action)
        ]
        if changes:
            yield finding(resource, f"{path}.Resource", f"{changes[0]} on everything, without a condition")


def _trust(resource: Resource, path: str, one: Mapping[str, Any]) -> Iterator[Finding]:
    """A service or role assumes with sts:AssumeRole, a federated identity with a web identity of one subject."""
    principal, actions = one.get("Principal", {}), iam.several(one.get("Action"))
    if not isinstance(principal, Mapping):
        return
    if "Federated" in principal:
        keys = {key for test in (one.get("Condition") or {}).values() for key in test}
        if "sts:AssumeRoleWithWebIdentity" not in actions:
            yield finding(resource, f"{path}.Action", "a federated identity needs AssumeRoleWithWebIdentity")
        for claim in ("sub", "aud"):
            if not any(key.endswith(f":{claim}") for key in keys):
                yield finding(
                    resource, f"{path}.Condition", f"the trust of an issuer needs its {claim} tested"
                )
    elif "sts:AssumeRole" not in actions:
        yield finding(resource, f"{path}.Action", "needs sts:AssumeRole")
    if "pods.eks.amazonaws.com" in iam.several(principal.get("Service")) and "sts:TagSession" not in actions:
        yield finding(resource, f"{path}.Action", "EKS Pod Identity needs sts:TagSession too")
