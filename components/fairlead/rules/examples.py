"""Examples of each rule: what breaks it, and its neighbour that keeps it. Read where somebody asks, not before.

A file of `examples/` has one family. Under a rule's id stand `bad` and `good`, lists of examples. An example is one
resource, `{type, name, inputs, protect, retain_on_delete}`, or, of a rule that looks at more, `{resources, plan,
policies, changes}`. Under `around` stands, by type, what else such a resource has where it keeps every rule: the inputs
of an example, in whatever file, are laid over it, so that an example says only what it is about. There null takes a key
away, and maps in lists are laid over each other by their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, TypeGuard, cast

from fairlead.rules.model import Change, Data, Subject

AROUND = "around"


@dataclass(frozen=True)
class Example:
    """One thing that a rule is shown."""

    rule: str
    breaks: bool
    subjects: tuple[Subject, ...] = ()
    plan: Data = field(default_factory=dict[str, Any])
    policies: Data = field(default_factory=dict[str, Any])
    """As `platform.policies`."""
    changes: tuple[Change, ...] = ()
    shown: Data = field(default_factory=dict[str, Any])
    """As the file has it, without what stands around it."""


@cache
def examples() -> Mapping[str, Sequence[Example]]:
    """All of them by rule, in the order of the files. Raises ValueError where two files say something of one thing."""
    around: dict[str, Data] = {}
    rules: dict[str, Mapping[str, Sequence[Data]]] = {}
    for name, content in _files():
        _take(name, content.pop(AROUND, {}), around)
        _take(name, content, rules)
    return {
        rule: tuple(
            _example(rule, kind == "bad", one, around) for kind in ("bad", "good") for one in kinds[kind]
        )
        for rule, kinds in rules.items()
    }


def _files() -> Iterator[tuple[str, dict[str, Any]]]:
    import yaml

    folder = files("fairlead.rules").joinpath("examples")
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        if path.name.endswith(".yaml"):
            yield path.name, yaml.safe_load(path.read_text(encoding="utf-8"))


def _take(file: str, given: Mapping[str, Any], into: dict[str, Any]) -> None:
    for key, one in given.items():
        if key in into:
            raise ValueError(f"{file}: another file has {key} too")
        into[key] = one


def _example(rule: str, breaks: bool, shown: Data, around: Mapping[str, Data]) -> Example:
    resources: Sequence[Data] = (shown,) if "type" in shown else shown.get("resources") or ()
    return Example(
        rule,
        breaks,
        tuple(_subject(one, around) for one in resources),
        shown.get("plan") or {},
        shown.get("policies") or {},
        tuple(_change(one, around) for one in shown.get("changes") or ()),
        shown,
    )


def _subject(data: Data, around: Mapping[str, Data]) -> Subject:
    """Its URN only tells resources apart: an example is of no stack."""
    kind, name = data["type"], data["name"]
    return Subject(
        kind,
        name,
        laid_over(around.get(kind) or {}, data.get("inputs") or {}),
        f"urn:pulumi:example::example::{kind}::{name}",
        data.get("protect", False),
        data.get("retain_on_delete", False),
    )


def _change(data: Data, around: Mapping[str, Data]) -> Change:
    before, after = (_subject(data[key], around) if data.get(key) else None for key in ("before", "after"))
    return Change(data["verdict"], before, after, tuple(data.get("forced_by") or ()))


def laid_over(below: Any, above: Any) -> Any:
    """What stands above, and below it what it says nothing of."""
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        low, high = cast(Mapping[str, Any], below), cast(Mapping[str, Any], above)
        both = {**low, **{key: laid_over(low.get(key), one) for key, one in high.items()}}
        return {key: one for key, one in both.items() if one is not None}
    if _maps(below) and _maps(above):
        return [laid_over(below[place] if place < len(below) else {}, one) for place, one in enumerate(above)]
    return above


def _maps(value: Any) -> TypeGuard[list[Data]]:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in cast(list[Any], value))
