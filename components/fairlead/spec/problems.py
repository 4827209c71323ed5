"""Says what pydantic found wrong in the words of this product: where, given, allowed, fix."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from fairlead.errors import Problem, nearest, one_of
from fairlead.spec.paths import Loc, render
from fairlead.spec.targets import KINDS

LONGEST_SHOWN = 60
PATTERNS: Mapping[str, str] = {
    r"^[a-z]([-a-z0-9]*[a-z0-9])?$": "lower-case letters, digits and hyphens; a letter first, no hyphen last",
    r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$": (
        "lower-case letters, digits, hyphens and dots; a letter or digit first and last"
    ),
    r"^[^\s]+$": "one word without blanks, such as ml-team@example.com or @ml-team",
    r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$": (
        "letters, digits, hyphens, underscores and dots; a letter or digit first and last"
    ),
    r"^1\.[0-9]{2}$": "a minor version such as 1.35, in quotes",
    r"^([01][0-9]|2[0-3]):[0-5][0-9]$": "a time of the day such as 03:00, in quotes",
    r"^[0-9]+(x[0-9]+){1,2}$": "edges joined by x, such as 2x4 or 4x4x4",
    r"^[0-9]{6,20}$": "6 to 20 digits, in quotes",
    r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$": "6 to 30 lower-case letters, digits and hyphens; a letter first",
    r"^gke-security-groups@[^@\s]+$": "gke-security-groups@ and the organisation's domain",
    r"^[0-9]{12}$": "12 digits, in quotes",
    r"^https://[^/]+(/.*)?$": "an address that begins with https://",
    r"^https?://[^/\s]+$": "the address of a server, for example https://s3.example.com",
    r"^[a-z][a-z0-9+.-]*://[^/\s]+(/[^\s]*[^/\s])?$": (
        "SCHEME://BUCKET or SCHEME://BUCKET/PATH, without a slash at the end"
    ),
}
"""Patterns of the models in words; a pattern that is not here is shown as it is."""


def from_validation(error: ValidationError, model: type[BaseModel], root: str = "platform") -> list[Problem]:
    """Problems of a failed validation, one for each of pydantic's errors; paths begin with root."""
    return [_problem(details, model, root) for details in error.errors(include_url=False)]


def follows(details: ErrorDetails) -> bool:
    """True for an error that only follows from others and is not worth telling.

    A list whose entries are all wrong is called too short by pydantic: the entries say it already.
    """
    given: Any = details["input"]
    if details["type"] != "too_short" or not isinstance(given, (list, tuple)):
        return False
    entries = cast("Sequence[object]", given)
    return len(entries) >= details.get("ctx", {}).get("min_length", 0)


def shown(value: Any) -> str:
    """A value as the user would write it, on one line, cut where it is long."""
    if isinstance(value, str):
        text = value if value.strip() == value and value else json.dumps(value)
    else:
        text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _problem(details: ErrorDetails, model: type[BaseModel], root: str) -> Problem:
    loc: Loc = details["loc"]
    kind = details["type"]
    of_key = _is_of_key(details)
    if of_key:
        loc = loc[:-1]
    # A key stands behind a dot even where it is a number: brackets hold places in lists.
    key = of_key or kind == "invalid_key"
    where = f"{render(root, loc[:-1])}.{details['input']}" if key else render(root, untagged(loc))
    if kind == "invalid_key" or (of_key and kind == "string_type"):
        return Problem(where, "a key must be a text", given=shown(details["input"]), fix="put it in quotes")
    return _WORDS.get(kind, _other)(where, details, model)


def untagged(loc: Loc) -> Loc:
    """A place without the target's kind, which pydantic puts behind the key `target`."""
    return (loc[0], *loc[2:]) if loc[:1] == ("target",) and len(loc) > 1 and loc[1] in KINDS else loc


