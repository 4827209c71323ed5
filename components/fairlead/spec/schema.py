"""JSON Schema and reference page of the platform spec, both generated from the models.

The committed copies are `spec/platform.schema.json` (for editors) and `docs/spec.md`; a test fails
when they have drifted. The schema says what one field alone decides as far as JSON Schema can; the
rest (address ranges, sums, the catalogue) is said by `fairlead plan`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from fairlead.spec.model import Platform

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = Path(__file__).with_name("platform.schema.json")
"""The committed schema."""
READING_ORDER = (
    *("Pool", "Disruption", "Tenant", "Quota", "Roles", "People", "Layers", "Layer"),
    *("LocalTarget", "AwsTarget", "GcpTarget", "AzureTarget", "OnpremTarget"),
    *("Endpoint", "Maintenance", "Ci", "ObjectStore"),
)
"""Parts of the reference page, as one reads them; parts that are not named here come last."""


def schema() -> dict[str, Any]:
    """JSON Schema of what stands under `fairlead:platform`."""
    return {"$schema": DIALECT, **Platform.model_json_schema(mode="validation")}


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def reference() -> str:
    """The reference page: every key of the spec, its type, its default, its meaning, as Markdown."""
    whole = schema()
    parts = cast("Mapping[str, Mapping[str, Any]]", whole["$defs"])
    first = [name for name in READING_ORDER if name in parts]
    order = [*first, *(name for name in parts if name not in first)]
    lines = [
        "# The platform spec",
        "",
        "What stands under `config`, `fairlead:platform` of a stack, or in a file of its own for",
        "`fairlead plan -f`. Generated from the models in `components/fairlead/spec`: change those.",
        "How the layers of the configuration are merged: [ADR 2](adr/0002-layered-config.md). Teams may have",
        "files of their own: [tenants](tenants.md).",
    ]
    for name, part in [("platform", whole), *((name, parts[name]) for name in order)]:
        lines += ["", f"## {name}", "", _text(part)]
        if rows := list(_rows(part)):
            lines += ["", "| key | value | default | meaning |", "|---|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def _rows(part: Mapping[str, Any]) -> Iterator[str]:
    required = cast("list[str]", part.get("required", []))
    for key, field in cast("Mapping[str, Mapping[str, Any]]", part["properties"]).items():
        default = "required" if key in required else _default(field)
        yield f"| `{key}` | {_kind(field)} | {default} | {_text(field)} |"


def _default(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    if default is None:
        return "none"
    return "see there" if isinstance(default, dict) else f"`{json.dumps(default)}`"


def _text(part: Mapping[str, Any]) -> str:
    return " ".join(str(part.get("description", "")).split())


def _kind(field: Mapping[str, Any]) -> str:
    """A type in words."""
    if "$ref" in field:
        name = str(field["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in cast("list[str]", field["enum"]))
    if "anyOf" in field or "oneOf" in field:
        parts = cast("list[Mapping[str, Any]]", field.get("anyOf") or field["oneOf"])
        return " or ".join(_kind(part) for part in parts if part.get("type") != "null")
    return _simple(field)


def _entry(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a map holds; where its keys keep a pattern, JSON Schema says it under that."""
    by_pattern = cast("Mapping[str, Mapping[str, Any]]", field.get("patternProperties", {}))
    return cast("Mapping[str, Any]", field.get("additionalProperties") or next(iter(by_pattern.values())))


def _keys(field: Mapping[str, Any]) -> str:
    """What the keys of a map are, where only certain words will do."""
    words = cast("list[str]", field.get("propertyNames", {}).get("enum", []))
    return ", ".join(f"`{word}`" for word in words) or "name"


def _simple(field: Mapping[str, Any]) -> str:
    kind = str(field.get("type", "anything"))
    if kind == "array":
        return f"list of {_kind(cast('Mapping[str, Any]', field['items']))}"
    if "properties" in field:
        return f"map of {' and '.join(f'`{key}`' for key in field['properties'])}"
    if kind == "object":
        return f"map of {_keys(field)} to {_kind(_entry(field))}"
    named = {"string": "text", "integer": "whole number", "boolean": "true or false", "number": "number"}
    words = named[kind]
    if "maxLength" in field:
        return f"{words}, at most {field['maxLength']} characters"
    if "maximum" in field:
        return f"{words}, {field['minimum']} to {field['maximum']}"
    return words
