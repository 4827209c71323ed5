"""`fairlead stacks` and `fairlead comment`: what a pipeline reads, and when they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_project import stand
from support.forge_server import TOKEN, State, forge
from typer.testing import CliRunner, Result

from fairlead.cli.main import app

SHA = "a" * 40


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[State]:
    stand(monkeypatch, tmp_path)
    monkeypatch.delenv("GITLAB_CI", raising=False)
    with forge() as found:
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_REPOSITORY", "lab/infra")
        monkeypatch.setenv("GITHUB_API_URL", found.url)
        head = {"sha": SHA, "label": "stranger:fix"}
        found.pulls.append({"number": 7, "state": "open", "head": head, "sha": SHA})
        (tmp_path / "texts").mkdir()
        (tmp_path / "texts" / "aws-dev.md").write_text("<!-- fairlead-preview:aws-dev -->\n### one\n")
        yield found


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_stacks_are_listed_for_a_matrix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand(monkeypatch, tmp_path)
    found = json.loads(run("stacks", "-o", "json", "--without", "local").stdout)
    assert {"stack": "aws-prod", "target": "aws", "environment": "prod"} in found
    assert "local" not in {one["stack"] for one in found}
    assert [one["stack"] for one in json.loads(run("stacks", "local", "-o", "json").stdout)] == ["local"]
    assert run("stacks", "gcp-dev").stdout.splitlines()[1].split() == ["gcp-dev", "gcp", "dev"]
    wrong = run("stacks", "gcp-dve", "nothing")
    assert wrong.exit_code == 2
    assert "2 problems" in wrong.stderr
    assert "nearest: gcp-dev" in wrong.stderr


def test_a_stack_whose_spec_is_wrong_is_listed_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: lab\n")
    (tmp_path / "stacks" / "Pulumi.broken.yaml").write_text("config: {}\n")
    stand(monkeypatch, tmp_path)
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(tmp_path))
    found = [{"stack": "broken", "target": "", "environment": ""}]
    assert json.loads(run("stacks", "-o", "json").stdout) == found
    assert json.loads(run("stacks", "-o", "json", "--without", "").stdout) == found


def test_a_comment_is_written_and_edited(state: State) -> None:
    asked = ("comment", "texts", "--head", "stranger:fix", "--sha", SHA)
    assert run(*asked).stdout == f"created: {state.url}/c/100\n"
    assert run(*asked).stdout == f"unchanged: {state.url}/c/100\n"
    assert state.comments[0]["body"] == "<!-- fairlead-comment:preview -->\n### one\n"


def test_a_newer_commit_gets_no_comment_of_an_older_one(state: State) -> None:
    result = run("comment", "texts", "--pull", "7", "--sha", "b" * 40)
    assert result.exit_code == 0
    assert "nothing is written" in result.stdout
    assert state.writes == []


def test_an_issue_is_written_and_closed(state: State, tmp_path: Path) -> None:
    (tmp_path / "texts" / "aws-dev.md").write_text("<!-- fairlead-drift:aws-dev -->\nmoved\n")
    assert run("comment", "texts", "--kind", "drift", "--issue", "Drift").stdout.startswith("created: ")
    assert state.issues[0]["title"] == "Drift"
    assert run("comment", "--kind", "drift", "--close").stdout.startswith("closed: ")
    assert run("comment", "--kind", "drift", "--close").stdout == "there is no open issue\n"


def test_without_a_token_all_that_is_missing_is_named(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.delenv("GITHUB_REPOSITORY")
    result = run("comment", "texts", "--pull", "7", "--sha", SHA)
    assert result.exit_code == 2
    assert "GITHUB_TOKEN: is not set" in result.stderr
    assert "GITHUB_REPOSITORY: is not set" in result.stderr
    assert state.asked == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["texts"], "one of them says where"),
        (["texts", "--pull", "7", "--issue", "x", "--sha", SHA], "one of them says where"),
        (["texts", "--pull", "7"], "--sha: says which commit"),
        (["--issue", "x"], "FOLDER: is missing"),
        (["texts", "--close"], "FOLDER: does not go with --close"),
    ],
)
def test_options_that_do_not_say_one_place_are_refused(state: State, arguments: list[str], said: str) -> None:
    result = run("comment", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert state.asked == []


def test_on_gitlab_its_own_variables_are_read(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    for name, value in {
        "GITLAB_TOKEN": TOKEN,
        "CI_PROJECT_ID": "lab/infra",
        "CI_API_V4_URL": state.url,
    }.items():
        monkeypatch.setenv(name, value)
    state.pulls[0]["state"] = "opened"
    assert run("comment", "texts", "--pull", "7", "--sha", SHA).stdout.startswith("created: ")
    assert state.writes == [("POST", "/projects/lab%2Finfra/merge_requests/7/notes")]