def _no_tag(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
    given: Any = details["input"]
    if not isinstance(given, Mapping):
        return _MAP(where, details, _model)
    keys = [str(key) for key in cast("Mapping[Any, Any]", given)]
    near = nearest("kind", keys, limit=1)
    fix = f"write kind in place of {near[0]}" if near else "add kind"
    return Problem(f"{where}.kind", "is missing", ", ".join(near), one_of(list(KINDS)), fix)


def _bad_tag(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
    given = shown(cast("Mapping[str, Any]", details["input"]).get("kind"))
    return Problem(
        f"{where}.kind", "is none of the words that are known here", given, one_of(list(KINDS), given)
    )


def _is_of_key(details: ErrorDetails) -> bool:
    """Whether it is the key of a map that is wrong: pydantic puts `[key]` behind it, and gives the key.

    Without the second look, a key that a user has named `[key]` would be taken for the mark.
    """
    loc, key = details["loc"], details["input"]
    return len(loc) > 1 and loc[-1] == "[key]" and loc[-2] in (key, str(key), repr(key))


def _unknown_key(where: str, details: ErrorDetails, model: type[BaseModel]) -> Problem:
    key = str(details["loc"][-1])
    known = list(_fields(model, details["loc"][:-1]))
    near = nearest(key, known, limit=1)
    fix = f"write {near[0]}" if near else "remove it"
    return Problem(where, "unknown key", given=key, allowed=one_of(known), fix=fix)


def _missing(where: str, details: ErrorDetails, model: type[BaseModel]) -> Problem:
    key = str(details["loc"][-1])
    field = _fields(model, details["loc"][:-1]).get(key)
    meaning = " ".join((field.description or "").split()) if field else ""
    return Problem(where, "is missing", fix=f"add {key}. {meaning}".strip())


def _choice(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
    expected = str(details.get("ctx", {}).get("expected", ""))
    given = shown(details["input"])
    words = re.findall(r"'([^']*)'", expected)
    if words:
        what = "is none of the words that are known here"
        return Problem(where, what, given=given, allowed=one_of(words, given))
    return Problem(where, "is none of the numbers that can be had", given=given, allowed=expected)


def _type(words: str, fix: str = "") -> Callable[[str, ErrorDetails, type[BaseModel]], Problem]:
    def say(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
        return Problem(where, f"must be {words}", given=shown(details["input"]), fix=fix)

    return say


def _bound(word: str, key: str) -> Callable[[str, ErrorDetails, type[BaseModel]], Problem]:
    def say(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
        bound = details.get("ctx", {}).get(key)
        return Problem(where, f"must be {word} {bound}", given=shown(details["input"]))

    return say


def _pattern(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
    pattern = str(details.get("ctx", {}).get("pattern"))
    return Problem(
        where,
        "has characters that are not allowed here",
        given=shown(details["input"]),
        allowed=PATTERNS.get(pattern, pattern),
    )


def _too_long(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
    given = f"{shown(details['input'])} ({len(str(details['input']))} characters)"
    return Problem(
        where,
        "is too long",
        given=given,
        allowed=f"at most {details.get('ctx', {}).get('max_length')} characters",
    )


def _empty(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
    return Problem(where, "is empty", given=shown(details["input"]), allowed="at least one")


def _value(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
    return Problem(
        where, str(details.get("ctx", {}).get("error", details["msg"])), given=shown(details["input"])
    )


def _other(where: str, details: ErrorDetails, _model: type[BaseModel]) -> Problem:
    return Problem(where, details["msg"], given=shown(details["input"]))


_MAP = _type("a map of keys and values")
_LIST = _type("a list", fix="begin each entry with a hyphen")
_WHOLE = _type("a whole number")
_NUMBER = _type("a number")
_WORDS: Mapping[str, Callable[[str, ErrorDetails, type[BaseModel]], Problem]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "union_tag_not_found": _no_tag,
    "union_tag_invalid": _bad_tag,
    "literal_error": _choice,
    "string_type": _type("a text", fix="put it in quotes if it is meant as a text"),
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _type("true or false"),
    "dict_type": _MAP,
    "model_type": _MAP,
    "model_attributes_type": _MAP,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "greater_than_equal": _bound("at least", "ge"),
    "less_than_equal": _bound("at most", "le"),
    "string_pattern_mismatch": _pattern,
    "string_too_long": _too_long,
    "string_too_short": _empty,
    "too_short": _empty,
    "value_error": _value,
}


def _fields(model: type[BaseModel], loc: Loc) -> Mapping[str, FieldInfo]:
    """Fields of the model that lies at a place inside another; empty where there is none."""
    here: list[Any] = [model]
    for step in loc:
        here = [inner for one in here for inner in _inside(one, step)]
    found = next((one for one in here if isinstance(one, type) and issubclass(one, BaseModel)), None)
    return {field.alias or name: field for name, field in found.model_fields.items()} if found else {}


def _inside(annotation: Any, step: int | str) -> Iterator[Any]:
    """What the annotation says of the value at one step of a path: a field, a map's value, an entry."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if KINDS.get(str(step)) is annotation:
            yield annotation
            return
        fields = annotation.model_fields.items()
        field = next((field for name, field in fields if (field.alias or name) == str(step)), None)
        yield from _choices(field.annotation) if field else ()
        return
    parts = get_args(annotation)
    if get_origin(annotation) in (dict, Mapping):
        yield from _choices(parts[1])
    elif get_origin(annotation) in (list, tuple, Sequence):
        yield from (choice for part in parts if part is not ... for choice in _choices(part))


def _choices(annotation: Any) -> Iterator[Any]:
    """What a value may be: the members of a union, without the remarks of Annotated."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _choices(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        yield from (choice for part in get_args(annotation) for choice in _choices(part))
    else:
        yield annotation
