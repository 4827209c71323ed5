"""What the reference checks of all clouds share: declared resources, findings, references, coverage.

A declared resource is the plain data that `fairlead resources -o json` prints. A checker is a function
from all resources of one stack to findings, and a clean stack has none. Mutations are in mutation.py,
references that come as Go modules in gomodule.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar

REPO = Path(__file__).resolve().parents[2]
Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """One thing that a reference says is wrong."""

    urn: str
    path: str
    """Place in the inputs, as `taints[0].effect`; empty for the resource itself."""
    what: str
    reference: str
    """Who says so, with its version: `botocore 1.44.5`, `rules`."""

    def __str__(self) -> str:
        return f"{self.urn.rpartition('::')[2]} {self.path}: {self.what} ({self.reference})"


Checker = Callable[[Sequence[Resource]], list[Finding]]


@cache
def _declared(stack: str) -> str:
    from support.recorded import of_stack

    return json.dumps([asdict(one) for one in of_stack(stack)])


def load(stack: str) -> list[dict[str, Any]]:
    """Everything that a stack declares, a fresh copy on each call; the program runs once."""
    return json.loads(_declared(stack))


# --- values that exist only after creation


@dataclass(frozen=True)
class Reference:
    """`${<type token>::<resource name>.<output path>}`: where a value will come from."""

    type: str
    name: str
    output: str


_REFERENCE = re.compile(
    r"\$\{(?P<type>[^:{}]+:[^:{}]*:[^:{}]+)::(?P<name>[^{}.]+)\.(?P<output>[^{}]+)\}", re.ASCII
)


def references(value: Any) -> list[Reference]:
    """All references in a value, however deep, in their order."""
    if isinstance(value, str):
        return [Reference(**found.groupdict()) for found in _REFERENCE.finditer(value)]
    if isinstance(value, Mapping):
        return [one for part in value.values() for one in references(part)]
    if isinstance(value, list):
        return [one for part in value for one in references(part)]
    return []


def whole_reference(value: Any) -> Reference | None:
    """The reference that a text consists of; None if it is anything else."""
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return Reference(**found.groupdict()) if found else None


def is_unknown(value: Any) -> bool:
    """True for a text that has a part which only exists after creation."""
    return isinstance(value, str) and "${" in value


def filled(value: Any, fill: Callable[[Reference], str]) -> Any:
    """The same value with a plausible text in the place of each reference."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: fill(Reference(**found.groupdict())), value)
    if isinstance(value, Mapping):
        return {key: filled(part, fill) for key, part in value.items()}
    return [filled(part, fill) for part in value] if isinstance(value, list) else value


Result = TypeVar("Result")


def per_resource(function: Callable[[Resource], Result]) -> Callable[[Resource], Result]:
    """A function of one resource, computed once for each.

    A mutation copies the resource that it changes and shares all others, so nothing is computed twice;
    no resource may be changed in place.
    """
    kept: dict[int, tuple[Resource, Result]] = {}

    @wraps(function)
    def remembered(resource: Resource) -> Result:
        found = kept.get(id(resource))
        if found is None:
            found = kept[id(resource)] = (resource, function(resource))
        return found[1]

    return remembered


@per_resource
def _referring(resource: Resource) -> list[tuple[str, str]]:
    return [(path, text) for path, text in texts(resource["inputs"]) if "${" in text]


def dangling(resources: Sequence[Resource]) -> list[Finding]:
    """References to what nobody declares, and texts that look like a reference and are none."""
    known = {(one["type"], one["name"]) for one in resources}
    found: list[Finding] = []
    for one in resources:
        for path, text in _referring(one):
            if re.search(r"\$\{[a-z-]+:[^}]*::", _REFERENCE.sub("", text)):
                found.append(Finding(one["urn"], path, f"unreadable reference in {text!r}", "rules"))
            found.extend(
                Finding(one["urn"], path, f"no resource {ref.type} named {ref.name!r} is declared", "rules")
                for ref in references(text)
                if (ref.type, ref.name) not in known
            )
    return found


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from texts(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from texts(part, f"{path}[{index}]")


# --- coverage


def unchecked(resources: Iterable[Resource], validated: Callable[[str], bool], of: str) -> list[Finding]:
    """A finding for each custom resource of a provider (`aws:`) that no validator knows."""
    return [
        Finding(one["urn"], "", f"no validator knows the type {one['type']}", "coverage")
        for one in resources
        if one["custom"] and one["type"].startswith(of) and not validated(one["type"])
    ]
