"""The tools of the reference checks: references, mutations, Go modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from reference import gomodule
from reference.common import (
    Finding,
    Reference,
    Resource,
    dangling,
    filled,
    references,
    unchecked,
    whole_reference,
)
from reference.mutation import (
    Mutation,
    MutationError,
    Outcome,
    add,
    assert_caught,
    delete,
    edit,
    mutated,
    rename,
    report,
    run_mutations,
    steps,
    to,
    without,
)

SUBNET = "aws:ec2/subnet:Subnet"
VPC_ID = "${aws:ec2/vpc:Vpc::prod.id}"


def resource(kind: str, name: str, **inputs: Any) -> dict[str, Any]:
    return {
        "urn": f"urn:pulumi:x::y::{kind}::{name}",
        "type": kind,
        "name": name,
        "custom": True,
        "inputs": inputs,
    }


@pytest.fixture
def resources() -> list[dict[str, Any]]:
    return [
        resource("aws:ec2/vpc:Vpc", "prod", cidrBlock="10.0.0.0/16"),
        resource(SUBNET, "a", vpcId=VPC_ID, tags={"k": "v"}, ports=[1, 2], policy=json.dumps({"a": [1]})),
    ]


def no_findings(_resources: Sequence[Resource]) -> list[Finding]:
    return []


def test_a_reference_tells_type_name_and_output():
    assert references({"a": [f"{VPC_ID}/x", "plain"]}) == [Reference("aws:ec2/vpc:Vpc", "prod", "id")]
    assert whole_reference(VPC_ID) == Reference("aws:ec2/vpc:Vpc", "prod", "id")
    assert whole_reference(f"{VPC_ID}/x") is None
    deep = references("${aws:eks/cluster:Cluster::prod.identities[0].oidcs[0].issuer}")
    assert deep == [Reference("aws:eks/cluster:Cluster", "prod", "identities[0].oidcs[0].issuer")]


def test_references_are_filled_everywhere():
    assert filled({"a": [f"x/{VPC_ID}"]}, lambda one: one.name) == {"a": ["x/prod"]}


def test_a_reference_to_nobody_is_a_finding(resources: list[dict[str, Any]]):
    assert dangling(resources) == []
    (found,) = dangling(resources[1:])
    assert (found.path, found.what) == ("vpcId", "no resource aws:ec2/vpc:Vpc named 'prod' is declared")


def test_a_type_without_a_validator_is_a_finding(resources: list[dict[str, Any]]):
    (found,) = unchecked(resources, lambda token: token == SUBNET, "aws:")
    assert "aws:ec2/vpc:Vpc" in found.what


def test_a_path_goes_through_lists_and_json_texts():
    assert steps("a[0].b@json.c") == ["a", 0, "b", "@json", "c"]
    assert steps("") == []


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        ("vpcId", to("x"), {"vpcId": "x"}),
        ("vpcId", edit(str.upper), {"vpcId": VPC_ID.upper()}),
        ("tags", add("n", 1), {"tags": {"k": "v", "n": 1}}),
        ("ports", add("", 3), {"ports": [1, 2, 3]}),
        ("ports[1]", delete, {"ports": [1]}),
        ("tags.k", rename("K"), {"tags": {"K": "v"}}),
        ("policy@json.a[0]", to(2), {"policy": json.dumps({"a": [2]})}),
        ("", add("new", 1), {"new": 1}),
    ],
)
def test_a_mutation_changes_one_place_of_a_copy(
    resources: list[dict[str, Any]], path: str, change: Any, expected: Any
):
    before = json.dumps(resources)
    changed, name = mutated(resources, Mutation("m", SUBNET, path, change))
    assert name == "a"
    assert json.dumps(resources) == before
    assert {**resources[1]["inputs"], **expected} | changed[1]["inputs"] == changed[1]["inputs"] | expected
    assert changed[0] is resources[0]


@pytest.mark.parametrize(
    "mutation",
    [
        Mutation("no such type", "aws:ec2/eip:Eip", "", add("x", 1)),
        Mutation("no such place", SUBNET, "tags.other", delete),
        Mutation("no such resource", SUBNET, "tags", delete, lambda one: one["name"] == "b"),
        Mutation("the same again", SUBNET, "tags.k", to("v")),
        Mutation("there already", SUBNET, "tags", add("k", "w")),
    ],
    ids=lambda one: one.name,
)
def test_a_mutation_without_its_target_fails(resources: list[dict[str, Any]], mutation: Mutation):
    with pytest.raises(MutationError):
        run_mutations({"stack": resources}, [mutation], no_findings)


def test_a_missing_resource_cannot_be_taken_away(resources: list[dict[str, Any]]):
    assert [one["name"] for one in without(resources, SUBNET)] == ["prod"]
    with pytest.raises(MutationError):
        without(resources, "aws:ec2/eip:Eip")


def test_mutations_want_a_clean_baseline(resources: list[dict[str, Any]]):
    def dirty(_resources: Sequence[Resource]) -> list[Finding]:
        return [Finding("urn", "path", "is wrong", "rules")]

    with pytest.raises(AssertionError, match="1 findings"):
        run_mutations({"stack": resources}, [], dirty)


def test_two_mutations_do_not_share_a_name(resources: list[dict[str, Any]]):
    twice = [Mutation("m", SUBNET, "tags", delete)] * 2
    with pytest.raises(AssertionError, match="same name"):
        run_mutations({"stack": resources}, twice, no_findings)


def test_the_report_names_what_escaped(resources: list[dict[str, Any]]):
    def check(changed: Sequence[Resource]) -> list[Finding]:
        return [] if "tags" in changed[1]["inputs"] else [Finding("urn", "tags", "missing", "rules")]

    mutations = [Mutation("no tags", SUBNET, "tags", delete), Mutation("no network", SUBNET, "vpcId", delete)]
    told = report("AWS", run_mutations({"stack": resources}, mutations, check))
    assert told.splitlines() == [
        "AWS: 1 of 2 mutations caught (50.0%)",
        "    1 seen by rules",
        "  ESCAPED no network (a)",
    ]


def outcomes(caught: int, escaped: int) -> list[Outcome]:
    mutation, finding = Mutation("m", SUBNET, "tags", delete), Finding("urn", "tags", "missing", "rules")
    return [Outcome(mutation, "a", [finding])] * caught + [Outcome(mutation, "a", [])] * escaped


def test_nineteen_of_twenty_are_enough_and_told():
    told: list[str] = []
    assert_caught("AWS", outcomes(190, 10), told.append)
    assert told[0].startswith("AWS: 190 of 200 mutations caught (95.0%)")


@pytest.mark.parametrize(
    ("caught", "escaped", "words"), [(189, 11, "ESCAPED m"), (199, 0, "AWS: only 199 mutations")]
)
def test_one_less_is_too_few(caught: int, escaped: int, words: str):
    with pytest.raises(AssertionError, match=words):
        assert_caught("AWS", outcomes(caught, escaped), lambda _: None)


@pytest.mark.parametrize("processes", ["0", "2"])
def test_what_a_test_tells_is_printed_at_the_end_whichever_process_ran_it(tmp_path: Path, processes: str):
    test = tmp_path / "test_told.py"
    test.write_text("def test_told(tell):\n    tell('AWS: 1 of 2')\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "reference.conftest", "-n", processes, str(test)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "mistakes put in on purpose" in lines[lines.index("AWS: 1 of 2") - 1]
    assert lines.count("AWS: 1 of 2") == 1


def test_a_module_that_cannot_be_had_fails_and_says_how_to_help(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    with pytest.raises(gomodule.ReferenceUnavailableError, match="Go module proxy"):
        gomodule.go_module.__wrapped__("example.com/no/such/module@v0.0.1")


def test_a_module_of_another_hash_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    fake = tmp_path / "go"
    fake.write_text('#!/bin/sh\necho \'{"Dir": "/tmp", "Sum": "h1:other"}\'\n')
    fake.chmod(0o755)
    monkeypatch.setattr(gomodule, "_go", lambda: str(fake))
    with pytest.raises(gomodule.ReferenceUnavailableError, match="pinned is h1:mine"):
        gomodule.go_module.__wrapped__("example.com/m@v1.0.0", "h1:mine")
