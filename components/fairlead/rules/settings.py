"""Rules that ask for one value of a resource: most rules about clouds do. A value that is not known yet breaks none."""

from __future__ import annotations

import copy
import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fairlead.rules.model import Data, Flaw, Subject

WORLD = ("*", "any", "internet")
"""Words that stand for every address, lower-case."""


@dataclass(frozen=True)
class Ask:
    """One value that a resource must have."""

    path: str
    """Dotted, below the inputs."""
    allowed: tuple[Any, ...]
    """Values that keep the rule; the first is what a remedy sets. Texts are compared without case."""
    what: str
    """What is wrong otherwise, one clause."""
    default: Any = None
    """What the cloud does where the value is left out; None, nothing that keeps the rule."""
    fix: str = ""

    def flaw(self, inputs: Data, at: str = "") -> Flaw | None:
        """at: where these inputs begin, with a dot behind, such as `agentPoolProfiles[0].`."""
        given = value_at(inputs, self.path)
        if not is_known(given):
            return None
        stands = self.default if given is None else given
        if any(_same(stands, one) for one in self.allowed):
            return None
        fix = self.fix or f"set it to {text(self.allowed[0])}"
        allowed = " or ".join(text(one) for one in self.allowed)
        return Flaw(f"{at}{self.path}", self.what, "left out" if given is None else text(given), allowed, fix)


def holds(*asks: Ask) -> Callable[[Subject], Iterator[Flaw]]:
    """A check that every value is as asked for."""

    def check(subject: Subject) -> Iterator[Flaw]:
        yield from flaws(asks, subject.inputs)

    return check


def flaws(asks: Iterable[Ask], inputs: Data, at: str = "") -> Iterator[Flaw]:
    """What of the inputs is not as asked for."""
    for ask in asks:
        found = ask.flaw(inputs, at)
        if found:
            yield found


def sets(*asks: Ask) -> Callable[[Subject], Data | None]:
    """A remedy that sets what is not as asked for; None where something on the way there is not known."""

    def remedy(subject: Subject) -> Data | None:
        mended = copy.deepcopy(dict(subject.inputs))
        for ask in asks:
            if ask.flaw(mended) and not _set(mended, ask.path, ask.allowed[0]):
                return None
        return mended

    return remedy


def is_known(value: Any) -> bool:
    """Whether nothing of it waits for something to be created."""
    if isinstance(value, str):
        return "${" not in value
    if isinstance(value, Mapping):
        return all(is_known(one) for one in value.values())  # pyright: ignore[reportUnknownVariableType]
    return all(is_known(one) for one in value) if isinstance(value, Sequence) else True  # pyright: ignore[reportUnknownVariableType]


def refers(value: Any, subject: Subject) -> bool:
    """Whether a value is made of what that resource will be: `${TYPE::NAME.PATH}`."""
    return isinstance(value, str) and f"${{{subject.type}::{subject.name}." in value


def is_on(value: Any) -> bool:
    """Whether it is true, or a text that says so."""
    return _same(value, True)


def may_be(value: Any, *wanted: Any) -> bool:
    """Whether it is one of them, or nobody can say yet."""
    return not is_known(value) or any(_same(value, one) for one in wanted)


def rows(value: Any) -> Iterator[tuple[int, Data]]:
    """(place, entry) of a list of maps, without entries that are not known yet."""
    for place, one in enumerate(listed(value)):
        if isinstance(one, Mapping):
            yield place, cast("Data", one)


def is_world(address: Any) -> bool:
    """Whether a range of addresses is all there are, or half of them."""
    if not isinstance(address, str):
        return False
    if address.lower() in WORLD:
        return True
    try:
        return ipaddress.ip_network(address, strict=False).prefixlen <= 1
    except ValueError:
        return False


def listed(value: Any) -> Sequence[Any]:
    """A list as it is; what is no list yet, or left out, has nothing in it."""
    return value if isinstance(value, list | tuple) else ()  # pyright: ignore[reportUnknownVariableType]


def text(value: Any) -> str:
    """As it stands in a file: `true`, `90`, `ENCRYPTED`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same(one: Any, other: Any) -> bool:
    return text(one).lower() == text(other).lower()


def value_at(inputs: Data, path: str) -> Any:
    """The value at a dotted path, or what is not known yet on the way there; None where there is none."""
    found: Any = inputs
    for key in path.split("."):
        if isinstance(found, str) and not is_known(found):
            return found
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]  # pyright: ignore[reportUnknownVariableType]
    return found  # pyright: ignore[reportUnknownVariableType]


def _set(inputs: dict[str, Any], path: str, value: Any) -> bool:
    *way, last = path.split(".")
    found: Any = inputs
    for key in way:
        inner: Any = found.setdefault(key, {})
        if not isinstance(inner, dict):
            return False
        found = cast("dict[str, Any]", inner)
    found[last] = value
    return True
