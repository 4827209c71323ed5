"""The merge rule, the layers of a stack, and where each value came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import InputError
from fairlead.spec import show
from fairlead.spec.documents import from_plain, read_text
from fairlead.spec.layers import merge, read_spec, resolve_stack, stacks

REPO = Path(__file__).resolve().parents[2]
STACK = """config:
  fairlead:platform:
    name: lab
    environment: dev
    target: {kind: local}
"""


def merged(*layers: Any) -> Any:
    return merge([from_plain(layer, f"layer{place}") for place, layer in enumerate(layers)]).value


@pytest.fixture
def stack_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "stacks"
    (folder / "layers").mkdir(parents=True)
    (folder / "layers" / "defaults.yaml").write_text("layers: {queue: {enabled: true}}\n")
    (folder / "layers" / "environment-dev.yaml").write_text("")
    (folder / "Pulumi.lab.yaml").write_text(STACK)
    return folder


@pytest.mark.parametrize(
    ("low", "high", "result"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": 1}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": {"x": 1}}, {"a": 2}, {"a": 2}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": [1]}, {"a": []}, {"a": []}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"x": 1}}, {"a": {"x": None}}, {"a": {}}),
        ({}, {"a": None, "b": {"c": None}}, {"b": {}}),
        (
            {"a": [{"name": "x", "n": 1}]},
            {"a": [{"name": "x", "m": 2}]},
            {"a": [{"name": "x", "n": 1, "m": 2}]},
        ),
        ({"a": [{"name": "x", "n": 1}]}, {"a": [{"name": "x", "n": None}]}, {"a": [{"name": "x"}]}),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "y"}]}, {"a": [{"name": "x"}, {"name": "y"}]}),
        ({"a": [{"name": "x"}]}, {"a": [{"nom": "y"}]}, {"a": [{"nom": "y"}]}),
        ({"a": [{"name": "x"}]}, {"a": [{"name": "y"}, 1]}, {"a": [{"name": "y"}, 1]}),
        ({"a": [{"name": "x"}]}, {"a": []}, {"a": []}),
        ({"a": [{"name": 1, "k": 1}]}, {"a": [{"name": 1}]}, {"a": [{"name": 1}]}),
    ],
)
def test_two_layers_merge_by_the_rule(low: Any, high: Any, result: Any) -> None:
    assert merged(low, high) == result


def test_named_entries_keep_the_order_in_which_they_first_appear() -> None:
    low = {"pools": [{"name": "b"}, {"name": "a"}]}
    high = {"pools": [{"name": "c"}, {"name": "a", "max": 1}, {"name": "b", "max": 2}]}
    assert [pool["name"] for pool in merged(low, high)["pools"]] == ["b", "a", "c"]


def test_a_name_that_is_there_twice_in_one_layer_stays_there_twice() -> None:
    twice = {"pools": [{"name": "a", "max": 1}, {"name": "a", "max": 2}]}
    assert merged({}, twice) == twice
    assert merged({"pools": [{"name": "a", "min": 0}]}, twice)["pools"] == [
        {"name": "a", "min": 0, "max": 1},
        {"name": "a", "max": 2},
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "a", "b"]), inner, max_size=3)
    ),
    max_leaves=12,
)
MAPS = st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON, max_size=3)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(part) for key, part in value.items() if part is not None}
    return [without_nulls(part) for part in value] if isinstance(value, list) else value


@given(MAPS)
def test_a_layer_over_nothing_is_itself_without_its_nulls(layer: dict[str, Any]) -> None:
    assert merged(layer) == without_nulls(layer)


@given(MAPS, MAPS)
def test_an_empty_layer_changes_nothing(low: dict[str, Any], high: dict[str, Any]) -> None:
    assert merged(low, {}, high, {}) == merged(low, high)


@given(MAPS, MAPS)
def test_every_value_has_an_origin_and_every_origin_is_a_layer(
    low: dict[str, Any], high: dict[str, Any]
) -> None:
    result = merge([from_plain(low, "low"), from_plain(high, "high")])
    assert {path for path, _, _ in show.rows(result) if path != "platform"} <= set(result.origins)
    assert set(result.origins.values()) <= {"low", "high"}


@given(MAPS)
def test_merging_a_layer_with_itself_changes_no_scalar(layer: dict[str, Any]) -> None:
    once = merged(layer)
    if "name" not in str(once):
        assert merged(layer, layer) == once


def test_the_local_stack_names_the_file_and_line_of_every_value() -> None:
    result = resolve_stack(REPO / "stacks", "local")
    for path, value, origin in show.rows(result):
        if origin == show.BUILT_IN:
            continue
        file, _, line = origin.rpartition(":")
        text = (REPO / file).read_text().splitlines()[int(line) - 1]
        assert str(value).strip('"') in text, f"{path}: {value} is not in {origin}: {text}"
    assert result.sources == (
        "stacks/layers/defaults.yaml",
        "stacks/layers/target-local.yaml",
        "stacks/layers/environment-dev.yaml",
        "stacks/Pulumi.local.yaml",
    )


def test_the_layers_win_in_their_order(stack_dir: Path) -> None:
    layers = stack_dir / "layers"
    (layers / "defaults.yaml").write_text("a: defaults\nb: defaults\nc: defaults\nd: defaults\n")
    (layers / "target-local.yaml").write_text("b: target\nc: target\nd: target\n")
    (layers / "environment-dev.yaml").write_text("c: environment\nd: environment\n")
    (stack_dir / "Pulumi.lab.yaml").write_text(STACK + "    d: stack\n")
    value = resolve_stack(stack_dir, "lab").value
    assert [value[key] for key in "abcd"] == ["defaults", "target", "environment", "stack"]


def test_data_of_the_engine_takes_the_place_of_the_stack_file(stack_dir: Path) -> None:
    given_data = {"name": "other", "environment": "dev", "target": {"kind": "local"}}
    result = resolve_stack(stack_dir, "lab", given_data)
    assert result.value["name"] == "other"
    assert result.origins["platform.name"] == "stacks/Pulumi.lab.yaml"
    assert result.value["layers"] == {"queue": {"enabled": True}}


def test_data_of_the_engine_keeps_the_lines_of_a_file_that_says_the_same(stack_dir: Path) -> None:
    same = {"name": "lab", "environment": "dev", "target": {"kind": "local"}}
    assert resolve_stack(stack_dir, "lab", same) == resolve_stack(stack_dir, "lab")


def test_data_of_the_engine_needs_no_stack_file(stack_dir: Path) -> None:
    (stack_dir / "Pulumi.lab.yaml").unlink()
    given_data = {"name": "lab", "environment": "dev", "target": {"kind": "local"}}
    assert resolve_stack(stack_dir, "lab", given_data).value["name"] == "lab"


def test_the_environment_may_come_from_the_defaults(stack_dir: Path) -> None:
    (stack_dir / "layers" / "defaults.yaml").write_text("environment: prod\n")
    (stack_dir / "layers" / "environment-prod.yaml").write_text("name: from-prod\n")
    (stack_dir / "Pulumi.lab.yaml").write_text("config:\n  fairlead:platform:\n    target: {kind: local}\n")
    assert resolve_stack(stack_dir, "lab").value["name"] == "from-prod"


def test_an_environment_without_a_layer_is_refused_with_the_nearest(stack_dir: Path) -> None:
    (stack_dir / "Pulumi.lab.yaml").write_text(STACK.replace("environment: dev", "environment: dve"))
    with pytest.raises(InputError) as caught:
        resolve_stack(stack_dir, "lab")
    (problem,) = caught.value.problems
    assert problem.where == "platform.environment"
    assert "nearest: dev" in problem.allowed
    assert "stacks/Pulumi.lab.yaml:4" in problem.given


def test_a_stack_that_is_not_there_is_refused_with_the_nearest(stack_dir: Path) -> None:
    with pytest.raises(InputError, match=r"nearest: lab"):
        resolve_stack(stack_dir, "lap")
    assert stacks(stack_dir) == ["lab"]


@pytest.mark.parametrize(
    "text", ["", "config: {}\n", "config: 3\n", "- a\n", "config: {fairlead:platform: }\n"]
)
def test_a_stack_file_without_the_platform_is_refused(stack_dir: Path, text: str) -> None:
    (stack_dir / "Pulumi.lab.yaml").write_text(text)
    with pytest.raises(InputError, match="fairlead:platform is missing under config"):
        resolve_stack(stack_dir, "lab")


def test_a_layer_that_is_no_map_is_refused_by_file_and_line(stack_dir: Path) -> None:
    (stack_dir / "layers" / "defaults.yaml").write_text("\n- 1\n")
    with pytest.raises(InputError) as caught:
        resolve_stack(stack_dir, "lab")
    assert caught.value.problems[0].where == "stacks/layers/defaults.yaml:2"


def test_a_missing_defaults_layer_is_refused(stack_dir: Path) -> None:
    (stack_dir / "layers" / "defaults.yaml").unlink()
    with pytest.raises(InputError, match="there is no such file"):
        resolve_stack(stack_dir, "lab")


def test_a_spec_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_spec(tmp_path / "none.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (binary, tmp_path):
        with pytest.raises(InputError, match="cannot be read as a text file"):
            read_spec(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2026-11-23", "2026-11-23"),
        ("010", "010"),
        ("true", True),
        ("12", 12),
        ("-3", -3),
        ("0x10", 16),
        ("4.5", 4.5),
        (".5", 0.5),
        ("-1e3", -1000.0),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ("H100:8", "H100:8"),
    ],
)
def test_plain_scalars_that_only_look_like_something_are_texts(text: str, value: object) -> None:
    node = read_text(f"a: {text}\n", "f").value
    assert isinstance(node, dict)
    assert node["a"].value == value
    assert type(node["a"].value) is type(value)


def test_too_many_values_are_refused_before_they_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(InputError, match="far too many values"):
        read_text("\n".join(lines), "bomb")


@pytest.mark.parametrize("depth", [200, 100_000])
def test_values_nested_too_deep_are_refused(depth: int) -> None:
    with pytest.raises(InputError, match="nested far too deep"):
        read_text("a: " + "[" * depth + "]" * depth, "deep")


def test_a_number_too_long_to_be_one_is_refused_without_a_traceback() -> None:
    with pytest.raises(InputError, match="this value cannot be read"):
        read_text(f"a: {'9' * 5000}", "long")


def test_a_control_character_is_refused_without_a_traceback() -> None:
    with pytest.raises(InputError, match="this is no YAML"):
        read_text("a: \x00", "zero")


def test_what_is_shown_without_origins_is_yaml_with_the_same_meaning() -> None:
    result = resolve_stack(REPO / "stacks", "local")
    shown = yaml.safe_load(show.to_text(result))["platform"]
    assert shown == show.effective(result) == show.to_dict(result)["platform"]
    assert shown["pools"][0]["capacity"] == "on-demand"


def test_what_is_shown_with_origins_tells_defaults_from_what_was_written() -> None:
    lines = show.to_text(resolve_stack(REPO / "stacks", "local"), origin=True).splitlines()
    (written,) = [line for line in lines if line.startswith("platform.pools[1].accelerators ")]
    (default,) = [line for line in lines if line.startswith("platform.pools[1].capacity ")]
    assert written.split()[1:] == ["H100:8", "stacks/Pulumi.local.yaml:11"]
    assert default.split()[1:] == ["on-demand", "default", "of", "the", "spec"]


def test_a_spec_with_problems_is_still_shown() -> None:
    result = merge([from_plain({"name": "X", "pools": []}, "f")])
    assert show.rows(result) == [("platform.name", "X", "f"), ("platform.pools", "[]", "f")]
