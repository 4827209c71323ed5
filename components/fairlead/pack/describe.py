"""What the pack tells the engine of itself: its rules, their levels, and what may be configured of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, cast

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2 as proto

from fairlead.pack.config import level_of, schema
from fairlead.rules.book import RULES
from fairlead.rules.model import AnyRule, Finding, ResourceRule
from fairlead.rules.show import HOW_TO_EXCEPT, place
from fairlead.spec.policies import Policies

NAME = "fairlead"
WORDS: Mapping[str, Any] = {
    "advisory": proto.ADVISORY,
    "mandatory": proto.MANDATORY,
    "remediate": proto.REMEDIATE,
    "disabled": proto.DISABLED,
}
"""Level -> the protocol's value."""
BY_VALUE = {value: word for word, value in WORDS.items()}


def info(policies: Policies) -> Any:
    """The description of the pack. policies: what the stack's own spec says of levels."""
    return proto.AnalyzerInfo(
        name=NAME,
        displayName="Fairlead",
        description="What resources of an AI platform must keep to, on every cloud and in every cluster.",
        version=version("fairlead"),
        supportsConfig=True,
        policies=[_policy(rule, level_of(rule, policies)) for rule in RULES],
    )


def _policy(rule: AnyRule, level: str) -> Any:
    alone = isinstance(rule, ResourceRule)
    found = proto.PolicyInfo(
        name=rule.id,
        displayName=rule.title,
        description=rule.reason,
        enforcementLevel=WORDS[level],
        policy_type=proto.POLICY_TYPE_RESOURCE if alone else proto.POLICY_TYPE_STACK,
        tags=list(rule.references),
        remediation_steps=HOW_TO_EXCEPT,
    )
    json_format.ParseDict(dict(schema(rule)), found.configSchema.properties)
    return found


def diagnostic(rule: AnyRule, finding: Finding, level: str) -> Any:
    """A violation as the engine prints it. A rule that should have mended it by now refuses it."""
    asked = (("given", finding.given), ("allowed", finding.allowed), ("fix", finding.fix))
    lines = [
        f"{place(finding)}: {finding.what}",
        *(f"    {label + ':':9}{value}" for label, value in asked if value),
    ]
    return proto.AnalyzeDiagnostic(
        policyName=rule.id,
        policyPackName=NAME,
        policyPackVersion=version("fairlead"),
        description=rule.title,
        message="\n".join([rule.title, *lines]),
        urn=finding.urn,
        enforcementLevel=WORDS["mandatory" if level == "remediate" else level],
    )


def struct(value: Mapping[str, Any]) -> Any:
    """Plain data as a message."""
    from google.protobuf import struct_pb2

    return json_format.ParseDict(dict(value), cast(Any, struct_pb2.Struct()))
