"""A web server whose pages are set by the test: the `web` fixture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Web:
    """A web server whose pages are set by the test."""

    url: str
    pages: dict[str, bytes | Callable[[dict[str, str]], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
