"""A job's words: what is taken, what is refused, and that all problems come at once."""

from __future__ import annotations

from typing import Any

import pytest
from job_samples import MINIMAL, job

from fairlead.errors import InputError
from fairlead.workload.load import load_job, load_text
from fairlead.workload.model import MAX_POD_NAME, MAX_SCRIPT_BYTES, longest_pod_name

LONG = "a" * 49

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"nmae": "x"}, "nmae", "unknown key"),
    ({"name": "Upper"}, "name", "lower-case"),
    ({"name": "9lives"}, "name", "a letter first"),
    ({"name": LONG}, "name", "at most 48 characters"),
    ({"tenant": "Team_A"}, "tenant", "lower-case"),
    ({"stage": "production"}, "stage", "testing"),
    ({"priority": "high"}, "priority", "inference"),
    ({"accelerators": "H10:8"}, "accelerators", "write H100"),
    ({"accelerators": "A100:8"}, "accelerators", "A100-40GB, A100-80GB"),
    ({"accelerators": "H100:0"}, "accelerators", "at least 1"),
    ({"accelerators": 8}, "accelerators", "NAME:COUNT"),
    ({"num_nodes": 0}, "num_nodes", "at least 1"),
    ({"num_nodes": "many"}, "num_nodes", "whole number"),
    ({"num_nodes": 1.5}, "num_nodes", "whole number"),
    ({"cpus": "lots"}, "cpus", "quantity"),
    ({"cpus": "0"}, "cpus", "more than zero"),
    ({"memory": "-1Gi"}, "memory", "quantity"),
    ({"image": "example.com/train"}, "image", "a tag other than latest"),
    ({"image": "example.com/train:latest"}, "image", "a tag other than latest"),
    ({"image": "example.com:5000/train"}, "image", "a tag other than latest"),
    ({"image": "Not An Image"}, "image", "image reference"),
    ({"run": ""}, "run", "nothing to run"),
    ({"run": "x" * (MAX_SCRIPT_BYTES + 1)}, "run", "bytes"),
    ({"setup": "é" * (MAX_SCRIPT_BYTES // 2), "run": "xx"}, "run", "bytes"),
    ({"run": "a\0b"}, "run", "NUL"),
    ({"envs": {"1A": "x"}}, "envs.1A", "digit"),
    ({"envs": {"PET_NNODES": "2"}}, "envs.PET_NNODES", "set by the platform"),
    ({"envs": {"FAIRLEAD_JOB": "x"}}, "envs.FAIRLEAD_JOB", "set by the platform"),
    ({"envs": {"DEBUG": True}}, "envs.DEBUG", "quotes"),
    ({"envs": {"HF_TOKEN": "hunter2"}}, "envs.HF_TOKEN", "secrets: {HF_TOKEN: SECRET/KEY}"),
    ({"envs": {"API_KEY": "hunter2"}}, "envs.API_KEY", "looks like a secret"),
    ({"envs": {"DB_PASSWORD": "hunter2"}}, "envs.DB_PASSWORD", "looks like a secret"),
    ({"secrets": {"TOKEN": "name"}}, "secrets.TOKEN", "SECRET/KEY"),
    ({"secrets": {"A": "s/k"}, "envs": {"A": "1"}}, "secrets.A", "set in envs too"),
    ({"file_mounts": {"data": "claim"}}, "file_mounts.data", "absolute path"),
    ({"file_mounts": {"/a/../b": "claim"}}, "file_mounts./a/../b", "absolute path"),
    ({"file_mounts": {"/proc/x": "claim"}}, "file_mounts./proc/x", "must not lie in /proc"),
    ({"file_mounts": {"/data": "Bad_Claim"}}, "file_mounts./data.claim", "PersistentVolumeClaim"),
    (
        {"file_mounts": {"/data": {"claim": "x", "readonly": True}}},
        "file_mounts./data.readonly",
        "write read_only",
    ),
    ({"file_mounts": {"/data": "a", "/data/sub": "b"}}, "file_mounts./data/sub", "in or over another mount"),
    (
        {"file_mounts": {"/checkpoints": "a"}, "checkpoint": {"size": "1Gi"}},
        "checkpoint.path",
        "another mount",
    ),
    ({"checkpoint": {}}, "checkpoint", "either claim"),
    ({"checkpoint": {"claim": "x", "size": "1Gi"}}, "checkpoint", "either claim"),
    ({"checkpoint": {"sise": "1Gi"}}, "checkpoint.sise", "write size"),
    ({"max_restarts": -1}, "max_restarts", "0, 1, 3 or 10"),
    ({"max_restarts": 4}, "max_restarts", "0, 1, 3 or 10"),
    ({"timeout": 5}, "timeout", "90s or 12h"),
    ({"timeout": "0s"}, "timeout", "more than zero"),
    ({"labels": {"fairlead.dev/job": "x"}}, "labels.fairlead.dev/job", "the platform sets those"),
    (
        {"labels": {"kueue.x-k8s.io/queue-name": "x"}},
        "labels.kueue.x-k8s.io/queue-name",
        "the platform sets those",
    ),
    ({"labels": {"team": "has space"}}, "labels.team", "at most 63"),
    ({"annotations": {"-x": "y"}}, "annotations.-x", "NAME"),
    ({"kind": "Notebook"}, "kind", "TrainingJob"),
]


@pytest.mark.parametrize(
    ("change", "where", "words"), REFUSED, ids=[f"{w}-{i}" for i, (_, w, _) in enumerate(REFUSED)]
)
def test_a_wrong_value_is_one_problem_with_its_path(change: dict[str, Any], where: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        load_job({**MINIMAL, **change}, "job.yaml")
    assert [problem.where for problem in caught.value.problems] == [f"job.{where}"]
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["HF_TOKEN", "AWS_SECRET", "MY_API_KEY", "DB_PASSWORD"])
def test_a_secret_value_never_appears_in_an_error(name: str) -> None:
    for value in ("hunter2", {"nested": "hunter2"}):
        with pytest.raises(InputError) as caught:
            load_job({**MINIMAL, "envs": {name: value}}, "job.yaml")
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["TOKENIZER_PATH", "KEYBOARD", "PASSWORDLESS_LOGIN"])
def test_a_name_that_only_resembles_a_secret_is_taken(name: str) -> None:
    assert job(envs={name: "x"}).envs == {name: "x"}


@pytest.mark.parametrize(
    "image",
    [
        "train:1",
        "example.com:5000/team/train:v1.2_3",
        "docker.io/library/python:3.11-slim",
        "example.com/train@sha256:" + "a" * 64,
        "example.com/train:latest@sha256:" + "a" * 64,
    ],
)
def test_an_image_that_cannot_change_is_taken(image: str) -> None:
    assert job(image=image).image == image


def test_all_problems_come_at_once_also_those_between_good_fields() -> None:
    with pytest.raises(InputError) as caught:
        load_job(
            {
                "name": "Bad",
                "imgae": "x",
                "num_nodes": 0,
                "accelerators": "H10:8",
                "envs": {"1": "x", "HF_TOKEN": "s"},
            },
            "job.yaml",
        )
    found = {problem.where for problem in caught.value.problems}
    assert {path.removeprefix("job.") for path in found} == {
        "name",
        "tenant",
        "image",
        "run",
        "imgae",
        "num_nodes",
        "accelerators",
        "envs.1",
        "envs.HF_TOKEN",
    }


def test_numbers_in_envs_are_taken_as_text() -> None:
    assert job(envs={"STEPS": 25, "RATE": 0.5}).envs == {"STEPS": "25", "RATE": "0.5"}


@pytest.mark.parametrize(
    ("nodes", "longest"), [(1, 48), (10, 48), (11, 47), (100, 47), (101, 46), (10_000, 45)]
)
def test_the_longest_allowed_name_gives_the_longest_allowed_pod_name(nodes: int, longest: int) -> None:
    assert len(longest_pod_name("a" * longest, nodes)) == MAX_POD_NAME
    assert job(name="a" * longest, num_nodes=nodes).name == "a" * longest
    with pytest.raises(InputError, match=f"at most {longest} characters"):
        job(name="a" * (longest + 1), num_nodes=nodes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no job"),
        ("---\n---\n", "holds no job"),
        ("just words", "must be a map"),
        ("- a\n- b", "must be a map"),
        ("a: [1", "line 1"),
        ("a: b: c", "line 1, column 5"),
        ("\tname: x", "line 1"),
        ("name: a\nname: b", "the key 'name' stands twice, first in line 1"),
        ("name: !!python/object/apply:os.system ['true']", "no valid YAML"),
        ("? [a]\n: b", "unhashable key"),
        ("1: x", "1: a key must be a text"),
        ("null: x", "a key must be a text"),
    ],
)
def test_a_file_that_is_no_job_says_so_and_where(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        load_text(text, "job.yaml")
    assert words in str(caught.value)


def test_several_documents_are_several_jobs_and_problems_name_the_document() -> None:
    good = "name: {}\ntenant: t\nimage: a:1\nrun: x\n"
    assert [j.name for j in load_text("---\n".join([good.format("a"), good.format("b")]), "f")] == ["a", "b"]
    with pytest.raises(InputError) as caught:
        load_text("---\n".join([good.format("a"), good.format("B!")]), "f")
    assert [problem.where for problem in caught.value.problems] == ["job[1].name"]


def test_two_jobs_of_one_tenant_cannot_share_a_name() -> None:
    text = "name: a\ntenant: t\nimage: a:1\nrun: x\n"
    with pytest.raises(InputError, match="two jobs of the tenant t"):
        load_text(f"{text}---\n{text}", "f")
