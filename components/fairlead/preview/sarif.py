"""Findings of previews as SARIF 2.1.0, as code scanning of GitHub, GitLab and Azure DevOps reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from fairlead.preview import words
from fairlead.preview.model import Preview
from fairlead.rules.model import Finding

SCHEMA = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/Schemata/sarif-schema-2.1.0.json"
LEVELS = {"mandatory": "error", "advisory": "warning"}


def to_sarif(previews: Sequence[Preview]) -> dict[str, Any]:
    """One run with all findings. Places are the stacks' files: a resource has no line of its own."""
    found = [(preview, one) for preview in previews for one in preview.findings]
    rules = sorted({one.rule: one for _, one in found}.values(), key=lambda one: one.rule)
    order = {one.rule: place for place, one in enumerate(rules)}
    driver = {
        "name": "fairlead",
        "semanticVersion": version("fairlead"),
        "rules": [_rule(one) for one in rules],
    }
    results = [_result(preview, one, order[one.rule]) for preview, one in found]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _rule(one: Finding) -> dict[str, Any]:
    return {
        "id": one.rule,
        "shortDescription": {"text": one.title},
        "defaultConfiguration": {"level": LEVELS[one.level]},
    }


def _result(preview: Preview, one: Finding, place: int) -> dict[str, Any]:
    told = [f"Stack {preview.stack}: {words.finding(one)}"]
    told += [f"{word}: {text}" for word, text in _more(one) if text]
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": preview.file}, "region": {"startLine": 1}}
    }
    if one.urn:
        full = f"{one.urn}#{one.path}" if one.path else one.urn
        location["logicalLocations"] = [{"name": one.name, "fullyQualifiedName": full, "kind": "resource"}]
    result = {
        "ruleId": one.rule,
        "ruleIndex": place,
        "level": LEVELS[one.level],
        "message": {"text": ". ".join(told)},
        "locations": [location],
        "baselineState": "new" if preview.brought(one) else "unchanged",
        "partialFingerprints": {"fairlead/v1": _print(preview, one)},
    }
    if one.excused:
        result["suppressions"] = [{"kind": "external", "justification": one.excused}]
    return result


def _more(one: Finding) -> Iterable[tuple[str, str]]:
    return ("Given", one.given), ("Allowed", one.allowed), ("Fix", one.fix)


def _print(preview: Preview, one: Finding) -> str:
    """By what the same finding is known again in the next run: not by its words, which may get better."""
    parts = "\0".join((preview.stack, one.rule, one.urn, one.path))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]
