"""Who reads what is kept in Secrets Manager: one account of one namespace, its own names, and nobody by a pattern.

https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html and
https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reference.aws.declared import CLUSTER, ROLE, Declared, finding
from reference.aws.rules_iam import json_object
from reference.common import Finding, Resource, references

ISSUER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
RIGHTS = "aws:iam/rolePolicy:RolePolicy"
SECRET = r"arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:"
ACCOUNT = re.compile(r"system:serviceaccount:([a-z0-9-]+):[a-z0-9.-]+")


def check(stack: Declared) -> list[Finding]:
    """Every rule on every role that accounts of the cluster take by a token."""
    found: list[Finding] = []
    for role in stack.of(ROLE):
        if statement := _federated(role):
            found += _trust(role, statement)
            found += _rights(stack, role, statement)
    return found


def _federated(role: Resource) -> Mapping[str, Any] | None:
    """The statement by which the cluster's tokens are believed; None for any other role."""
    trust = json_object(role["inputs"].get("assumeRolePolicy")) or {}
    for statement in trust.get("Statement", ()):
        who = statement.get("Principal")
        named = str(who.get("Federated", "")) if isinstance(who, Mapping) else ""
        if any(one.type == ISSUER and _of_cluster(one.name) for one in references(named)):
            return statement
    return None


def _of_cluster(name: str) -> bool:
    return name.endswith("-cluster")


def _subject(statement: Mapping[str, Any]) -> list[str]:
    tests = [test for tests in statement.get("Condition", {}).values() for test in tests.items()]
    named = next((value for key, value in tests if key.endswith(":sub")), [])
    return [named] if isinstance(named, str) else list(named)


def _trust(role: Resource, statement: Mapping[str, Any]) -> Iterator[Finding]:
    path, tests = "assumeRolePolicy@json", statement.get("Condition", {})
    keys = [key for operator in tests.values() for key in operator]
    if not any(key.endswith(":aud") for key in keys):
        yield finding(role, path, "takes tokens that were made for others")
    if any(CLUSTER not in key for key in keys):
        yield finding(role, path, "asks for claims of another issuer than the cluster")
    subjects = _subject(statement)
    if len(subjects) != 1 or not ACCOUNT.fullmatch(subjects[0]):
        yield finding(role, path, f"is for {subjects}, not for one account of one namespace")


def _rights(stack: Declared, role: Resource, statement: Mapping[str, Any]) -> Iterator[Finding]:
    found = ACCOUNT.fullmatch("".join(_subject(statement)))
    policies = [one for one in stack.of(RIGHTS) if stack.names(one["inputs"]["role"], role)]
    if not policies:
        yield finding(role, "name", "may do nothing")
    for policy in policies:
        statements = (json_object(policy["inputs"]["policy"]) or {}).get("Statement", ())
        if len(statements) != len(("read", "decrypt")):
            yield finding(policy, "policy@json.Statement", "is not the two that read and decrypt")
            continue
        read, decrypt = statements
        own = str(read["Resource"])
        if read["Action"] != "secretsmanager:GetSecretValue":
            yield finding(policy, "policy@json.Statement[0]", "does more than read values")
        if not found or not re.fullmatch(rf"{SECRET}[\w/-]+/{found[1]}/\*", own):
            yield finding(policy, "policy@json.Statement[0]", f"reads {own}, not its namespace's own")
        if decrypt["Action"] != "kms:Decrypt" or own not in json.dumps(decrypt["Condition"]):
            yield finding(policy, "policy@json.Statement[1]", "opens more by the key than what it reads")
