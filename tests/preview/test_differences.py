"""Differences of inputs, and paths as the engine writes them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.preview.diff import changed
from fairlead.preview.model import MISSING
from fairlead.preview.paths import begins, parsed, restored, value_at, written

KEYS = st.lists(
    st.one_of(st.integers(0, 5), st.text(min_size=1, max_size=6).filter(lambda text: text != "*")), min_size=1
)
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-3, 3), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b.c", "d"]), inner, max_size=3)
    ),
    max_leaves=8,
)
INPUTS = st.dictionaries(st.sampled_from(["a", "b.c", "d"]), VALUES, max_size=3)


def places(old: Any, new: Any, *ignored: str) -> list[str]:
    return [written(keys) for keys, _, _ in changed(old, new, ignored)]


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("spec.template.spec.containers[0].image", ("spec", "template", "spec", "containers", 0, "image")),
        ('data["nginx.conf"]', ("data", "nginx.conf")),
        ('metadata.annotations["pulumi.com/waitFor"]', ("metadata", "annotations", "pulumi.com/waitFor")),
        ("nodePools[*].name", ("nodePools", "*", "name")),
    ],
)
def test_a_path_is_read_and_written_as_the_engine_does(path: str, keys: tuple[Any, ...]) -> None:
    assert parsed(path) == keys
    if "*" not in keys:
        assert written(keys) == path


def plain(keys: list[Any]) -> bool:
    """Whether keys are such as maps of a program have: quotes and backslashes at the end of one are not."""
    return not any(isinstance(key, str) and "\\" in key for key in keys) and isinstance(keys[0], str)


@given(KEYS.filter(plain))
def test_what_is_written_is_read_again(keys: list[Any]) -> None:
    assert parsed(written(keys)) == tuple(keys)


def test_maps_are_compared_by_name_and_lists_by_place() -> None:
    old = {"a": [{"b": 1}, {"c": 2}], "d": {"e": 1}, "f": 1}
    new = {"a": [{"b": 2}, {"c": 2}, {"g": 1}], "d": {"e": 1, "h": 1}}
    assert places(old, new) == ["a[0].b", "a[2]", "d.h", "f"]


def test_what_has_another_shape_is_one_change() -> None:
    assert changed({"a": {"b": 1}}, {"a": [1]}) == [(("a",), {"b": 1}, [1])]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({"a": None}, {}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": ""}, {}, False),
    ],
)
def test_null_is_nothing_and_a_switch_is_no_number(old: Any, new: Any, same: bool) -> None:
    assert (places(old, new) == []) is same


@given(INPUTS, INPUTS)
def test_every_difference_is_one_and_without_them_both_are_the_same(old: Any, new: Any) -> None:
    found = changed(old, new)
    assert changed(old, old) == []
    for keys, was, now in found:
        assert value_at(old, keys) == was
        assert value_at(new, keys) == now
    assert (found == []) == (changed(new, old) == [])
    assert places(old, new, *(written(keys) for keys, _, _ in found)) == [] or any(
        isinstance(key, int) for keys, _, _ in found for key in keys
    )


def test_an_ignored_change_leaves_the_old_value() -> None:
    assert restored({"a": 2, "b": 1}, {"a": 1}, ("a",)) == {"a": 1, "b": 1}
    assert restored({"a": 2}, {}, ("a",)) == {}
    assert restored({}, {"a": 1}, ("a",)) == {"a": 1}
    assert restored({"a": [{"n": 2}, {"n": 3}]}, {"a": [{"n": 1}]}, ("a", "*", "n")) == {
        "a": [{"n": 1}, {"n": 3}]
    }


def test_a_pattern_holds_for_what_is_below_it() -> None:
    assert begins(("a", 3, "b"), parsed("a[*]"))
    assert not begins(("a",), parsed("a[*]"))
    assert not begins(("ab",), parsed("a"))


def test_what_is_not_there_is_told_from_null() -> None:
    assert value_at({"a": None}, ("a",)) is None
    assert value_at({"a": None}, ("b",)) is MISSING
