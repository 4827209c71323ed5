"""What rules see of inputs, what they do not, and how a remedy goes back without touching what is hidden."""

from __future__ import annotations

import pytest
from pulumi.runtime import rpc
from pulumi_policy import deserialize, proxy

from fairlead.declared import record
from fairlead.rules import wire
from fairlead.rules.unseen import SECRET, UNKNOWN, is_unseen
from fairlead.rules.wire import SIGNATURE, HiddenValueError, mended, plain

STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def secret(value: object) -> dict[str, object]:
    return {SIGNATURE: wire.SECRET_KIND, "value": value}


def output(**more: object) -> dict[str, object]:
    return {SIGNATURE: wire.OUTPUT_KIND, **more}


def test_marks_are_those_of_pulumis_sdks() -> None:
    assert SIGNATURE == deserialize.SPECIAL_SIG_KEY
    assert wire.SECRET_KIND == deserialize.SPECIAL_SECRET_SIG
    assert rpc._special_output_value_sig == wire.OUTPUT_KIND
    assert rpc._special_resource_sig == wire.RESOURCE_KIND
    names = [name for name in dir(proxy) if name.startswith("UNKNOWN_") and name.endswith("_VALUE")]
    assert frozenset(getattr(proxy, name) for name in names) == wire.UNKNOWNS


def test_what_is_hidden_looks_as_in_a_recording() -> None:
    assert (UNKNOWN, SECRET) == (record.UNKNOWN, record.SECRET)


def test_rules_see_plain_data() -> None:
    given = {"a": 3.0, "b": 2.5, "c": [True, None, "x"], "d": {"e": output(value={"f": 1.0})}}
    assert plain(given) == {"a": 3, "b": 2.5, "c": [True, None, "x"], "d": {"e": {"f": 1}}}
    asset = {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "path": "x.txt"}
    reference = {SIGNATURE: wire.RESOURCE_KIND, "urn": "u", "id": "i-1"}
    assert plain([asset, reference]) == [{"path": "x.txt"}, "i-1"]


def test_secrets_and_what_is_not_known_are_marked_and_not_shown() -> None:
    given = {
        "password": secret("hunter2"),
        "token": output(value="hunter2", secret=True),
        "later": STRING,
        "open": output(dependencies=["urn"]),
        "reference": {SIGNATURE: wire.RESOURCE_KIND, "urn": "u"},
    }
    assert plain(given) == {
        "password": SECRET,
        "token": SECRET,
        "later": UNKNOWN,
        "open": UNKNOWN,
        "reference": UNKNOWN,
    }


@pytest.mark.parametrize(
    ("path", "unseen"),
    [
        ("spec", False),
        ("spec.image", True),
        ("spec.image.tag", True),
        ("spec.containers[1].image", True),
        ("spec.containers[0].image", False),
        ("spec.containers[7].image", False),
        ("spec.secret", True),
        ("spec.nothing.below", False),
        ("", False),
    ],
)
def test_a_value_is_unseen_where_it_or_what_it_lies_in_is(path: str, unseen: bool) -> None:
    containers = [{"image": "x"}, UNKNOWN]
    inputs = {"spec": {"image": UNKNOWN, "containers": containers, "secret": SECRET, "none": None}}
    assert is_unseen(inputs, path) is unseen


def test_a_remedy_keeps_what_is_hidden_and_was_not_touched() -> None:
    given = {"a": {"password": secret("x"), "size": 1.0, "gone": 1}, "list": [secret("y"), {"b": STRING}]}
    before = plain(given)
    after = {"a": {"password": SECRET, "size": 2, "new": True}, "list": [SECRET, {"b": UNKNOWN, "c": 1}]}
    assert mended(given, before, after) == {
        "a": {"password": secret("x"), "size": 2, "new": True},
        "list": [secret("y"), {"b": STRING, "c": 1}],
    }


@pytest.mark.parametrize(
    "after",
    [
        {"a": [SECRET]},
        {"a": [], "b": SECRET},
        {"a": [1, 2], "c": f"x-{UNKNOWN}"},
        {"a": [{"d": [UNKNOWN]}, 1, 2]},
    ],
)
def test_a_hidden_value_is_never_written_as_it_is_shown(after: dict[str, object]) -> None:
    given = {"a": [secret("x"), STRING]}
    with pytest.raises(HiddenValueError):
        mended(given, plain(given), after)
