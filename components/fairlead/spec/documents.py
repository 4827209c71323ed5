"""Reads one YAML document and remembers the line of every value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from yaml.composer import Composer

from fairlead.errors import InputError, Problem

MOST_VALUES = 100_000
"""A document with more values is refused: it is a mistake, or aliases that multiply."""
MOST_LEVELS = 100
"""A document nested deeper is refused: no spec is."""


@dataclass(frozen=True)
class Node:
    """A value and where it was written, for example `stacks/Pulumi.local.yaml:12`."""

    value: Mapping[str, Node] | Sequence[Node] | str | int | float | bool | None
    origin: str


class _Loader(Composer, yaml.CSafeLoader):
    """Few plain scalars have a meaning: yes, on, 010, 1:30 and 2026-11-23 are texts, as they look.

    Read by libyaml, which is several times quicker; composed by Python, for libyaml's own composer ends the process
    where a document is nested too deep.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in the base

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)


for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|Null|NULL|)$", [*"~nN", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$|^0x[0-9a-fA-F]+$", list("-+0123456789")),
    (
        "float",
        r"^[-+]?(?:0|[1-9][0-9]*)?(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|(?<=[0-9])[eE][-+]?[0-9]+)$",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def read_file(path: Path, label: str | None = None) -> Node:
    """The document of a file. label: what the file is called in origins and errors.

    Raises InputError where there is no such file, or no single YAML document in it.
    """
    name = label or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(name, [Problem(name, "there is no such file", fix="check the path")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(name, [Problem(name, "cannot be read as a text file", given=str(error))]) from None
    return read_text(text, name)


def read_text(text: str, name: str) -> Node:
    """The document of a text; an empty one is an empty map. Raises InputError for what is no YAML."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise InputError(name, [_syntax(name, error)]) from None
    except yaml.YAMLError as error:
        raise InputError(name, [Problem(name, "this is no YAML", given=str(error))]) from None
    except RecursionError:
        raise InputError(name, [Problem(name, "is nested far too deep", fix="write it flatter")]) from None
    if root is None:
        return Node({}, f"{name}:1")
    reader = _Reader(name, loader)
    node = reader.node(root, ())
    if reader.problems:
        raise InputError(name, reader.problems)
    return node


def from_plain(data: Any, origin: str) -> Node:
    """Plain data as a tree, every value of the same origin."""
    if isinstance(data, Mapping):
        items = cast("Mapping[Any, Any]", data).items()
        return Node({str(key): from_plain(value, origin) for key, value in items}, origin)
    if isinstance(data, (list, tuple)):
        return Node([from_plain(value, origin) for value in cast("Sequence[Any]", data)], origin)
    return Node(data, origin)


def plain(node: Node) -> Any:
    """The tree as plain data."""
    if isinstance(node.value, Mapping):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, Sequence) and not isinstance(node.value, str):
        return [plain(child) for child in node.value]
    return node.value


def origins(node: Node, path: str) -> dict[str, str]:
    """Origin of every place of the tree, by its path."""
    found = {path: node.origin}
    if isinstance(node.value, Mapping):
        for key, child in node.value.items():
            found |= origins(child, f"{path}.{key}")
    elif isinstance(node.value, Sequence) and not isinstance(node.value, str):
        for place, child in enumerate(node.value):
            found |= origins(child, f"{path}[{place}]")
    return found


def _syntax(name: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else name
    words = ", ".join(part for part in (error.context, error.problem) if part)
    what = f"this is no single YAML document: {words}"
    return Problem(where, what, fix="mind the indentation, and put texts with a colon in quotes")


class _Reader:
    """Turns the nodes of the YAML library into ours, and gathers what we do not accept."""

    def __init__(self, name: str, loader: _Loader) -> None:
        self.name, self.loader = name, loader
        self.problems: list[Problem] = []
        self.values = 0

    def node(self, source: yaml.Node, above: tuple[int, ...]) -> Node:
        origin = f"{self.name}:{source.start_mark.line + 1}"
        self.values += 1
        if id(source) in above or len(above) > MOST_LEVELS or self.values > MOST_VALUES:
            if not self.problems:
                what = "aliases that never end, far too many values, or values nested far too deep"
                self.problems.append(Problem(origin, what, fix="write the values out"))
            return Node(None, origin)
        below = (*above, id(source))
        if isinstance(source, yaml.MappingNode):
            return Node(self._map(source, below), origin)
        if isinstance(source, yaml.SequenceNode):
            items = cast("list[yaml.Node]", source.value)
            return Node([self.node(item, below) for item in items], origin)
        return Node(self._scalar(source, origin), origin)

    def _map(self, source: yaml.MappingNode, below: tuple[int, ...]) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key_node, value_node in cast("list[tuple[yaml.Node, yaml.Node]]", source.value):
            where = f"{self.name}:{key_node.start_mark.line + 1}"
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(where, "a key must be a text"))
                continue
            key = str(key_node.value)
            if key in found:
                first = found[key].origin.rpartition(":")[2]
                what = f"the key is there twice, first in line {first}"
                self.problems.append(Problem(where, what, given=key, fix="keep one"))
                continue
            found[key] = self.node(value_node, below)
        return found

    def _scalar(self, source: yaml.Node, origin: str) -> Any:
        try:
            return self.loader.construct_object(source)  # pyright: ignore[reportUnknownVariableType]
        except (yaml.YAMLError, ValueError) as error:
            what = getattr(error, "problem", None) or str(error)
            self.problems.append(
                Problem(origin, f"this value cannot be read: {what}", given=str(source.value))
            )
            return None
