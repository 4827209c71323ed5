"""Reads out of a Terraform provider's Go sources which arguments force a new resource.

A schema is a literal: `"name": {Type: …, ForceNew: true, Elem: …}`, in functions and variables that others call, or
attributes of the newer framework with `RequiresReplace()`. No Go is run: the text is walked, block by block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_FUNCTION = re.compile(r"func (?:\([^)]*\) )?(\w+)\([^)]*\)[^{\n]*\{")
_VARIABLE = re.compile(
    r"^(?:var )?\t?(\w+)\s*=\s*(?:map\[string\]\*schema\.Schema|&?schema\.(?:Schema|Resource))\{",
    re.MULTILINE,
)
_KEY = re.compile(r'"(?P<text>[a-z][a-z0-9_]*)"\s*:\s*|\bnames\.(?P<name>Attr\w+)\s*:\s*')
_VALUE = re.compile(r"&?\s*(?P<head>[\w.\[\]*]*)\s*(?P<open>[{(])")
_WORD = re.compile(r"\w+")
_INNER = re.compile(r"(?:Elem|Attributes|Blocks|NestedObject)\s*:\s*&?[\w.\[\]*]*\s*[{(]")
_CALLED = re.compile(r"(?:Elem|Schema|NestedObject|return)\s*:?\s*&?(?:[\w.]+\{)?\s*(?:Schema:\s*)?(\w+)\(\)")
_FORCES = re.compile(r"ForceNew\s*:\s*true|RequiresReplace")
_ATTRIBUTE = re.compile(r'\b(Attr\w+)\s*=\s*"([^"]+)"')
_SCHEMA = re.compile(r"\bSchema:\s*map\[string\]\*\w+\.Schema\s*\{|SchemaFunc:\s*func\(\)[^{]*\{")
_DEFINED = re.compile(r"^(?:func |var |\t)(\w+)(?=\(|\s*=\s*(?:map|&?schema))", re.MULTILINE)
DEEPEST = 8


def bare(source: str) -> str:
    """Go without its comments and without what stands in raw strings: braces there open nothing."""
    kept = re.compile(r'//[^\n]*|/\*.*?\*/|`[^`]*`|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\]|\\.)\'', re.DOTALL)

    def shown(found: re.Match[str]) -> str:
        text = found[0]
        return text if text.startswith('"') else "``" if text.startswith("`") else ""

    return kept.sub(shown, source)


def attributes(source: str) -> dict[str, str]:
    """The provider's own constants for names of arguments."""
    return dict(_ATTRIBUTE.findall(source))


class _Bodies(dict[str, str]):
    """Functions and variables by name: the file's own, and those of its neighbours when they are asked for."""

    def __init__(self, own: str, others: Iterable[str]) -> None:
        super().__init__(_bodies(own))
        self._others = {name: text for text in others for name in _DEFINED.findall(text)}

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._others

    def __missing__(self, name: str) -> str:
        for known, body in _bodies(bare(self._others[name])):
            self.setdefault(known, body)
        return self.setdefault(name, "{}")


class Sources:
    """The schemas of a file of a package."""

    def __init__(self, own: str, others: Iterable[str], names: Mapping[str, str]) -> None:
        self.own = bare(own)
        self._names = names
        self._bodies = _Bodies(self.own, others)

    def of_resource(self, function: str) -> frozenset[str]:
        """Arguments that force, dotted, of the resource that a function makes."""
        body = self._bodies[function]
        found = _SCHEMA.search(body)
        if found:
            body = body[found.end() : _end(body, found.end() - 1)]
        forced: set[str] = set()
        self._walk(body, (), forced, 0)
        return frozenset(one for one in forced if not one.startswith("timeouts"))

    def of_file(self) -> frozenset[str]:
        """Arguments that force, of whatever schemas the file has."""
        forced: set[str] = set()
        self._walk(self.own, (), forced, 0)
        return frozenset(one for one in forced if not one.startswith("timeouts"))

    def _walk(self, body: str, path: tuple[str, ...], forced: set[str], depth: int) -> None:
        at = 0
        while found := _KEY.search(body, at):
            named = (
                found["text"] or self._names.get(found["name"]) or _snake(found["name"].removeprefix("Attr"))
            )
            inner, at = (*path, named), found.end()
            value = _VALUE.match(body, at)
            if value is None:
                word = _WORD.match(body, at)
                if word and word[0] in self._bodies and depth < DEEPEST:
                    self._one(self._bodies[word[0]], inner, forced, depth + 1)
                continue
            at = _end(body, value.end() - 1)
            if value["open"] == "(":
                called = value["head"].rpartition(".")[2]
                if "ForceNew" in called:  # of azurerm's shared schemas, whose names say it
                    forced.add(".".join(inner))
                elif called in self._bodies and depth < DEEPEST:
                    self._one(self._bodies[called], inner, forced, depth + 1)
            elif value["head"] == "" or re.search("Schema|Attribute|Block", value["head"]):
                self._one(body[value.end() - 1 : at + 1], inner, forced, depth)

    def _one(self, value: str, path: tuple[str, ...], forced: set[str], depth: int) -> None:
        """One argument: whether it forces itself, and what is in it."""
        if _FORCES.search(_without_inner(value)):
            forced.add(".".join(path))
        if depth >= DEEPEST:
            return
        self._walk(value[1:-1] if value.startswith("{") else value, path, forced, depth + 1)
        for called in _CALLED.findall(value):
            if called in self._bodies:
                self._walk(self._bodies[called], path, forced, depth + 1)


def _bodies(text: str) -> Iterator[tuple[str, str]]:
    for found in _FUNCTION.finditer(text):
        yield found[1], text[found.end() - 1 : _end(text, found.end() - 1)]
    for found in _VARIABLE.finditer(text):
        yield found[1], text[found.end() - 1 : _end(text, found.end() - 1) + 1]


def _end(text: str, start: int) -> int:
    """Where the bracket closes that opens at a place."""
    opens, closes = text[start], {"{": "}", "(": ")"}[text[start]]
    depth, at = 0, start
    for found in re.compile(rf'"(?:[^"\\\n]|\\.)*"|[{re.escape(opens + closes)}]').finditer(text, start):
        depth += {opens: 1, closes: -1}.get(found[0], 0)
        at = found.start()
        if depth == 0:
            return at
    return at


def _without_inner(value: str) -> str:
    """An argument without what is below it, so that only its own word counts."""
    while found := _INNER.search(value):
        value = value[: found.start()] + value[_end(value, found.end() - 1) + 1 :]
    return value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
