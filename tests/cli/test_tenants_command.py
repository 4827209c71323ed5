"""`fairlead tenants` and `fairlead tenants check`: what they print, and what they say to mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from in_project import REPO, stand
from typer.testing import CliRunner, Result

from fairlead.cli.main import app


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The stacks in a project of their own, in which the command is started."""
    made = tmp_path / "project"
    made.mkdir()
    shutil.copy(REPO / "Pulumi.yaml", made)
    shutil.copytree(REPO / "stacks", made / "stacks")
    stand(monkeypatch, tmp_path)
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(made))
    monkeypatch.chdir(made)
    return made


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, ["tenants", *arguments])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_it_lists_every_tenant_with_owner_quota_people_and_file(project: Path) -> None:
    result = run("-s", "aws-prod")
    assert result.exit_code == 0, result.stderr
    head, *rows = result.stdout.splitlines()
    assert head.split()[:4] == ["TENANT", "OWNER", "NAMESPACE", "QUOTA"]
    assert len(rows) == 2
    for word in ("research-lead@example.com", "H100 32", "testing, training, inference", "group research"):
        assert word in rows[1]
    assert rows[1].endswith("stacks/tenants/research.yaml")
    assert project.is_dir()


def test_programs_get_the_same(project: Path) -> None:
    found = {one["tenant"]: one for one in json.loads(run("-s", "gcp-prod", "-o", "json").stdout)}
    assert found["product"]["quota"] == {"H100": 32, "L4": 8, "TPU-v5e": 16}
    assert found["product"]["members"] == {"groups": ["product"], "members": []}
    assert found["product"]["written"] == "stacks/tenants/product.yaml"
    assert json.loads(run("-s", "local", "-o", "json").stdout)[0]["owner"] is None
    assert project.is_dir()


def test_sound_team_files_end_with_status_0(project: Path) -> None:
    every, one = run("check"), run("check", "stacks/tenants/product.yaml")
    assert (every.exit_code, one.exit_code) == (0, 0)
    assert every.stdout.count(": sound, in aws-prod, azure-prod, gcp-prod") == 2
    assert one.stdout.count(": sound, in ") == 1
    assert project.is_dir()


def test_a_wrong_team_file_ends_with_status_2_and_says_where(project: Path) -> None:
    path = project / "stacks" / "tenants" / "product.yaml"
    path.write_text(path.read_text().replace("preemption: never", "preemption: always"))
    result = run("check", "stacks/tenants/product.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "stacks/tenants/product.yaml: preemption: is none of the words" in result.stderr
    assert "never, lower-priority" in result.stderr


def test_a_file_that_is_no_team_file_is_refused(project: Path) -> None:
    result = run("check", "Pulumi.yaml", "stacks/tenants/none.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Pulumi.yaml: is no team file of this project" in result.stderr
    assert "stacks/tenants/none.yaml: there is no such file" in result.stderr
    assert str(project / "stacks" / "tenants") in result.stderr


def test_a_stack_that_is_not_there_is_refused(project: Path) -> None:
    result = run("-s", "aws-pord")
    assert result.exit_code == 2
    assert "aws-prod" in result.stderr
    assert project.is_dir()
