"""Checks the main AWS resources against the request shapes that botocore sends: values, not only names.

Each resource is translated into the request that creates it: members, types, required members, enums,
bounds, lengths and patterns. How the request is spelled is in requests.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from reference.aws.requests import REQUESTS, Request
from reference.common import Finding, Resource, is_unknown, per_resource

REFERENCE = "botocore 1.44.5"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
    "timestamp": (str,),
    "blob": (str,),
}
Problem = tuple[str, str]
"""Path in the inputs, what is wrong there."""


@cache
def _service(name: str) -> Any:
    import botocore.session

    return botocore.session.Session().get_service_model(name)


def knows(token: str) -> bool:
    """True if the request of this type is written down."""
    return token in REQUESTS


def values(service: str, shape: str) -> frozenset[str]:
    """The values of an enumeration."""
    return frozenset(_service(service).shape_for(shape).enum)


@per_resource
def check(resource: Resource) -> list[Finding]:
    """Whether the resource, as a request, would pass the service's own model."""
    request = REQUESTS.get(resource["type"])
    if request is None:
        return []
    shape = _service(request.service).operation_model(request.operation).input_shape
    for step in request.at:
        shape = _element(shape.members[step])
    problems = _structure(resource["inputs"], shape, request, "", ())
    return [Finding(resource["urn"], path, what, REFERENCE) for path, what in problems]


def _element(shape: Any) -> Any:
    return shape.member if shape.type_name == "list" else shape


def _structure(
    value: Mapping[str, Any], shape: Any, request: Request, path: str, place: tuple[str, ...]
) -> Iterator[Problem]:
    """place: the keys above, without indexes, as renames and what lies apart are keyed."""
    set_members = set(request.given) if not place else set()
    for key, part in value.items():
        here = (*place, key)
        where = f"{path}.{key}" if path else key
        if ".".join(here) in request.apart or part is None:
            continue
        found = _member(shape, request.renames.get(".".join(here), key), request.inside if not place else ())
        if found is None:
            yield where, f"{shape.name} of {request.operation} has no member for {key!r}"
            continue
        name, member = found
        set_members.add(name)
        yield from _value(part, member, request, where, here)
    for name in shape.metadata.get("required", ()):
        if name not in set_members:
            yield path, f"{request.operation} requires {name}"


def _member(shape: Any, name: str, inside: tuple[str, ...]) -> tuple[str, Any] | None:
    """The member of this name, whatever its case and number; `a.b` goes through structures and lists."""
    first, _, rest = name.partition(".")
    places = [shape.members, *(shape.members[one].members for one in inside)]
    for members in places:
        for known, member in members.items():
            if same_name(known, first):
                if not rest:
                    return known, member
                deeper = _member(_element(member), rest, ())
                return (known, deeper[1]) if deeper else None
    return None


def same_name(one: str, other: str) -> bool:
    """True for `SubnetIds` and `subnetIds`, `Filter` and `filters`, `identity` and `identities`."""
    return _stem(one) == _stem(other)


@cache
def _stem(name: str) -> str:
    return re.sub(r"(ies|y|es|s)$", "", name.lower())


def _value(value: Any, shape: Any, request: Request, path: str, place: tuple[str, ...]) -> Iterator[Problem]:
    if is_unknown(value):
        return
    kind = shape.type_name
    if kind == "structure":
        yield from _structured(value, shape, request, path, place)
    elif kind == "list":
        yield from _list(value, shape, request, path, place)
    elif kind == "map":
        yield from _map(value, shape, request, path, place)
    else:
        yield from _scalar(value, shape, path)


def _structured(
    value: Any, shape: Any, request: Request, path: str, place: tuple[str, ...]
) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        yield from _structure(value, shape, request, path, place)
    else:
        yield path, f"{value!r} is no {shape.name}"


def _list(value: Any, shape: Any, request: Request, path: str, place: tuple[str, ...]) -> Iterator[Problem]:
    """A list; tags come as a map, and Pulumi has a list of at most one as the member itself."""
    element = shape.member
    if isinstance(value, Mapping) and _is_tag(element):
        key, text = list(element.members)[:2]
        value = [{key: name, text: one} for name, one in value.items()]
    elif not isinstance(value, list):
        yield from _value(value, element, request, path, place)
        return
    yield from _bounds(len(value), shape, path, "members")
    for index, part in enumerate(value):
        yield from _value(part, element, request, f"{path}[{index}]", place)


def _is_tag(shape: Any) -> bool:
    return shape.type_name == "structure" and [name[-3:] for name in list(shape.members)[:1]] == ["Key"]


def _map(value: Any, shape: Any, request: Request, path: str, place: tuple[str, ...]) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield path, f"{value!r} is no map"
        return
    yield from _bounds(len(value), shape, path, "entries")
    for key, part in value.items():
        yield from _scalar(key, shape.key, f"{path}.{key}")
        yield from _value(part, shape.value, request, f"{path}.{key}", place)


def _scalar(value: Any, shape: Any, path: str) -> Iterator[Problem]:
    kind = shape.type_name
    if kind == "boolean" and value in ("true", "false"):
        return  # Terraform has a few booleans of launch templates as texts, so that "unset" can be said
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield path, f"{value!r} is no {kind}"
        return
    if enum := shape.metadata.get("enum"):
        if value not in enum:
            yield path, f"{value!r} is none of {shape.name}: {', '.join(enum[:12])}"
    elif isinstance(value, str):
        yield from _bounds(len(value), shape, path, "characters")
        yield from _pattern(value, shape, path)
    elif not isinstance(value, bool):
        yield from _bounds(value, shape, path, "")


def _bounds(value: float, shape: Any, path: str, of: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and value < least) or (most is not None and value > most):
        yield path, f"{value} {of} is not between {least} and {most}".replace("  ", " ")


def _pattern(value: str, shape: Any, path: str) -> Iterator[Problem]:
    pattern = shape.metadata.get("pattern")
    if pattern and not _compiled(pattern).fullmatch(value):
        yield path, f"{value!r} does not match {pattern}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Java's classes of characters in Python's words; the services mean the whole text."""
    for java, python in (
        (r"\p{L}", r"\w"),
        (r"\p{Z}", r"\s"),
        (r"\p{N}", r"\d"),
        (r"\p{P}", r"!-/:-@\[-`{-~"),
    ):
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
