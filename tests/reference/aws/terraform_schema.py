"""Checks every AWS resource against the schema of the Terraform provider that Pulumi's provider wraps.

It knows names, types, what is required and how often a block may stand; it knows no values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from reference.aws import names
from reference.common import Finding, Resource, is_unknown, per_resource
from reference.gomodule import go_module

MODULE = "github.com/upbound/provider-aws/v2@v2.5.0"
MODULE_SUM = "h1:xQ+xVkv8E4lT8kzOkxiJgaYrmZfPTyfGRhfRtUVTc6I="
REFERENCE = "Terraform schema 6.34.0"


@cache
def schemas() -> Mapping[str, Any]:
    """Terraform resource -> schema; hashicorp/aws 6.34.0 as the pinned module carries it."""
    file = go_module(MODULE, MODULE_SUM) / "config" / "schema.json"
    (provider,) = json.loads(file.read_text())["provider_schemas"].values()
    return provider["resource_schemas"]


def knows(token: str) -> bool:
    """True if the schema has the resource of this type token."""
    return names.terraform_type(token, schemas()) is not None


@dataclass(frozen=True)
class Problem:
    """What is wrong at a path."""

    path: str
    what: str


@per_resource
def check(resource: Resource) -> list[Finding]:
    """Names, types, required properties and block counts of one resource."""
    place = names.terraform_type(resource["type"], schemas())
    if place is None:
        return []
    block = schemas()[place]["block"]
    problems = _block(resource["inputs"], block, place, "")
    return [Finding(resource["urn"], one.path, one.what, REFERENCE) for one in problems]


def properties(place: str, block: Mapping[str, Any]) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Pulumi's name -> Terraform's name and schema, of all that a program may set."""
    made: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for name, schema in block.get("attributes", {}).items():
        settable = schema.get("optional") or schema.get("required")
        if settable and name != "tags_all" and (name != "id" or "." in place):
            made[names.wire_name(place, name, schema)] = (name, schema)
    for name, schema in block.get("block_types", {}).items():
        if name != "timeouts":
            made[names.wire_name(place, name, schema)] = (name, schema)
    return made


def _block(value: Any, block: Mapping[str, Any], place: str, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(path, f"{value!r} is no object")
        return
    known = properties(place, block)
    for key, part in value.items():
        where = f"{path}.{key}" if path else str(key)
        if key in names.NEWER.get(place, {}):
            continue
        if key not in known:
            yield Problem(where, f"{place} has no {key!r}")
            continue
        name, schema = known[key]
        if "block" in schema:
            yield from _blocks(part, schema, f"{place}.{name}", where)
        else:
            one = (place, name) in names.ONE_OF_A_LIST
            yield from _typed(part, schema["type"][1] if one else schema["type"], where)
    for key, (_name, schema) in known.items():
        if value.get(key) is None and (schema.get("required") or schema.get("min_items", 0) > 0):
            yield Problem(f"{path}.{key}" if path else key, "is required and not there")


def _blocks(value: Any, schema: Mapping[str, Any], place: str, path: str) -> Iterator[Problem]:
    if not names.is_many(schema) or place in names.SINGLE:
        yield from _block(value, schema["block"], place, path)
        return
    if not isinstance(value, list):
        yield Problem(path, f"{value!r} is no list")
        return
    if not schema.get("min_items", 0) <= len(value) <= schema.get("max_items", len(value)):
        least, most = schema.get("min_items", 0), schema.get("max_items", "any number")
        yield Problem(path, f"{len(value)} members, allowed are {least} to {most}")
    for index, part in enumerate(value):
        yield from _block(part, schema["block"], place, f"{path}[{index}]")


def _typed(value: Any, kind: Any, path: str) -> Iterator[Problem]:
    """kind: a Terraform type, as `string`, `["list", "string"]`, `["object", {...}]`."""
    if value is None or is_unknown(value):
        return
    if isinstance(kind, str):
        if not _is_a(value, kind):
            yield Problem(path, f"{value!r} is no {kind}")
    elif kind[0] in ("list", "set"):
        if not isinstance(value, list):
            yield Problem(path, f"{value!r} is no list")
            return
        for index, part in enumerate(value):
            yield from _typed(part, kind[1], f"{path}[{index}]")
    elif not isinstance(value, Mapping):
        yield Problem(path, f"{value!r} is no map")
    else:
        for key, part in value.items():
            inner = kind[1] if kind[0] == "map" else kind[1].get(names.snake(key))
            if inner is None:
                yield Problem(f"{path}.{key}", f"there is no {key!r} here")
            else:
                yield from _typed(part, inner, f"{path}.{key}")


def _is_a(value: Any, kind: str) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)
