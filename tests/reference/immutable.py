"""Rows of what cannot change, held against references: paths of others turned into the engine's own."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from pulumi._types import input_type_types, is_input_type

from fairlead.catalog.immutable import ImmutableRow
from fairlead.preview.paths import Key, begins, parsed
from reference.aws.names import camel, plural
from reference.gcp.sdk import plain


@cache
def args_class(token: str) -> type[Any]:
    """`aws:ec2/subnet:Subnet` -> the class of its inputs in the SDK."""
    package, module, name = token.split(":")
    found = importlib.import_module(f"pulumi_{package.replace('-', '_')}.{module.partition('/')[0]}")
    return getattr(found, f"{name}Args")


def engine_path(token: str, path: str) -> str | None:
    """A Terraform path, `node_config.taint.key`, as the engine writes it; None if the SDK has no such input."""
    kind: Any = args_class(token)
    written = ""
    for part in path.split("."):
        known = input_type_types(kind) if isinstance(kind, type) and is_input_type(kind) else {}
        name = next(
            (one for one in (camel(part), plural(camel(part)), f"{camel(part)}s") if one in known), None
        )
        if name is None:
            return None
        written += f".{name}" if written else name
        kind = plain(known[name])
        origin = typing.get_origin(kind)
        if isinstance(origin, type) and issubclass(origin, Sequence):
            kind, written = plain(typing.get_args(kind)[0]), f"{written}[*]"
    return written.removesuffix("[*]")


def covers(row: ImmutableRow, path: str) -> bool:
    """Whether a row says of a path, or of what it is in, that a change of it replaces or is refused."""
    keys = parsed(path)
    listed = (*row.replace, *row.counted, *row.removed, *row.smaller, *row.fixed)
    return any(begins(keys, parsed(one)) for one in listed)


def documented(row: ImmutableRow, found: Iterable[str]) -> list[str]:
    """Paths of a row's `replace` and `counted` that a reference does not have."""
    known = [parsed(path) for path in found]
    return [
        one for one in (*row.replace, *row.counted) if not any(_same(parsed(one), path) for path in known)
    ]


def _same(one: Sequence[Key], other: Sequence[Key]) -> bool:
    return tuple(one) == tuple(other)
