"""Models as users write them: what is taken, what is refused, and how it is said."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from fairlead.errors import InputError
from fairlead.plan.serving_model import FORMATS
from fairlead.workload.serve import SERVED
from fairlead.workload.serve_load import load_model, load_text

GOOD: dict[str, Any] = {
    "kind": "Model",
    "name": "flowers",
    "tenant": "team-a",
    "format": "sklearn",
    "uri": "s3://fairlead-team-a/models/flowers/1",
}
AT = "s3://models/c"
SCALE: dict[str, Any] = {"max": 2, "targets": {"concurrency": 8}}


def refusal(**changes: Any) -> str:
    words = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    with pytest.raises(InputError) as caught:
        load_model(words, "test")
    return str(caught.value)


def test_the_shortest_model_is_one_version_in_one_replica_that_waits_among_services() -> None:
    model = load_model(GOOD, "test")
    assert list(model.all_versions) == ["1"]
    assert (model.stage, model.queue_priority, model.replicas, model.scale) == (
        "inference",
        "inference",
        None,
        None,
    )
    assert model.weights() == {"1": 1}


def test_versions_may_be_numbers_and_keep_their_order() -> None:
    text = yaml.safe_dump({**GOOD, "uri": None}).replace("uri: null\n", "")
    text += "versions:\n  2: {uri: s3://models/2, weight: 90}\n  1: {uri: s3://models/1, weight: 10}\n"
    [model] = load_text(text, "test")
    assert model.weights() == {"2": 90, "1": 10}


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/a/b",
        "gs://bucket_1/a",
        "hf://owner/name",
        "hf://owner/name:main",
        "https://models.example.com/a.tar.gz",
        "pvc://claim",
        "pvc://claim/a/b",
        "models:/flowers/3",
        "models:/flowers@champion",
        "oci://registry.example.com/team-a/flowers:1",
    ],
)
def test_every_place_that_can_be_fetched_from_is_taken(uri: str) -> None:
    assert load_model({**GOOD, "uri": uri}, "test").uri == uri


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("s3://bucket", "must be s3://BUCKET/PATH"),
        ("hf://name", "must be hf://OWNER/NAME"),
        ("models:/flowers", "must be models:/NAME/VERSION or models:/NAME@ALIAS"),
        ("models:/flowers/0", "must be models:/NAME/VERSION"),
        ("oci://registry.example.com/flowers:latest", "must carry a tag other than latest"),
        ("oci://registry.example.com/flowers", "must carry a tag"),
        ("http://models.example.com/a", "must be https://"),
        ("file:///mnt/models", "must be one of s3://BUCKET/PATH"),
        ("/mnt/models", "must be one of"),
    ],
)
def test_a_place_that_cannot_is_refused_with_what_can(uri: str, what: str) -> None:
    assert f"model.uri: {what}" in refusal(uri=uri)


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"name": "f" * 31}, "model.name", "30"),
        ({"name": "2flowers"}, "model.name", "not allowed here"),
        ({"format": "sklern"}, "model.format", "nearest: sklearn"),
        ({"format": None}, "model.format", "missing"),
        ({"uri": None}, "model.uri", "is missing"),
        ({"versions": {"1": {"uri": AT}}}, "model.uri", "stands beside versions"),
        ({"uri": None, "versions": {"1-a": {"uri": AT}}}, "model.versions.1-a", "not allowed here"),
        ({"uri": None, "versions": {"1": {}}}, "model.versions.1.uri", "missing"),
        (
            {"uri": None, "versions": {"1": {"uri": AT, "weight": 90}, "2": {"uri": AT}}},
            "model.versions.2.weight",
            "others have one",
        ),
        (
            {"uri": None, "versions": {"1": {"uri": AT, "weight": 0}}},
            "model.versions",
            "no version gets any call",
        ),
        (
            {"uri": None, "versions": {"1": {"uri": AT, "weight": -1}}},
            "model.versions.1.weight",
            "at least 0",
        ),
        ({"accelerators": "H101:1"}, "model.accelerators", "H100"),
        ({"accelerators": "H100/1g.10gb:2"}, "model.accelerators", "one share at most"),
        ({"replicas": 0}, "model.replicas", "at least 1"),
        ({"replicas": 2, "scale": SCALE}, "model.replicas", "stands beside scale"),
        ({"scale": {"max": 2}}, "model.scale.targets", "nothing tells"),
        ({"scale": {**SCALE, "min": 3}}, "model.scale.max", "max is below min"),
        (
            {"scale": {"max": 2, "targets": {"accelerator_memory": 80}}},
            "model.scale.targets.accelerator_memory",
            "no accelerators to read",
        ),
        ({"timeout": "2d"}, "model.timeout", "between 1s and 1d"),
        ({"kind": "TrainingJob"}, "model.kind", "is no model"),
        ({"image": "x:1"}, "model.image", "unknown"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(changes: dict[str, Any], where: str, what: str) -> None:
    text = refusal(**changes)
    assert f"{where}: " in text
    assert what in text, text
    assert text.startswith("test: 1 problem\n"), text


def test_everything_that_is_wrong_is_said_at_once() -> None:
    text = refusal(
        name="Flowers",
        format="sklern",
        uri=None,
        versions={"1": {"uri": "http://a.example.com/x"}},
        accelerators="H101:1",
        replicas=0,
        scale={"min": 3, "max": 2, "targets": {"accelerator_memory": 80}},
    )
    places = re.findall(r"^  (model\S*): ", text, re.MULTILINE)
    assert places == [
        "model.name",
        "model.format",
        "model.versions.1.uri",
        "model.accelerators",
        "model.replicas",
        "model.scale.max",
    ]


def test_a_server_of_ones_own_takes_whatever_format_it_says() -> None:
    assert load_model({**GOOD, "format": "lightgbm", "server": "mine"}, "test").format == "lightgbm"


def test_two_models_of_one_name_are_refused_and_each_problem_says_which_document() -> None:
    text = yaml.safe_dump_all([GOOD, GOOD])
    with pytest.raises(InputError, match="two models of the tenant team-a have this name"):
        load_text(text, "test")
    with pytest.raises(InputError, match=r"model\[1\]\.format"):
        load_text(yaml.safe_dump_all([GOOD, {**GOOD, "format": "x"}]), "test")
    with pytest.raises(InputError, match="holds no model"):
        load_text("# nothing\n", "test")


def test_formats_are_those_of_the_platforms_servers() -> None:
    assert {name for formats in FORMATS.values() for name in formats} == SERVED
    assert {"sklearn", "vLLM", "tensorflow"} <= SERVED
