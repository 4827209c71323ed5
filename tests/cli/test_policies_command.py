"""`fairlead policies` and `fairlead check policies`: what they print, and when they fail."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from in_project import stand
from support.recorded import of_stack
from typer.testing import CliRunner, Result

from fairlead.cli.main import app
from fairlead.operate import policies as checking
from fairlead.rules.book import BY_ID, RULES
from fairlead.spec.layers import resolve_stack

REPO = Path(__file__).parents[2]
RULE = "kubernetes-no-privileged"


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stand(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the program declares comes from a recording that other tests share."""
    from dataclasses import asdict

    monkeypatch.setattr(checking, "resources", lambda stack: [asdict(one) for one in of_stack(stack.name)])


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_all_rules_are_listed_with_their_levels() -> None:
    lines = run("policies").stdout.splitlines()
    assert lines[0].split() == ["RULE", "LEVEL", "WHAT", "HOLDS"]
    assert len(lines) == len(RULES) + 1
    (line,) = [one for one in lines if one.startswith(f"{RULE} ")]
    assert line.split(None, 2) == [RULE, "mandatory", BY_ID[RULE].title]


def test_a_family_is_listed_by_itself() -> None:
    found = json.loads(run("policies", "--family", "cost", "-o", "json").stdout)
    assert {one["rule"].partition("-")[0] for one in found} == {"cost"}
    assert "cost-month-most" in {one["rule"] for one in found}
    result = run("policies", "--family", "costs")
    assert result.exit_code == 2
    assert "nearest: cost" in result.stderr


def test_a_rule_is_shown_with_its_examples_and_how_to_except_it() -> None:
    text = run("policies", "show", "cost-month-most").stdout
    rule = BY_ID["cost-month-most"]
    assert text.startswith(f"{rule.title}\n")
    for part in (
        "cost-month-most",
        "mandatory, where a stack says nothing else",
        "Breaks it:",
        "Keeps it:",
        "month_most: 200000",
    ):
        assert part in text
    assert "        resource: stack\n" in text
    assert 'policies: {levels: {cost-month-most: "off"}}' in text


@pytest.mark.parametrize("rule", ["aws-bucket-tls-only", RULE, "change-state-not-deleted"])
def test_a_rule_is_plain_data_for_programs(rule: str) -> None:
    found = json.loads(run("policies", "show", rule, "-o", "json").stdout)
    assert found["rule"] == rule
    assert found["bad"]
    assert found["good"]


def test_a_rule_that_is_not_there_is_answered_by_those_near_it() -> None:
    result = run("policies", "show", "kubernetes-no-privilege")
    assert result.exit_code == 2
    assert f"nearest: {RULE}" in result.stderr


def test_a_sample_stack_is_refused_nothing_and_told_how_much_is_excused() -> None:
    result = run("check", "policies", "-s", "local")
    assert result.exit_code == 0, result.stdout
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Stack local: ")
    assert lines[-1].startswith("0 refused, ")
    assert "exception-" not in result.stdout


def test_advice_fails_where_it_is_asked_to() -> None:
    advised = json.loads(run("check", "policies", "-s", "local", "-o", "json").stdout)[0]["findings"]
    assert any(one["level"] == "advisory" and not one["excused"] for one in advised)
    assert run("check", "policies", "-s", "local", "--fail-on", "advisory").exit_code == 1


def with_policies(monkeypatch: pytest.MonkeyPatch, **policies: object) -> None:
    """The local stack, with policies of its own."""
    from fairlead.catalog.read import load
    from fairlead.plan.load import load_plan

    spec = {**resolve_stack(REPO / "stacks", "local").value, "policies": policies}
    monkeypatch.setattr(checking, "plan_of", lambda folder, name: load_plan(spec, name, load()))


def test_what_is_refused_is_told_once_with_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with_policies(monkeypatch, levels={"workload-replicas": "mandatory"})
    result = run("check", "policies", "-s", "local")
    assert result.exit_code == 1
    assert result.stdout.count("(workload-replicas)") == 1
    assert "refused: " in result.stdout
    found = json.loads(run("check", "policies", "-s", "local", "-o", "json").stdout)[0]["findings"]
    places = [one["name"] for one in found if one["rule"] == "workload-replicas"]
    assert len(places) > 1
    assert all(f"  {one} " in result.stdout for one in places)


def test_what_is_excused_is_counted_and_listed_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    excuse = {
        "rule": "workload-replicas",
        "resource": "Deployment/*",
        "owner": "team-platform",
        "reason": "one node has no place for a second one",
        "until": (date.today()).isoformat(),
    }
    with_policies(monkeypatch, exceptions=[excuse])
    plain, whole = (run("check", "policies", "-s", "local", *more).stdout for more in ((), ("--excused",)))
    assert "team-platform" not in plain
    assert "(--excused lists them)" in plain
    assert "excused by team-platform, until " in whole


def test_one_stack_or_all() -> None:
    result = run("check", "policies", "--all", "-s", "onprem")
    assert result.exit_code == 2
    assert "does not go with --stack" in result.stderr


def test_several_stacks_come_in_their_order() -> None:
    result = run("check", "policies", "-s", "onprem", "-s", "local", "-o", "json", "--fail-on", "never")
    assert [one["stack"] for one in json.loads(result.stdout)] == ["onprem", "local"]
