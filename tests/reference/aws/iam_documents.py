"""Facts for IAM policy documents: the actions of every service, ARN formats, AWS's own policies.

cfn-lint carries the service authorization reference, moto AWS's managed policies and a syntax check of
policy documents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from reference.aws import cloudformation

REFERENCE = "cfn-lint 1.58.0 and moto 5.2.5"


@cache
def _services() -> Mapping[str, Any]:
    file = cloudformation.data() / "AdditionalSpecs" / "Policies.json"
    return json.loads(file.read_text())


@cache
def managed_policies() -> frozenset[str]:
    """`policy/service-role/AmazonEBSCSIDriverPolicy`: what follows `arn:aws:iam::aws:` in AWS's own policies."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    rows = json.loads(aws_managed_policies_data)
    return frozenset(f"policy{row['Path']}{name}" for name, row in rows.items())


def syntax(document: str, kind: str) -> str | None:
    """What moto's check says of a document; None if it passes. kind: `trust`, `identity` or `resource`."""
    from moto.iam import policy_validation as validation
    from moto.iam.exceptions import MalformedPolicyDocument

    if kind == "resource":
        return None  # moto checks those of IAM only
    checks = {
        "trust": validation.IAMTrustPolicyDocumentValidator,
        "identity": validation.IAMPolicyDocumentValidator,
    }
    try:
        checks[kind](document).validate()
    except MalformedPolicyDocument as error:
        return str(error)
    return None


@cache
def actions(pattern: str) -> list[tuple[str, Mapping[str, Any]]]:
    """`service:action`, in small letters, and its row, of each action that a pattern grants."""
    service, _, name = pattern.partition(":")
    known = _services().get(service, {}).get("Actions", {})
    return [(f"{service}:{one}", row) for one, row in known.items() if fnmatchcase(one, name.lower())]


def fits(action: str, row: Mapping[str, Any], resource: str) -> bool:
    """True if an action may be granted on a resource: one of its kinds has this ARN format, or it is `*`."""
    if resource == "*":
        return True
    service = action.partition(":")[0]
    kinds = _services()[service]["Resources"]
    return any(
        _format(one).fullmatch(resource)
        for kind in row.get("Resources", ())
        for one in kinds.get(kind.lower(), {}).get("ARNFormats", ())
    )


@cache
def _format(text: str) -> re.Pattern[str]:
    """`arn:${Partition}:sqs:${Region}:${Account}:.*` as a pattern, wildcards allowed in each part."""
    parts = {"${Partition}": r"aws[\w-]*|\*", "${Region}": r"[a-z0-9-]+|\*|", "${Account}": r"\d{12}|\*|"}
    made = text.replace("*.", "*[.]")
    for word, pattern in parts.items():
        made = made.replace(word, f"(?:{pattern})")
    return re.compile(made)


def statements(document: Any) -> Iterator[Mapping[str, Any]]:
    """The statements of a policy document; one alone needs no list."""
    found = document.get("Statement", []) if isinstance(document, Mapping) else []
    yield from (found if isinstance(found, list) else [found])


def several(value: Any) -> list[Any]:
    """IAM takes one value or a list of them."""
    return value if isinstance(value, list) else [] if value is None else [value]


def principals(statement: Mapping[str, Any], kind: str) -> list[Any]:
    """The principals of a kind (`Service`, `AWS`) that a statement names; `*` alone is of no kind."""
    given = statement.get("Principal")
    return several(given.get(kind)) if isinstance(given, Mapping) else []


def is_service(prefix: str) -> bool:
    """True for a service's prefix in IAM, as `eks-auth`."""
    return prefix in _services()
