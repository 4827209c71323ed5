"""The Pulumi SDK's own Args classes as a reference: names, required properties and types of this very version.

A program that uses them is right by construction, except where a plain dict or an untyped value slips
through; and a property that a newer API has and this SDK has not must be refused.
"""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from reference.common import Finding, Resource, is_unknown

SCALARS: dict[Any, tuple[type, ...]] = {str: (str,), bool: (bool,), int: (int,), float: (int, float)}


@cache
def reference() -> str:
    """The package and its version, as findings name it."""
    from importlib.metadata import version

    return f"pulumi-gcp {version('pulumi-gcp')}"


@cache
def args_class(token: str) -> type | None:
    """`gcp:container/nodePool:NodePool` -> NodePoolArgs; None if the SDK has no such resource."""
    package, module, name = token.split(":")
    if package != "gcp":
        return None
    try:
        found = importlib.import_module(f"pulumi_gcp.{module.partition('/')[0]}")
    except ModuleNotFoundError:
        return None
    return getattr(found, f"{name}Args", None)


@cache
def properties(args: type) -> Mapping[str, Any]:
    """Wire names of an Args class and their types."""
    from pulumi._types import input_type_types

    return input_type_types(args)


@cache
def required(args: type) -> frozenset[str]:
    """Wire names of the properties without a default."""
    from pulumi._types import input_type_py_to_pulumi_names

    wire = input_type_py_to_pulumi_names(args)
    parameters = inspect.signature(args).parameters.values()
    return frozenset(wire[one.name] for one in parameters if one.default is inspect.Parameter.empty)


def check(resource: Resource) -> list[Finding]:
    """What the SDK's classes say of one resource."""
    args = args_class(resource["type"])
    if args is None:
        return [Finding(resource["urn"], "", f"the SDK has no resource {resource['type']}", reference())]
    return [
        Finding(resource["urn"], path, what, reference())
        for path, what in _object(resource["inputs"], args, "")
    ]


def _object(value: Mapping[str, Any], args: type, path: str) -> list[tuple[str, str]]:
    known = properties(args)
    found = [(_at(path, key), "no such property") for key in value if key not in known]
    found += [(_at(path, key), "required, and missing") for key in sorted(required(args) - set(value))]
    for key in known.keys() & value.keys():
        found += _value(value[key], known[key], _at(path, key))
    return found


def _value(value: Any, declared: Any, path: str) -> list[tuple[str, str]]:
    from pulumi._types import is_input_type

    kind = plain(declared)
    if is_unknown(value) or kind is Any:
        return []
    if isinstance(kind, type) and is_input_type(kind):
        if not isinstance(value, Mapping):
            return [(path, f"{value!r} is no object")]
        return _object(value, kind, path)
    origin = typing.get_origin(kind)
    if origin is None:
        return _scalar(value, kind, path)
    if not isinstance(value, list if issubclass(origin, Sequence) else Mapping):
        return [(path, f"{value!r} is no {'list' if issubclass(origin, Sequence) else 'map'}")]
    member = typing.get_args(kind)[-1]
    parts = (
        [(f"{path}[{i}]", part) for i, part in enumerate(value)]
        if isinstance(value, list)
        else [(_at(path, key), part) for key, part in value.items()]
    )
    return [one for at, part in parts for one in _value(part, member, at)]


def _scalar(value: Any, kind: Any, path: str) -> list[tuple[str, str]]:
    allowed = SCALARS.get(kind)
    if allowed is None or (isinstance(value, allowed) and (kind is bool or not isinstance(value, bool))):
        return []
    return [(path, f"{value!r} is no {kind.__name__}")]


def plain(declared: Any) -> Any:
    """The T of Input[T], Optional[T] and Union[enum, T]."""
    from pulumi._types import is_input_type, unwrap_type

    kind = unwrap_type(declared)
    if isinstance(kind, type) or typing.get_origin(kind) is not typing.Union:
        return kind
    options = [plain(one) for one in typing.get_args(kind) if one is not type(None)]
    return next((one for one in options if isinstance(one, type) and is_input_type(one)), options[0])


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
