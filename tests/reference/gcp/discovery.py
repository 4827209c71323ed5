"""Google's discovery documents: fields, types, enums, patterns and output-only fields of the REST APIs.

They come with google-api-python-client; they have next to no lists of required fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reference.common import is_unknown

Problem = tuple[str, str]
"""Path in the body and what is wrong there."""
INT32 = 2**31
PLAIN: dict[str, tuple[type, ...]] = {"boolean": (bool,), "integer": (int,), "number": (int, float)}
ENUM_SUPERSEDED = "_UNSPECIFIED"


@cache
def document(api: str) -> Mapping[str, Any]:
    """A discovery document by name and version: `container.v1`."""
    import googleapiclient

    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    return json.loads((folder / f"{api}.json").read_text())


@cache
def reference(api: str) -> str:
    """The document and its revision, as findings name it."""
    client = version("google-api-python-client")
    return f"{api} rev {document(api)['revision']} (google-api-python-client {client})"


def problems(body: Any, api: str, schema: str) -> list[Problem]:
    """What a document says of a request body."""
    return _value(body, document(api)["schemas"][schema], document(api)["schemas"], "")


def _value(value: Any, schema: Mapping[str, Any], all_: Mapping[str, Any], path: str) -> list[Problem]:
    if "$ref" in schema:
        return _value(value, all_[schema["$ref"]], all_, path)
    if schema.get("readOnly"):
        return [(path, "output only: may not be set")]
    judge = _KINDS.get(schema.get("type", "any"))
    return [] if is_unknown(value) or judge is None else judge(value, schema, all_, path)


def _array(value: Any, schema: Mapping[str, Any], all_: Mapping[str, Any], path: str) -> list[Problem]:
    if not isinstance(value, list):
        return [(path, f"{value!r} is no list")]
    return [
        one for i, part in enumerate(value) for one in _value(part, schema["items"], all_, f"{path}[{i}]")
    ]


def _object(value: Any, schema: Mapping[str, Any], all_: Mapping[str, Any], path: str) -> list[Problem]:
    if not isinstance(value, Mapping):
        return [(path, f"{value!r} is no object")]
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    found: list[Problem] = []
    for key, part in value.items():
        at = f"{path}.{key}" if path else key
        if key in known:
            found += _value(part, known[key], all_, at)
        elif others is not None:
            found += _value(part, others, all_, at)
        else:
            found.append((at, f"{schema.get('id', 'the API')} has no such field"))
    return found


def _string(value: Any, schema: Mapping[str, Any], _all: Mapping[str, Any], path: str) -> list[Problem]:
    if schema.get("format") in ("int64", "uint64"):  # carried as text in JSON, as numbers by the provider
        return [] if _whole(value) else [(path, f"{value!r} is no whole number")]
    if not isinstance(value, str):
        return [(path, f"{value!r} is no text")]
    if "enum" in schema and (value not in schema["enum"] or value.endswith(ENUM_SUPERSEDED)):
        return [(path, f"{value!r} is none of {', '.join(schema['enum'])}")]
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        return [(path, f"{value!r} does not match {schema['pattern']}")]
    if schema.get("format") == "google-duration" and not re.fullmatch(r"\d+(\.\d{1,9})?s", value):
        return [(path, f"{value!r} is no duration in seconds, as 3600s")]
    return []


def _whole(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.lstrip("-").isdigit()
    )


def _number(value: Any, schema: Mapping[str, Any], _all: Mapping[str, Any], path: str) -> list[Problem]:
    if not isinstance(value, PLAIN[schema["type"]]) or (
        schema["type"] != "boolean" and isinstance(value, bool)
    ):
        return [(path, f"{value!r} is no {schema['type']}")]
    if schema.get("format") == "int32" and not -INT32 <= value < INT32:
        return [(path, f"{value} does not fit into 32 bits")]
    return []


_KINDS = {"object": _object, "array": _array, "string": _string, **dict.fromkeys(PLAIN, _number)}
