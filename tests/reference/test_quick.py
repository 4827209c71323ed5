"""The quick SDK against the SDK as it is: the engine is asked for the same, resource by resource."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from fairlead.declared.record import STACK_TYPE, declared
from fairlead.sdk.quick import AS_IT_IS

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))

from bench_program import Monitor, run_against  # noqa: E402 - a tool, not an installed module

pytestmark = pytest.mark.reference
LEFT_OUT = {"sourcePosition", "stackTrace"}
"""Positions in the program: the quick SDK says none."""


def asked(
    stack: str, answers: dict[str, Any], environment: dict[str, str], *, preview: bool
) -> dict[str, Any]:
    monitor = Monitor(stack, answers)
    run_against(monitor, REPO / "stacks", stack, environment, preview=preview)
    return monitor.asked


def plain(request: Any) -> dict[str, Any]:
    """A request field by field; lists whose order means nothing are sorted."""
    said = {field.name: value for field, value in request.ListFields() if field.name not in LEFT_OUT}
    for name in ("dependencies", "aliasURNs"):
        if name in said:
            said[name] = sorted(said[name])
    depends = said.pop("propertyDependencies", {})
    said["propertyDependencies"] = {key: sorted(one.urns) for key, one in depends.items()}
    return said


def compared(stack: str, *, preview: bool) -> dict[str, Any]:
    """What the SDK as it is asks for, which is what the quick one asks for.

    preview: nothing is known yet that only creation tells.
    """
    answers: dict[str, Any] = {}
    declared(REPO / "stacks", stack, unknown=preview, answers=answers)
    quick = asked(stack, answers, {}, preview=preview)
    as_it_is = asked(stack, answers, {AS_IT_IS: "1"}, preview=preview)
    assert len(quick) > 100
    assert quick.keys() == as_it_is.keys()
    for urn, request in as_it_is.items():
        assert plain(quick[urn]) == plain(request), urn
    positions = [len(one.stackTrace.frames) for one in as_it_is.values()]
    assert max(positions) > 0, "the SDK as it is was not run"
    # The stack itself is registered before any line of the program runs.
    assert [one.type for one in quick.values() if one.stackTrace.frames] == [STACK_TYPE]
    return as_it_is


@pytest.mark.parametrize("stack", ["aws-prod", "gcp-prod", "azure-prod", "local", "onprem"])
def test_the_engine_is_asked_for_the_same_with_the_sdk_as_it_is(stack: str) -> None:
    assert not any(UNKNOWN in str(one.object) for one in compared(stack, preview=False).values())


@pytest.mark.parametrize("stack", ["aws-dev", "gcp-dev", "azure-dev"])
def test_a_first_preview_too_asks_for_the_same(stack: str) -> None:
    assert sum(UNKNOWN in str(one.object) for one in compared(stack, preview=True).values()) > 10
