"""Outputs that are made when they are read: whoever reads one gets what the SDK as it is gives."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi import Output
from pulumi.runtime import rpc
from pulumi.runtime.settings import SETTINGS

from fairlead.sdk.outputs import Answer, Waiting, make_when_read

NAMES = ("alpha", "beta", "gamma", "id", "urn")
INPUTS = {"alpha": "given", "beta": {"inner": "given"}}
SECRET = {rpc._special_sig_key: rpc._special_secret_sig, "value": "hidden"}
values = st.none() | st.booleans() | st.text(max_size=3) | st.lists(st.text(max_size=3), max_size=2)
answers = st.dictionaries(
    st.sampled_from(NAMES[:3]),
    values | st.dictionaries(st.text(max_size=3), values, max_size=2) | st.just(SECRET),
)
read = st.sets(st.sampled_from(NAMES[:3]))


class Thing:
    """As much of a resource as its outputs are made for."""

    _name = "thing"

    def translate_output_property(self, prop: str) -> str:
        return prop


def own_rpc(*, quick: bool) -> Any:
    """The SDK's module once more, so that nothing is replaced for other tests."""
    assert rpc.__spec__
    made: Any = importlib.util.module_from_spec(rpc.__spec__)
    assert rpc.__spec__.loader
    rpc.__spec__.loader.exec_module(made)
    if quick:
        make_when_read(made)
    return made


AS_IT_IS, QUICK = own_rpc(quick=False), own_rpc(quick=True)


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def what_is_read(
    sdk: Any, answer: dict[str, Any] | Exception, early: set[str], late: set[str]
) -> dict[str, Any]:
    """What the outputs say that are read before the answer is there, and those that are read after."""
    before = set(SETTINGS.outputs)
    try:
        return asyncio.run(_read(sdk, answer, early, late))
    finally:
        # The process' list of outputs that are waited for: the next program would wait for these on its own loop.
        SETTINGS.outputs.clear()
        SETTINGS.outputs.update(before)


async def _read(
    sdk: Any, answer: dict[str, Any] | Exception, early: set[str], late: set[str]
) -> dict[str, Any]:
    thing: Any = Thing()
    resolvers = sdk.transfer_properties(thing, dict.fromkeys(NAMES), True)
    assert "urn" not in thing.__dict__
    assert "id" not in thing.__dict__
    reads = {f"early {name}": asyncio.ensure_future(said(thing.__dict__[name])) for name in sorted(early)}
    await asyncio.sleep(0)
    if isinstance(answer, Exception):
        sdk.resolve_outputs_due_to_exception(resolvers, answer)
    else:
        sdk.resolve_outputs(thing, struct(INPUTS), struct(answer), {"alpha": {thing}}, resolvers, True)
    reads |= {f"late {name}": asyncio.ensure_future(said(thing.__dict__[name])) for name in sorted(late)}
    return {name: await one for name, one in reads.items()}


async def said(output: Output[Any]) -> object:
    try:
        value = await output.future()
    except ValueError as error:
        return str(error)
    whose = [type(one).__name__ for one in await output.resources()]
    return value, await output.is_known(), await output.is_secret(), whose


@given(answers, read, read)
def test_an_output_is_the_sdks_own_whenever_it_is_read(
    answer: dict[str, Any], early: set[str], late: set[str]
) -> None:
    got = what_is_read(QUICK, answer, early, late)
    assert got == what_is_read(AS_IT_IS, answer, early, late)


def test_a_secret_stays_one() -> None:
    got = what_is_read(QUICK, {"alpha": SECRET}, set(), {"alpha"})
    assert got == {"late alpha": ("hidden", True, True, ["Thing"])}


def test_whoever_reads_what_failed_is_told_why() -> None:
    got = what_is_read(QUICK, ValueError("no such thing"), {"alpha"}, {"beta"})
    assert got == {"early alpha": "no such thing", "late beta": "no such thing"}


@pytest.mark.parametrize("answered", [True, False])
def test_nothing_is_made_of_what_nobody_reads(*, answered: bool) -> None:
    def transfer() -> dict[str, Any]:
        raise AssertionError

    def finish(resolvers: dict[str, Any]) -> None:
        raise AssertionError(resolvers)

    answer = Answer(transfer)
    waiting = Waiting(Thing(), "alpha", answer)
    if answered:
        answer.came(finish)
    assert not answer
    with pytest.raises(AssertionError):
        _ = waiting._data
