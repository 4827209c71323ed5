"""First reference: the Args classes of the Pulumi SDK, which name what the provider of that version takes.

Their inputs are Azure's own wire names, for one API version per resource type.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from importlib.metadata import version
from typing import Any

from reference.azure.shapes import Choice, Many, Part, Record, Scalar, Shape, Table

_API_VERSION = re.compile(r"Uses Azure REST API version (\d{4}-\d\d-\d\d(?:-preview)?)")


@cache
def name() -> str:
    """The reference with its version, as findings cite it."""
    return f"pulumi-azure-native {version('pulumi-azure-native')}"


@cache
def resource(token: str) -> type[Any] | None:
    """The resource class of a type token; None if the SDK has none of that name."""
    _, module, kind = token.split(":")
    try:
        found = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), kind, None)
    except ModuleNotFoundError:
        return None
    return found if inspect.isclass(found) else None


@cache
def shape(token: str) -> Record | None:
    """The inputs of a resource type; None if the SDK does not know it."""
    known = resource(token)
    if known is None:
        return None
    module = sys.modules[known.__module__]
    args = next(one for one in module.__all__ if one != known.__name__)
    return _record(getattr(module, args))


@cache
def api_version(token: str) -> str:
    """The version of Azure's API that the provider speaks for a resource type."""
    known = resource(token)
    found = _API_VERSION.search(inspect.getsource(sys.modules[known.__module__])) if known else None
    if found is None:
        raise LookupError(f"the SDK names no API version for {token}")
    return found[1]


@cache
def _record(args: type[Any]) -> Record:
    return Record(args.__name__.removesuffix("Args"), lambda: _parts(args))


def _parts(args: type[Any]) -> Mapping[str, Part]:
    from pulumi import _types as pulumi_types

    wire = pulumi_types.input_type_py_to_pulumi_names(args)
    hints = pulumi_types.input_type_types(args)
    needed = inspect.signature(args.__init__).parameters
    return {
        name: Part(_shape(hints[name]), required=needed[python].default is inspect.Parameter.empty)
        for python, name in wire.items()
    }


def _shape(hint: Any) -> Shape:
    from pulumi import _types as pulumi_types

    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _union([one for one in inner if not _of_engine(one)])
    if origin in (Sequence, list):
        return Many(_shape(inner[0]))
    if origin in (Mapping, dict):
        return Table(_shape(inner[1]))
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return Choice(hint.__name__, frozenset(str(one.value) for one in hint))
    if hint in (str, int, float, bool):
        return Scalar(hint.__name__)
    return _record(hint) if pulumi_types.is_input_type(hint) else Scalar("any")


def _of_engine(hint: Any) -> bool:
    """True for the promises that Pulumi allows in the place of a value, and for its absence."""
    import pulumi

    origin = typing.get_origin(hint) or hint
    return hint is type(None) or origin is pulumi.Output or getattr(origin, "__name__", "") == "Awaitable"


def _union(options: list[Any]) -> Shape:
    """A text with known values is one of them: what the API does not know, the cloud refuses."""
    shapes = [_shape(one) for one in options]
    closed = [one for one in shapes if isinstance(one, Choice)]
    if closed:
        return closed[0]
    return shapes[0] if len(shapes) == 1 else Scalar("any")
