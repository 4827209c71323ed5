"""`fairlead preview`: which stacks, held against what, how it ends, and what it says to mistakes.

The program itself is not run here: what it declares is made up. tests/preview records real ones.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from in_project import stand
from test_cost_command import project, refused, run

from fairlead.operate import preview as operate
from fairlead.stack import Stack

__all__ = ["project"]
KIND, PROVIDER = "kubernetes:core/v1:ConfigMap", "pulumi:providers:kubernetes"


def entry(name: str, value: str) -> dict[str, Any]:
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": value}}
    urn = f"urn:pulumi:lab::fairlead::{KIND}::{name}"
    plain = {"protect": False, "retain_on_delete": False, "parent": "", "provider": ""}
    return {"urn": urn, "type": KIND, "name": name, "custom": True, "inputs": inputs, **plain}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Stack]:
    """The stacks whose program is run; what it declares is one map with the stack's maximum in it."""
    stand(monkeypatch, tmp_path)
    made: list[Stack] = []

    def resources(stack: Stack, key: str = "") -> list[dict[str, Any]]:
        made.append(stack)
        return [entry("map", stack.config_file.read_text()), entry("same", "1")]

    monkeypatch.setattr(operate, "resources", resources)
    return made


def edit(project: Path, old: str, new: str, stack: str = "aws-dev") -> None:
    file = project / "stacks" / f"Pulumi.{stack}.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))


def document(*arguments: str) -> list[dict[str, Any]]:
    done = run("preview", *arguments, "-o", "json", "--fail-on", "never")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["stacks"]


def test_a_first_preview_creates_everything(calls: list[Stack]) -> None:
    (stack,) = document("-s", "aws-dev")
    assert stack["counts"] == {"delete": 0, "replace": 0, "update": 0, "create": 2, "same": 0}
    assert stack["against"]["kind"] == "nothing"


def test_a_change_is_held_against_a_commit(calls: list[Stack], project: Path) -> None:
    edit(project, "max: 2", "max: 4")
    (stack,) = document("-s", "aws-dev", "--against", "main")
    assert stack["counts"]["replace"] == 1
    assert stack["changes"][0]["forced_by"] == ["data.a"]
    assert stack["decisions"] == [{"subject": "pool l4", "what": "nodes 0 to 2 -> 0 to 4"}]
    assert stack["cost"]["total"]["delta"]["max"]["nodes"] == 2
    assert any("through the program and the catalogue of today" in note for note in stack["notes"])


def test_the_program_runs_once_where_the_plan_is_the_same(calls: list[Stack], project: Path) -> None:
    (stack,) = document("-s", "aws-dev", "--against", "main")
    assert stack["counts"]["same"] == 2
    assert len(calls) == 1


def test_a_stack_that_was_not_there_yet_is_created(calls: list[Stack], project: Path) -> None:
    (project / "stacks" / "Pulumi.new.yaml").write_text(
        (project / "stacks" / "Pulumi.aws-dev.yaml").read_text()
    )
    (stack,) = document("-s", "new", "--against", "main")
    assert stack["counts"]["create"] == 2
    assert not stack["against"]["existed"]


def test_several_stacks_and_all_stacks_come_in_order(calls: list[Stack], project: Path) -> None:
    asked = document("-s", "onprem", "-s", "aws-dev", "-s", "onprem", "--against", "main")
    assert [one["stack"] for one in asked] == ["onprem", "aws-dev"]
    everything = [one["stack"] for one in document("--all", "--against", "main")]
    assert everything == sorted(everything)
    assert len(everything) == 8


