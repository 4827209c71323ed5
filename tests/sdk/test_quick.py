"""The replaced places of Pulumi's SDK, each against the SDK's own."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
from importlib.metadata import version
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import resource_cycle_breaker, rpc

from fairlead.sdk import quick

NODES = 8
edges = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=30)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def copy_of(module: ModuleType) -> Any:
    """The module once more, so that what is replaced in it is replaced for one test alone."""
    assert module.__spec__
    assert module.__spec__.origin
    spec = importlib.util.spec_from_file_location(module.__name__, module.__spec__.origin)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_known_version_is_the_installed_one_so_an_upgrade_is_noticed_here() -> None:
    assert version("pulumi") == quick.KNOWN


class _Node:
    """What the search knows of a resource: nothing but its edges, which are set by the module."""


@given(edges)
def test_the_same_edges_are_taken_for_cycles(wanted: list[tuple[int, int]]) -> None:
    short = copy_of(resource_cycle_breaker)
    quick._with_short_ways(short)
    theirs, ours = ([_Node() for _ in range(NODES)] for _ in range(2))
    for start, end in wanted:
        found = resource_cycle_breaker.declare_dependency(theirs[start], theirs[end])  # type: ignore[arg-type]
        assert short.declare_dependency(ours[start], ours[end]) == found


@given(plain, st.sampled_from([None, str.upper]))
def test_plain_values_are_serialized_as_the_sdk_does_it(value: Any, name: Any) -> None:
    assert quick.is_plain(value)
    theirs = asyncio.run(rpc.serialize_property(value, [], "p", None, name))
    assert quick.translated(value, name) == theirs
    assert type(quick.translated(value, name)) is type(theirs)


@pytest.mark.parametrize(
    "value",
    [
        {"a": (1, 2)},
        {"a": [object()]},
        {1: "a"},
        [quick.asyncio.Future],
        {"a": type("Text", (str,), {})("b")},
        type("Mapping", (dict,), {})(),
    ],
    ids=["tuple", "object", "key", "class", "text of a class", "mapping of a class"],
)
def test_what_holds_more_than_plain_data_is_left_to_the_sdk(value: Any) -> None:
    assert not quick.is_plain(value)


def test_a_failed_output_ends_the_wait_for_all_others() -> None:
    async def waited() -> tuple[int, int]:
        async def fails() -> None:
            raise ValueError

        never = asyncio.ensure_future(asyncio.sleep(3600))
        failed = asyncio.ensure_future(fails())
        waits = quick._Asyncio().wait([never, failed], return_when=asyncio.FIRST_COMPLETED)
        done, left = await asyncio.wait_for(waits, 20)
        assert done == {failed}
        assert isinstance(failed.exception(), ValueError)
        never.cancel()
        return len(done), len(left)

    assert asyncio.run(waited()) == (1, 1)


PROGRAM = """
import pulumi
from pulumi import log
from fairlead.sdk.quick import make_quick
before = log.debug
print(make_quick(), make_quick(), log.debug is before)
"""


@pytest.mark.parametrize(
    ("environment", "said"), [({}, "True True False"), ({quick.AS_IT_IS: "1"}, "False False True")]
)
def test_whoever_wants_the_sdk_as_it_is_has_it(environment: dict[str, str], said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == said


def test_another_version_of_the_sdk_stays_as_it_is() -> None:
    program = "from fairlead.sdk import quick; quick.KNOWN = '0.0.1'" + PROGRAM
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False True"
