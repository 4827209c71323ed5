"""Where pydantic's findings end up: keys with rules of their own, and models inside maps and unions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, Field, ValidationError

from fairlead.errors import Problem
from fairlead.spec.base import Model
from fairlead.spec.problems import from_validation


def upper(value: str) -> str:
    if not value.isupper():
        raise ValueError("must be in capitals")
    return value


class Mount(Model):
    claim: str
    read_only: bool = False


class Sample(Model):
    envs: dict[Annotated[str, AfterValidator(upper)], str] = Field(default_factory=dict)
    labels: dict[Annotated[str, Field(pattern="^[a-z]+$")], str] = Field(default_factory=dict)
    mounts: dict[str, Mount] = Field(default_factory=dict)
    nested: dict[str, dict[str, Mount]] = Field(default_factory=dict)
    rows: Sequence[Mount] = ()
    pair: tuple[Mount, ...] = ()
    maybe: Annotated[Mount | None, Field()] = None


def problem(data: Any) -> Problem:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(data)
    (found,) = from_validation(caught.value, Sample, "it")
    return found


def test_a_key_that_breaks_its_own_rule_is_told_by_that_rule() -> None:
    found = problem({"envs": {"small": "x"}})
    assert (found.where, found.what, found.given) == ("it.envs.small", "must be in capitals", "small")


def test_a_key_that_breaks_a_pattern_is_told_so() -> None:
    found = problem({"labels": {"A1": "x"}})
    assert (found.where, found.allowed) == ("it.labels.A1", "^[a-z]+$")
    assert found.what == "has characters that are not allowed here"


@pytest.mark.parametrize("key", [1, 1.5, None, True])
@pytest.mark.parametrize("place", ["envs", "labels"])
def test_only_a_key_that_is_no_text_is_told_to_be_one(place: str, key: object) -> None:
    found = problem({place: {key: "x"}})
    assert (found.where, found.what) == (f"it.{place}.{key}", "a key must be a text")
    assert found.fix == "put it in quotes"


def test_a_key_with_the_name_of_pydantics_mark_is_a_key_like_others() -> None:
    found = problem({"mounts": {"[key]": {"claim": 3}}})
    assert (found.where, found.what) == ("it.mounts.[key].claim", "must be a text")
    found = problem({"mounts": {"[key]": 3}})
    assert (found.where, found.what) == ("it.mounts.[key]", "must be a map of keys and values")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"mounts": {"/data": {"claim": "x", "readonly": True}}}, "it.mounts./data.readonly"),
        ({"mounts": {"claim": {"claim": "x", "readonly": True}}}, "it.mounts.claim.readonly"),
        ({"nested": {"a": {"b": {"claim": "x", "readonly": True}}}}, "it.nested.a.b.readonly"),
        ({"rows": [{"claim": "x", "readonly": True}]}, "it.rows[0].readonly"),
        ({"pair": [{"claim": "x", "readonly": True}]}, "it.pair[0].readonly"),
        ({"maybe": {"claim": "x", "readonly": True}}, "it.maybe.readonly"),
    ],
)
def test_an_unknown_key_lists_the_keys_of_the_model_at_that_place(data: Any, where: str) -> None:
    found = problem(data)
    assert (found.where, found.what) == (where, "unknown key")
    assert (found.allowed, found.fix) == ("claim, read_only", "write read_only")


def test_a_missing_key_of_a_model_in_a_map_is_named() -> None:
    assert problem({"mounts": {"/data": {}}}).fix == "add claim."
