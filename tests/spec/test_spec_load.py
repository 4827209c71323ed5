"""Reading a sound spec, salvaging an unsound one, and the order of problems."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import ValidationError
from support.specs import gpu_pool, minimal, with_gpus

from fairlead.errors import InputError, Problem
from fairlead.spec.load import draft, load
from fairlead.spec.model import Platform
from fairlead.spec.paths import in_input_order, render


def test_a_sound_spec_gives_a_frozen_platform_with_its_defaults() -> None:
    platform = load(with_gpus(), "f")
    assert str(platform.pools[1].accelerators) == "H100:8"
    assert platform.pools[1].capacity == ("on-demand",)
    assert platform.layers.queue.enabled
    with pytest.raises(ValidationError):
        platform.name = "other"  # type: ignore[misc]


def test_reading_does_not_change_the_data() -> None:
    data = with_gpus()
    before = copy.deepcopy(data)
    load(data, "f")
    assert data == before


def test_one_accelerator_may_be_written_without_its_count() -> None:
    platform = load(with_gpus(gpu_pool(accelerators="L4")), "f")
    assert platform.pools[1].accelerators is not None
    assert platform.pools[1].accelerators.count == 1


@pytest.mark.parametrize("data", [None, 3, "text", [], True, [{"name": "lab"}]])
def test_what_is_no_map_is_one_problem(data: object) -> None:
    with pytest.raises(InputError) as caught:
        load(data, "f")
    (problem,) = caught.value.problems
    assert problem.where == "platform"
    assert problem.what == "must be a map of keys and values"


def test_a_key_that_is_no_text_is_named() -> None:
    data = minimal()
    data["tenants"][0]["quota"]["accelerators"] = {1: 2}
    with pytest.raises(InputError) as caught:
        load(data, "f")
    (problem,) = caught.value.problems
    assert problem.where == "platform.tenants[0].quota.accelerators.1"
    assert problem.fix == "put it in quotes"


def test_a_key_of_the_spec_itself_that_is_no_text_is_named() -> None:
    (problem,) = draft({**minimal(), 3: 4}).problems
    assert (problem.where, problem.what) == ("platform.3", "a key must be a text")


@pytest.mark.parametrize("part", ["pools", "tenants"])
def test_a_list_whose_only_entry_is_wrong_is_not_called_empty(part: str) -> None:
    data = minimal()
    data[part][0]["name"] = "NO"
    (problem,) = draft(data).problems
    assert problem.where == f"platform.{part}[0].name"


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(InputError) as caught:
        load(minimal(name="x" * 500), "f")
    assert len(caught.value.problems[0].given) < 100
    assert "(500 characters)" in caught.value.problems[0].given


def test_sound_parts_of_an_unsound_spec_are_kept() -> None:
    data = with_gpus(gpu_pool("a"), gpu_pool("b", nodes=-1), gpu_pool("c", colour="red"), name="NO")
    read = draft(data)
    assert read.platform is None
    assert sorted(read.pools) == [0, 1, 3]
    assert read.pools[3].name == "c"
    assert not read.all_pools
    assert read.pool_names == {0: "system", 1: "a", 2: "b", 3: "c"}
    assert list(read.tenants) == [0]
    assert read.target is not None


def test_a_pool_with_an_unknown_key_still_counts_as_readable() -> None:
    assert draft(with_gpus(gpu_pool(colour="red"))).all_pools


@pytest.mark.parametrize("part", ["target", "layers", "pools", "tenants"])
@pytest.mark.parametrize("value", [None, 1, "x", [1], {"x": 1}, [None], [[]]])
def test_no_part_of_any_shape_breaks_the_reading(part: str, value: Any) -> None:
    read = draft({**minimal(), part: value})
    assert read.platform is None
    assert read.problems


def test_paths_are_written_with_dots_and_brackets() -> None:
    assert render("platform", ("pools", 1, "machine")) == "platform.pools[1].machine"


def test_problems_come_in_the_order_of_the_input_and_what_is_missing_after_what_is_there() -> None:
    data = {"b": [{"x": 1}, {"y": 2}], "a": 3}
    wheres = ["p.a", "p.b[1].y", "p.b[0].missing", "p.b[0].x", "p.c", "p.b[2]", "p"]
    ordered = in_input_order([Problem(where, "") for where in wheres], data, "p")
    assert [problem.where for problem in ordered] == [
        "p",
        "p.b[0].x",
        "p.b[0].missing",
        "p.b[1].y",
        "p.b[2]",
        "p.a",
        "p.c",
    ]


def test_every_field_of_the_spec_has_a_meaning_for_the_reader() -> None:
    schema = Platform.model_json_schema()
    parts = [schema, *schema["$defs"].values()]
    for part in parts:
        for name, field in part["properties"].items():
            assert field.get("description"), f"{part['title']}.{name} has no docstring"
