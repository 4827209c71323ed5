"""Parts of a JSON Schema as tables for people: every key, its type, its default, its meaning, as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast


def section(name: str, part: Mapping[str, Any]) -> list[str]:
    """Lines of the section about one object of a schema; links to other objects lead to sections of their names."""
    lines = ["", f"## {name}", "", _text(part)]
    if rows := list(_rows(part)):
        lines += ["", "| key | value | default | meaning |", "|---|---|---|---|", *rows]
    return lines


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
