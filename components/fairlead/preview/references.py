"""What inputs refer to: values that only another resource's creation tells, `${TYPE::NAME.PATH}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from fairlead.preview.model import Resource
from fairlead.preview.paths import Key

_REFERENCE = re.compile(r"\$\{(?P<type>[A-Za-z0-9-]+:[^$:{}]+:[^$:{}]+)::(?P<rest>[^{}]+)\}")

Use = tuple[tuple[Key, ...], str, str]
"""Where a reference stands, the URN of the resource that it points to, and which of its values is meant."""


class Book:
    """The resources of a stack by what references call them."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._known: dict[str, dict[str, str]] = {}
        for one in resources:
            self._known.setdefault(one.type, {})[one.name] = one.urn

    def uses(self, inputs: Mapping[str, Any]) -> list[Use]:
        """Every reference in a resource's inputs."""
        return [
            (keys, urn, path)
            for keys, text in _texts(inputs, ())
            for kind, rest in _REFERENCE.findall(text)
            for urn, path in self._meant(kind, rest)
        ]

    def _meant(self, kind: str, rest: str) -> Iterator[tuple[str, str]]:
        """The resource and its value; nothing for a lookup. A name may have dots: the longest that is known counts."""
        known = self._known.get(kind, {})
        parts = rest.split(".")
        for end in range(len(parts), 0, -1):
            name = ".".join(parts[:end])
            if name in known:
                yield known[name], ".".join(parts[end:])
                return


def _texts(value: Any, keys: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], str]]:
    if isinstance(value, Mapping):
        for name, part in cast("Mapping[str, Any]", value).items():
            yield from _texts(part, (*keys, name))
    elif isinstance(value, list):
        for place, part in enumerate(cast("Sequence[Any]", value)):
            yield from _texts(part, (*keys, place))
    elif isinstance(value, str) and "${" in value:
        yield keys, value
