"""`fairlead init`: what it refuses, all at once, and what it says."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from projects import init
from typer.testing import CliRunner

from fairlead.cli.main import app
from fairlead.operate.template_answers import questions, templates


def test_the_list_names_every_template_and_what_it_is_for() -> None:
    result = CliRunner().invoke(app, ["init", "--list"])
    assert result.exit_code == 0
    for name, text in templates().items():
        assert name in result.output
        assert text in result.output


def test_an_answer_is_written_where_it_belongs_and_remembered(tmp_path: Path) -> None:
    where = tmp_path / "new" / "one"
    made = init(
        *(str(where), "--template", "fairlead-aws", "--name", "acme"),
        *("--data", "account=444455556666", "--data", "zones=[eu-central-1a, eu-central-1b]"),
        *("--data", "region=eu-central-1", "--data", 'description=Ours: a "good" one'),
    )
    assert made.exit_code == 0, made.output
    assert str(where / "README.md") in made.output
    target = yaml.safe_load((where / "stacks" / "layers" / "target-aws.yaml").read_text())["target"]
    assert target["account"] == "444455556666"
    assert target["zones"] == ["eu-central-1a", "eu-central-1b"]
    assert target["admins"] == ["arn:aws:iam::444455556666:role/platform-admin"]
    project = yaml.safe_load((where / "Pulumi.yaml").read_text())
    assert (project["name"], project["description"]) == ("acme", 'Ours: a "good" one')
    answers = yaml.safe_load((where / ".copier-answers.yml").read_text())
    assert answers["_src_path"] == "git+fairlead:templates"
    assert answers["account"] == "444455556666"
    assert "/tmp" not in (where / ".copier-answers.yml").read_text()
    assert not {"kind", "project", "cluster"} & set(answers)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).write_text("mine")
    result = init(str(tmp_path))
    assert result.exit_code == 2
    assert "DIR: is not empty: a, b, c and 1 more" in result.output
    assert "an empty folder, or a new name" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "d"]


def test_a_project_that_is_there_already_is_told_how_to_be_updated(tmp_path: Path) -> None:
    (tmp_path / ".copier-answers.yml").write_text("")
    assert "--update merges a later version" in init(str(tmp_path)).output


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = init(str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "DIR: is a file" in result.output


def test_a_repository_without_files_is_empty(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert init(str(tmp_path), "--template", "fairlead-team").exit_code == 0
    assert (tmp_path / "tenants" / "team-a.yaml").is_file()


def test_all_wrong_answers_are_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    where = tmp_path / "new"
    result = init(
        *(str(where), "--template", "fairlead-aws", "--name", "Not A Name", "--data", "acount=1"),
        *("--data", "account=12", "--data", "ci=jenkins", "--data", "cluster=a/b/c"),
    )
    assert result.exit_code == 2
    assert "command line: 5 problems" in result.output
    assert "--data acount: is no question" in result.output
    assert "(nearest: account)" in result.output
    assert "--data ci: is none of them" in result.output
    assert "github, gitlab, both, none" in result.output
    assert "--name: is not accepted" in result.output
    assert "given:   Not A Name" in result.output
    assert "--data account: is not accepted" in result.output
    assert "allowed: 12 digits" in result.output
    assert "--data cluster: is not asked by this template" in result.output
    assert not where.exists()


def test_a_template_that_is_not_there_is_answered_by_the_nearest(tmp_path: Path) -> None:
    result = init(str(tmp_path / "new"), "--template", "fairlead-gpc", "--data", "account=1")
    assert result.exit_code == 2
    assert "--template: is none of them" in result.output
    assert "nearest: fairlead-gcp" in result.output


@pytest.mark.parametrize("given", ["account", "=12"])
def test_an_answer_without_a_question_is_refused(given: str) -> None:
    result = init("--data", given)
    assert result.exit_code == 2
    assert "QUESTION=VALUE" in result.output


def test_a_project_keeps_its_template() -> None:
    result = init("--update", "--template", "fairlead-gcp")
    assert result.exit_code == 2
    assert "--template: does not go with --update" in result.output


def test_without_copier_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "copier", None)
    result = init(str(tmp_path / "new"))
    assert result.exit_code == 1
    assert "pip install 'fairlead[init]'" in result.output


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = init(str(tmp_path / "new"))
    assert result.exit_code == 1
    assert "git: is not on PATH" in result.output


def test_the_users_own_variables_of_git_are_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "me")
    before = dict(os.environ)
    assert init(str(tmp_path / "new"), "--template", "fairlead-team").exit_code == 0
    assert dict(os.environ) == before


def test_every_question_says_what_it_asks_and_has_a_default() -> None:
    for name, asked in questions().items():
        assert "default" in asked, name
        assert asked.get("help") or asked.get("when") is False, name
