"""JSON Schema of a team file, made from that of a tenant, so that editors help while one is written.

The committed copy is `spec/tenant.schema.json`; a test fails when it has drifted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from fairlead.spec.schema import DIALECT
from fairlead.spec.teams import ENVIRONMENTS, NAME, ONCE, STACKS
from fairlead.spec.tenant import Tenant

FILE = Path(__file__).with_name("tenant.schema.json")
"""The committed schema."""
CHANGE, CHANGED = "Change", "Changed"
MERGED = ("Quota", "Roles", "People")
"""Parts of a tenant that merge key by key: what differs may say some of their keys, and null for others."""
Part = Mapping[str, Any]


def schema() -> dict[str, Any]:
    """JSON Schema of a team file."""
    tenant = Tenant.model_json_schema(mode="validation")
    parts = cast("Mapping[str, Part]", tenant["$defs"])
    fields = {
        key: one for key, one in cast("Mapping[str, Part]", tenant["properties"]).items() if key != "name"
    }
    named = {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{CHANGE}"}, "minProperties": 1}
    where = {
        ENVIRONMENTS: {
            **named,
            "propertyNames": {"pattern": NAME},
            "description": _WHERE.format("environment"),
        },
        STACKS: {**named, "description": _WHERE.format("stack")},
    }
    owner = {key: value for key, value in fields["owner"].items() if key not in ("anyOf", "default")}
    text = next(one for one in fields["owner"]["anyOf"] if one.get("type") == "string")
    return {
        "$schema": DIALECT,
        "title": "Team",
        "description": "A team file, stacks/tenants/<team>.yaml: the file's name is the tenant's name.",
        "type": "object",
        "additionalProperties": False,
        "required": ["owner"],
        "properties": {**fields, "owner": {**text, **owner}, **where},
        "$defs": {
            **parts,
            CHANGE: _change("What differs in one environment or stack.", fields, ONCE),
            **{f"{CHANGED}{name}": _change_of(parts[name]) for name in MERGED},
        },
    }


_WHERE = "Each {} that the team is in, and what differs there; with neither this nor the other, it is in all."


def _change(meaning: str, fields: Mapping[str, Part], without: tuple[str, ...] = ()) -> dict[str, Any]:
    """A part of which anything may be said, and null takes away what was said before."""
    return {
        "type": "object",
        "description": meaning,
        "additionalProperties": False,
        "properties": {key: _nullable(one) for key, one in fields.items() if key not in without},
    }


def _change_of(part: Part) -> dict[str, Any]:
    return _change(str(part.get("description", "")), cast("Mapping[str, Part]", part["properties"]))


def _nullable(field: Part) -> dict[str, Any]:
    value: dict[str, Any] = {key: one for key, one in field.items() if key not in ("description", "default")}
    name = str(value.get("$ref", "")).rpartition("/")[2]
    value = {"$ref": f"#/$defs/{CHANGED}{name}"} if name in MERGED else value
    choices: list[dict[str, Any]] = (
        value["anyOf"] if set(value) <= {"anyOf", "title"} and "anyOf" in value else [value]
    )
    # What is said here goes over what is said above: a part of a map will do.
    parts: list[dict[str, Any]] = [
        {key: said for key, said in one.items() if key != "required"} for one in choices
    ]
    kept = [one for one in parts if one != {"type": "null"}]
    said = {"description": field["description"]} if "description" in field else {}
    return {"anyOf": [*kept, {"type": "null"}], **said}


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
