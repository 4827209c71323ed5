"""`fairlead cost`: what it prints, for people and for programs, and what it says to mistakes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from in_project import stand
from typer.testing import CliRunner, Result

from fairlead.catalog.read import load
from fairlead.cli.main import app

REPO = Path(__file__).parents[2]
FILE = "stacks/Pulumi.aws-dev.yaml"


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand(monkeypatch, tmp_path)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stacks in a repository of their own, committed as they are on the branch main."""
    made = tmp_path / "project"
    made.mkdir()
    shutil.copy(REPO / "Pulumi.yaml", made)
    shutil.copytree(REPO / "stacks", made / "stacks")
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "stacks"]):
        subprocess.run(["git", "-C", str(made), *who, *words], check=True)
    monkeypatch.setenv("FAIRLEAD_PROJECT", str(made))
    return made


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_it_prints_every_pool_a_total_and_the_notes() -> None:
    result = run("cost", "-s", "aws-prod")
    assert result.exit_code == 0, result.stderr
    for word in (
        "system",
        "h200-block",
        "trainium",
        "all pools",
        "us-east-1",
        "price not known",
        "not counted",
    ):
        assert word in result.stdout


def test_a_stack_needs_neither_its_cluster_nor_credentials_nor_the_cache(tmp_path: Path) -> None:
    assert run("cost", "-s", "azure-prod").exit_code == 0
    assert not (tmp_path / "cache").exists()


def test_programs_get_the_same_figures() -> None:
    plain = json.loads(run("cost", "-s", "aws-dev", "-o", "json").stdout)
    price = load().prices["aws"]["us-east-1"]["m7i.xlarge"].on_demand or 0.0
    system = next(one for one in plain["pools"] if one["pool"] == "system")
    assert system["cost"]["min"]["usd_an_hour"] == pytest.approx(2 * price)
    assert system["cost"]["max"]["usd_a_month"] == pytest.approx(4 * price * 730, abs=0.01)
    assert "against" not in plain


def test_the_part_that_is_expected_to_run_can_be_given() -> None:
    plain = json.loads(run("cost", "-s", "aws-dev", "-o", "json", "--utilization", "1").stdout)
    assert plain["utilization"] == 1
    assert plain["total"]["expected"]["nodes"] == plain["total"]["max"]["nodes"]


def test_a_change_is_told_pool_by_pool(project: Path) -> None:
    file = project / FILE
    file.write_text(file.read_text().replace("        max: 2\n", "        max: 5\n"))
    text = run("cost", "-s", "aws-dev", "--against", "main").stdout
    assert "Against main (" in text
    assert "changed: max 2 -> 5" in text
    plain = json.loads(run("cost", "-s", "aws-dev", "--against", "main", "-o", "json").stdout)["against"]
    spot = load().prices["aws"]["us-east-1"]["g6.xlarge"].spot or 0.0
    assert (plain["ref"], plain["existed"], [one["pool"] for one in plain["pools"]]) == ("main", True, ["l4"])
    assert plain["total"]["delta"]["max"]["usd_an_hour"] == pytest.approx(3 * spot, abs=1e-5)


def test_nothing_has_changed_since_the_last_commit(project: Path) -> None:
    assert run("cost", "-s", "aws-dev", "--against", "HEAD").stdout.endswith(
        ": no pool costs anything else\n"
    )


def test_a_new_stack_is_all_added(project: Path) -> None:
    shutil.copy(project / FILE, project / "stacks/Pulumi.new.yaml")
    text = run("cost", "-s", "new", "--against", "main").stdout
    assert "where the stack was not there yet" in text
    assert text.count("added") == 2


def test_a_stack_that_is_not_there_is_told_with_those_that_are() -> None:
    told = refused("cost", "-s", "aws-pord")
    for words in ("--stack: no such stack", "given:   aws-pord", "nearest: aws-prod", "fix:"):
        assert words in told


def test_a_commit_that_is_not_there_is_told(project: Path) -> None:
    told = refused("cost", "-s", "aws-dev", "--against", "mian")
    for words in ("--against: the repository has no such commit", "given:   mian", "such as main", "fix:"):
        assert words in told


@pytest.mark.parametrize("stack", ["onprem", "local"])
def test_a_platform_without_any_price_is_told_what_to_do(stack: str) -> None:
    told = refused("cost", "-s", stack)
    for words in (f"target {stack} buys no machines", "given:   system, h100, l4", "allowed: prices", "fix:"):
        assert words in told


@pytest.mark.parametrize("given", ["1.5", "-0.1", "nan"])
def test_a_part_is_between_nothing_and_all(given: str) -> None:
    told = refused("cost", "-s", "aws-dev", f"--utilization={given}")
    assert "--utilization: is no part of a whole" in told
    assert "allowed: 0 to 1" in told


def test_a_part_is_a_number() -> None:
    assert run("cost", "-s", "aws-dev", "--utilization", "half").exit_code == 2
