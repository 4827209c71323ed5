"""YAML documents of a workload file, read strictly: what YAML would drop in silence is a problem here."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import yaml

from fairlead.errors import InputError, Problem


class _StrictLoader(yaml.SafeLoader):
    """Safe loading that refuses a key written twice."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            line = key.start_mark.line + 1
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key.value!r} stands twice, first in line {seen[key.value]}",
                    problem_mark=key.start_mark,
                )
            seen[key.value] = line
    return dict(loader.construct_mapping(node, deep=deep))


def _construct(loader: _StrictLoader, node: yaml.MappingNode) -> Any:
    loader.flatten_mapping(node)
    data: dict[Hashable, Any] = {}
    yield data
    data.update(_mapping(loader, node))


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _construct)


def read(text: str, source: str) -> list[Any]:
    """The documents of a YAML text; empty ones are left out. Raises InputError with the line."""
    try:
        return [document for document in yaml.load_all(text, _StrictLoader) if document is not None]
    except yaml.YAMLError as error:
        raise InputError(source, [_syntax_problem(error)]) from error


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Problem(where, f"this is no valid YAML: {what}", fix="mind indentation, quotes and tabs")


class _PlainDumper(yaml.SafeDumper):
    """Without anchors, and with scripts as blocks: the output is for reading and for kubectl."""

    def ignore_aliases(self, data: Any) -> bool:
        """Every value is written out where it stands."""
        return True


def _string(dumper: _PlainDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_PlainDumper.add_representer(str, _string)


def write(objects: Iterable[Mapping[str, Any]]) -> str:
    """Objects as YAML documents, keys in their own order."""
    dumped = (yaml.dump(dict(obj), Dumper=_PlainDumper, sort_keys=False, width=110) for obj in objects)
    return "---\n".join(dumped)
