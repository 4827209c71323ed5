"""Stand-ins for values that exist only after creation: texts that say whose they are.

`${aws:iam/role:Role::prod-node.arn}` is the ARN of that role. A reader, and any checker, sees where
each reference points; a program that computes with such a value shows that it does.
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterator, Mapping
from typing import Any, Union, cast, get_args, get_origin

import pulumi
from pulumi import _types  # pyright: ignore[reportPrivateUsage] - nothing public tells a resource's outputs

DEEPEST = 4
"""Nested outputs are followed this far; none that a program uses lies deeper."""


def reference(type_token: str, name: str, path: str) -> str:
    """The stand-in for one output of a resource."""
    return f"${{{type_token}::{name}.{path}}}"


def outputs(type_token: str, name: str) -> dict[str, Any]:
    """Stand-ins for every output of a resource, by wire name; empty for a class that nobody has loaded."""
    cls = _class_of(type_token)
    if cls is None:
        return {}
    kinds = _types.resource_types(cls)
    return {key: _stand_in(kind, type_token, name, key, 0) for key, kind in kinds.items() if key != "urn"}


def with_inputs(made: Any, given: Any) -> Any:
    """Stand-ins with the inputs in their places, as a cloud gives back what it was told.

    Where an input has another shape than the output of its name, the stand-in stays.
    """
    if not (isinstance(made, dict) and isinstance(given, dict)):
        return given
    old, new = cast("dict[str, Any]", made), cast("dict[str, Any]", given)
    told = {key: with_inputs(old.get(key), one) for key, one in new.items() if _agree(old.get(key), one)}
    return {**old, **told}


def told_only(made: Any, given: Any) -> Any:
    """Inputs as they come back while nothing else is known, without those of another shape."""
    if not (isinstance(made, dict) and isinstance(given, dict)):
        return given
    old, new = cast("dict[str, Any]", made), cast("dict[str, Any]", given)
    return {key: told_only(old.get(key), one) for key, one in new.items() if _agree(old.get(key), one)}


def _agree(made: Any, given: Any) -> bool:
    """Whether an input can stand for the output of its name: a list of ids may come back as a map by id."""
    return not any(isinstance(made, kind) and not isinstance(given, kind) for kind in (dict, list))


_KNOWN: dict[str | None, type[pulumi.Resource] | None] = {}
"""Classes by type token: SDKs load thousands. A token without a class stays without one."""


def _class_of(type_token: str) -> type[pulumi.Resource] | None:
    if type_token not in _KNOWN:
        _KNOWN.update((_token(cls), cls) for cls in _classes(pulumi.CustomResource))
        _KNOWN.setdefault(type_token, None)
    return _KNOWN[type_token]


def _token(cls: type) -> str | None:
    return cls.__dict__.get("pulumi_type") or pulumi.get_type_token(cls)


def _classes(cls: type[pulumi.Resource]) -> Iterator[type[pulumi.Resource]]:
    for one in cls.__subclasses__():
        yield one
        yield from _classes(one)


def _stand_in(kind: Any, type_token: str, name: str, path: str, depth: int) -> Any:
    """A value of the kind's shape whose texts are references."""
    kind = _bare(kind)
    origin = get_origin(kind)
    if origin in (list, collections.abc.Sequence):
        inner = next(iter(get_args(kind)), str)
        return [_stand_in(inner, type_token, name, f"{path}[0]", depth)]
    if origin in (dict, collections.abc.Mapping):
        return {}
    if isinstance(kind, type) and _types.is_output_type(kind):
        if depth == DEEPEST:
            return {}
        inner_kinds: Mapping[str, Any] = _types.output_type_types(kind)
        return {
            key: _stand_in(one, type_token, name, f"{path}.{key}", depth + 1)
            for key, one in inner_kinds.items()
        }
    return reference(type_token, name, path)


def _bare(kind: Any) -> Any:
    """A type without Output and Optional around it."""
    while get_origin(kind) is pulumi.Output or type(None) in get_args(kind):
        kinds = [one for one in get_args(kind) if one is not type(None)]
        kind = kinds[0] if len(kinds) == 1 else Union[tuple(kinds)]  # noqa: UP007 - built at run time
    return kind