def test_a_baseline_shows_what_another_version_declared(calls: list[Stack], tmp_path: Path) -> None:
    file = tmp_path / "main.json"
    file.write_text(json.dumps([entry("same", "1"), entry("old", "2")]))
    (stack,) = document("-s", "aws-dev", "--baseline", str(file))
    assert {one["name"]: one["verdict"] for one in stack["changes"]} == {"old": "delete", "map": "create"}
    assert stack["cost"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("{}", "is no list of resources"),
        ('[{"urn": "u"}]', "entry 0 is no resource: it has no custom, inputs, name, type"),
    ],
)
def test_a_baseline_that_is_something_else_is_refused(
    calls: list[Stack], tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text)
    assert said in refused("preview", "-s", "aws-dev", "--baseline", str(file))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--against", "main", "--baseline", "x"), "--baseline: does not go with --against"),
        (("--all", "-s", "aws-dev"), "--all: does not go with --stack"),
        (("--all", "--baseline", "x"), "--baseline: is of one stack"),
        (("-s", "nowhere"), "no such stack"),
        (("-s", "aws-dev", "--against", "no-such-ref"), "no such commit, branch or tag"),
    ],
)
def test_what_does_not_go_together_is_refused(
    calls: list[Stack], project: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused("preview", *arguments)


def test_a_mandatory_finding_ends_it_with_1_unless_nothing_shall(calls: list[Stack], project: Path) -> None:
    (stack,) = document("-s", "aws-dev", "--against", "main")
    levels = {one["level"] for one in stack["findings"] if not one["excused"]}
    where = ("preview", "-s", "aws-dev", "--against", "main")
    assert run(*where).exit_code == int("mandatory" in levels)
    assert run(*where, "--fail-on", "advisory").exit_code == int(bool(levels))
    assert run(*where, "--fail-on", "never").exit_code == 0


def test_changes_that_nobody_expects_end_it_with_1(calls: list[Stack], project: Path) -> None:
    where = ("preview", "-s", "aws-dev", "--against", "main", "--fail-on", "never", "--expect-no-changes")
    assert run(*where).exit_code == 0
    edit(project, "max: 2", "max: 4")
    assert run(*where).exit_code == 1


def test_a_report_goes_into_a_file(calls: list[Stack], project: Path, tmp_path: Path) -> None:
    file = tmp_path / "comment.md"
    done = run("preview", "-s", "aws-dev", "-o", "markdown", "--out", str(file), "--fail-on", "never")
    assert (done.exit_code, done.stdout) == (0, "")
    assert file.read_text().startswith("<!-- fairlead-preview:aws-dev -->")


def test_one_run_writes_a_comment_and_findings(calls: list[Stack], project: Path, tmp_path: Path) -> None:
    comment, findings = tmp_path / "comment.md", tmp_path / "findings.sarif"
    pairs = ("-o", "markdown", "--out", str(comment), "-o", "sarif", "--out", str(findings))
    assert run("preview", "-s", "aws-dev", *pairs, "--fail-on", "never").exit_code == 0
    assert comment.read_text().startswith("<!-- fairlead-preview:aws-dev -->")
    assert json.loads(findings.read_text())["version"] == "2.1.0"
    assert len(calls) == 1


def test_a_file_without_its_form_is_refused(calls: list[Stack], project: Path, tmp_path: Path) -> None:
    files = ("--out", str(tmp_path / "one.md"), "--out", str(tmp_path / "two.md"))
    done = run("preview", "-s", "aws-dev", "-o", "markdown", *files)
    assert done.exit_code == 2
    assert "goes with its own -o" in done.output
    assert "1 times -o and 2 times --out" in done.output
    assert (list(tmp_path.glob("*.md")), calls) == ([], [])


def test_code_scanning_gets_one_run_of_all_stacks(calls: list[Stack], project: Path) -> None:
    done = run("preview", "-s", "aws-dev", "-s", "onprem", "-o", "sarif", "--fail-on", "never")
    sarif = json.loads(done.stdout)
    assert (sarif["version"], len(sarif["runs"])) == ("2.1.0", 1)


def test_the_history_is_only_read(calls: list[Stack], project: Path) -> None:
    edit(project, "max: 2", "max: 4")
    document("-s", "aws-dev", "--against", "main")
    done = subprocess.run(
        ["git", "-C", str(project), "status", "--short"], capture_output=True, text=True, check=True
    )
    assert done.stdout == " M stacks/Pulumi.aws-dev.yaml\n"
