"""Parts of inputs that are maps, or lists of them: what is not known yet, or left out, has no parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from fairlead.rules.model import Data
from fairlead.rules.settings import listed


def part(value: Any) -> Data:
    """A map as it is."""
    return cast(Data, value) if isinstance(value, Mapping) else {}


def entries(value: Any) -> Iterator[tuple[int, Data]]:
    """(place, map) of a list of maps."""
    yield from ((place, part(one)) for place, one in enumerate(listed(value)) if isinstance(one, Mapping))
