"""Checks Karpenter's objects against the CRDs of its release: schema, unknown keys, and their CEL rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from reference.common import Finding, Resource, is_unknown, per_resource
from reference.gomodule import go_module

MODULE = "github.com/aws/karpenter-provider-aws@v1.14.1"
REFERENCE = "Karpenter CRDs 1.14.1"
_KEEPS = "x-kubernetes-preserve-unknown-fields"
_Problem = tuple[str, str]


@cache
def _crds() -> Mapping[str, Mapping[str, Any]]:
    """`karpenter.sh/NodePool` -> CRD."""
    import yaml

    found: dict[str, Mapping[str, Any]] = {}
    for file in sorted((go_module(MODULE) / "pkg" / "apis" / "crds").glob("*.yaml")):
        crd = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
        found[f"{crd['spec']['group']}/{crd['spec']['names']['kind']}"] = crd
    return found


@per_resource
def check(resource: Resource) -> list[Finding]:
    """What the API server would say of one of Karpenter's objects; nothing for any other resource."""
    inputs = resource["inputs"]
    group, _, version = str(inputs.get("apiVersion", "")).rpartition("/")
    if not resource["type"].startswith("kubernetes:") or "karpenter" not in group:
        return []
    crd = _crds().get(f"{group}/{inputs.get('kind')}")
    if crd is None:
        return [Finding(resource["urn"], "kind", f"{group} has no {inputs.get('kind')!r}", REFERENCE)]
    schema = next(
        (one["schema"]["openAPIV3Schema"] for one in crd["spec"]["versions"] if one["name"] == version), None
    )
    if schema is None:
        return [Finding(resource["urn"], "apiVersion", f"there is no version {version!r}", REFERENCE)]
    problems = list(_shape(inputs, _validator(f"{group}/{inputs['kind']}", version)))
    if not problems:  # the API server asks the rules only of what has the right shape
        problems = list(_cel(inputs, schema, ""))
    return [Finding(resource["urn"], path, what, REFERENCE) for path, what in problems]


@cache
def _validator(kind: str, version: str) -> Any:
    from jsonschema import Draft202012Validator

    versions = {one["name"]: one for one in _crds()[kind]["spec"]["versions"]}
    schema = _closed(versions[version]["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
    return Draft202012Validator(schema)


def _closed(schema: Any) -> Any:
    """The schema, with a refusal of keys that an object does not name."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _closed(part) for key, part in schema.items()}
    if "properties" in schema and schema.get("type") == "object" and not schema.get(_KEEPS):
        made.setdefault("additionalProperties", False)
    return made


def _shape(inputs: Mapping[str, Any], validator: Any) -> Iterator[_Problem]:
    """Errors of the schema, less those of texts that are not known yet."""
    for error in validator.iter_errors(inputs):
        if not is_unknown(error.instance):
            yield error.json_path[2:], error.message


def _cel(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[_Problem]:
    """Rules that a value breaks; those that compare with an older object do not apply to a new one."""
    if is_unknown(value):
        return
    for rule in schema.get("x-kubernetes-validations", ()):
        text = rule["rule"]
        if "oldSelf" not in text and "${" not in str(value) and not _holds(text, value):
            yield path, rule.get("message", text)
    if isinstance(value, Mapping):
        for key, part in value.items():
            inner = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
            if isinstance(inner, Mapping):
                yield from _cel(part, inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _cel(part, schema.get("items", {}), f"{path}[{index}]")


@cache
def _program(rule: str) -> Any:
    import cel

    return cel.compile(rule)


def _holds(rule: str, value: Any) -> bool:
    """Evaluates a rule with the two functions of Kubernetes that the rules use beside CEL's own."""
    import cel

    context = cel.Context({"self": value})
    context.add_function("find", lambda text, pattern: getattr(re.search(pattern, text), "group", str)())
    context.add_function("split", lambda text, at: text.split(at))
    return bool(_program(rule).execute(context))
