"""What Pulumi's Python SDK does for every resource at a cost, and to no effect here, is left out (docs/adr/0021).

Six places of one version of the SDK are replaced by others that give the same result, or by none where
nothing of the result is used; those that fill outputs are in `sdk/outputs.py`. With any other version of the
SDK everything stays as it is.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any, cast

KNOWN = "3.255.0"
"""The version of Pulumi's SDK whose insides these replacements know."""

AS_IT_IS = "FAIRLEAD_PLAIN_SDK"
"""Environment variable: set to anything, the SDK stays as it is and `pulumi --debug` shows all that it says."""

FLAGS = 2
"""How many flags of `serialize_property`, after its six arguments, do not matter for plain values; the next is RAW."""
RAW = "return_protobuf_value"

_PLAIN = frozenset({str, int, float, bool, type(None)})
_made: list[bool] = []


def make_quick() -> bool:
    """Replaces the places, once for a process; False where the version is another, or nobody wants it."""
    if not _made:
        _made.append(version("pulumi") == KNOWN and not os.environ.get(AS_IT_IS))
        if _made[0]:
            _without_messages(_sdk("log"))
            _without_stack_traces(_sdk("runtime.resource"))
            _with_short_ways(_sdk("runtime.resource_cycle_breaker"))
            _with_aliases_as_they_are(_sdk("resource"))
            _with_plain_values(_sdk("runtime.rpc"))
            import_module("fairlead.sdk.outputs").make_when_read(_sdk("runtime.rpc"))
            _with_one_wait(_sdk("runtime.stack"))
    return _made[0]


def _sdk(module: str) -> Any:
    return import_module(f"pulumi.{module}")


def _without_messages(log: Any) -> None:
    """No debugging messages: four calls of the engine for every resource, each waited for."""

    def unsaid(msg: str, *_: object, **__: object) -> None:
        del msg

    log.debug = unsaid


def _without_stack_traces(resource: Any) -> None:
    """No positions in the program for the state file: all resources come from the same few lines, and the
    paths are those of one machine."""
    resource._get_stack_trace = _sdk("runtime.proto.source_pb2").StackTrace


def _with_short_ways(cycles: Any) -> None:
    """A quicker search for a cycle, made for every edge: none where nothing depends on the edge's start, for
    no way leads there, and otherwise no generator for each step of a way."""
    add, edges = cycles._add_dep, cycles._DEPENDENCIES_PROPERTY
    needed: set[int] = set()
    none: set[Any] = set()

    def add_dep(from_resource: Any, to_resource: Any) -> None:
        needed.add(id(to_resource))
        add(from_resource, to_resource)

    def reachable(from_resource: Any, to_resource: Any) -> bool:
        if from_resource is to_resource:
            return True
        if id(to_resource) not in needed:
            return False
        seen, left = {from_resource}, [from_resource]
        while left:
            beyond: set[Any] = getattr(left.pop(), edges, none) - seen
            if to_resource in beyond:
                return True
            seen |= beyond
            left += beyond
        return False

    cycles._add_dep, cycles._reachable = add_dep, reachable


def _with_aliases_as_they_are(resource: Any) -> None:
    """No URN for each alias where the engine takes aliases as they are: then no URN of them is read.

    The classes of azure-native have 23 aliases each on average, one for every other version of the API.
    """
    collapse = resource.collapse_alias_to_urn
    settings = _sdk("runtime.settings").SETTINGS

    def collapse_alias_to_urn(alias: Any, *others: Any) -> Any:
        return alias if settings.feature_support.get("aliasSpecs") else collapse(alias, *others)

    resource.collapse_alias_to_urn = collapse_alias_to_urn


def _with_plain_values(rpc: Any) -> None:
    """A value of nothing but plain data is taken as a whole; the SDK starts a coroutine for each part of it."""
    serialize = rpc.serialize_property

    async def serialize_property(
        value: Any,
        deps: Any,
        property_key: Any,
        resource_obj: Any = None,
        input_transformer: Callable[[str], str] | None = None,
        typ: Any = None,
        *flags: Any,
        **named: Any,
    ) -> Any:
        if len(flags) <= FLAGS and RAW not in named:
            if type(value) in _PLAIN:
                return value
            if (typ is None or typ is Any) and is_plain(value):
                return translated(value, input_transformer)
        return await serialize(
            value, deps, property_key, resource_obj, input_transformer, typ, *flags, **named
        )

    rpc.serialize_property = serialize_property
    # Taken over by name when it was loaded.
    _sdk("runtime.resource").serialize_property = serialize_property


def is_plain(value: object) -> bool:
    """Whether a value is nothing but text, numbers, truth values, None, and lists and mappings of such."""
    if type(value) is dict:
        items = cast("dict[object, object]", value).items()
        return all(type(key) is str and is_plain(one) for key, one in items)
    if type(value) is list:
        return all(is_plain(one) for one in cast("list[object]", value))
    return type(value) in _PLAIN


def translated(value: Any, name: Callable[[str], str] | None) -> Any:
    """A copy of a plain value, its keys by the names that the provider knows."""
    if type(value) is dict:
        items = cast("dict[str, Any]", value).items()
        return {(name(key) if name else key): translated(one, name) for key, one in items}
    if type(value) is list:
        return [translated(one, name) for one in cast("list[Any]", value)]
    return value


class _Asyncio:
    """Stands for the module `asyncio` where the SDK waits for its outputs."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def wait(self, tasks: Any, *, return_when: str) -> Any:
        """As `asyncio.wait`, but until one has failed or all have come, whatever was asked for."""
        del return_when
        return await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)


def _with_one_wait(stack: Any) -> None:
    """One wait for all outputs that are left. The SDK waits for all anew whenever one has come: their number
    squared; and between two waits it looks for nothing but one that has failed."""
    stack.asyncio = _Asyncio()
