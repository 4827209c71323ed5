"""Roles of Kubernetes, taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

Wish = tuple[str, str, str]
"""API group, kind and verb."""


def granted(rules: Iterable[Mapping[str, Any]]) -> Iterator[Wish]:
    """Every single wish that these rules grant, names left aside."""
    for rule in rules:
        yield from product(rule["apiGroups"], rule["resources"], rule["verbs"])
