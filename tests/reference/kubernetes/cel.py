"""Policies of the API server, evaluated with the Common Expression Language's own implementation in Rust."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from fairlead.rules.model import Admission


@cache
def _program(expression: str) -> Any:
    import cel

    return cel.compile(expression)


def holds(expression: str, **variables: Any) -> bool:
    """What an expression says. Raises whatever it fails with: the API server would refuse then."""
    import cel

    return bool(_program(expression).execute(cel.Context(variables)))


def admits(told: Admission, obj: Mapping[str, Any]) -> bool:
    """Whether a rule's policy lets an object in."""
    import cel

    found: dict[str, Any] = {}
    for name, expression in told.variables:
        found[name] = _program(expression).execute(cel.Context({"object": obj, "variables": dict(found)}))
    return holds(told.expression, object=obj, variables=found)
