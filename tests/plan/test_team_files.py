"""Team files against the stacks that they are for: sums, and problems in the words of the team's own file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.golden import REPO

from fairlead.catalog.read import load
from fairlead.errors import InputError, Problem
from fairlead.plan import show_tenants
from fairlead.plan.show import to_text
from fairlead.plan.stack import plan_of
from fairlead.plan.teams import Sum, check, named
from fairlead.plan.teams import to_text as checked_text
from fairlead.spec.layers import resolve_stack


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """The stacks of this project, to be changed."""
    made = tmp_path / "stacks"
    shutil.copytree(REPO / "stacks", made)
    return made


def edit(stacks: Path, team: str, old: str, new: str) -> None:
    path = stacks / "tenants" / f"{team}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def problems(stacks: Path, *names: str) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        check(stacks, names, load())
    return list(caught.value.problems)


def test_sound_team_files_are_told_with_their_stacks_and_what_is_left(stacks: Path) -> None:
    found = check(stacks, ["research"], load())
    assert found.stacks == {"stacks/tenants/research.yaml": ("aws-prod", "azure-prod", "gcp-prod")}
    assert Sum("aws-prod", "H100", 64, {"product": 16, "research": 32}) in found.sums
    assert "Inferentia2" not in {one.accelerator for one in found.sums}
    rows = [line.split() for line in checked_text(found).splitlines()]
    assert ["aws-prod", "H100", "64", "48", "16", "product", "16,", "research", "32"] in rows


def test_without_names_every_team_is_checked(stacks: Path) -> None:
    found = check(stacks, [], load())
    assert sorted(found.stacks) == ["stacks/tenants/product.yaml", "stacks/tenants/research.yaml"]
    assert "Inferentia2" in {one.accelerator for one in found.sums}


def test_a_team_of_an_environment_without_stacks_is_sound_and_nowhere(stacks: Path) -> None:
    (stacks / "layers" / "environment-later.yaml").write_text("")
    (stacks / "tenants" / "new.yaml").write_text("owner: x\nquota: {}\nenvironments: {later: {}}\n")
    assert checked_text(check(stacks, ["new"], load())) == "stacks/tenants/new.yaml: sound, in no stack yet\n"


def test_a_wrong_accelerator_is_told_by_the_path_in_the_teams_own_file(stacks: Path) -> None:
    edit(stacks, "research", "{H100: 32,", "{H1000: 32,")
    [problem] = problems(stacks, "research")
    assert problem.where == "stacks/tenants/research.yaml: stacks.aws-prod.quota.accelerators.H1000"
    assert problem.given.endswith("(stacks/tenants/research.yaml:11)")
    with pytest.raises(InputError, match=r"research.yaml: stacks.aws-prod.quota.accelerators.H1000"):
        plan_of(stacks, "aws-prod")


def test_what_is_wrong_in_every_stack_is_told_once_and_what_is_in_one_beside_it(stacks: Path) -> None:
    edit(stacks, "research", "groups: [research]", "groups: [research]\nborrow_limit: {NIX: 1}")
    edit(stacks, "research", "{H100: 48, MI300X: 8}", "{H100: 4800, MI300X: 8}")
    assert [one.where.partition(": ")[2] for one in problems(stacks)] == [
        "borrow_limit.NIX",
        "stacks.azure-prod.quota.accelerators.H100",
    ]


def test_teams_that_are_promised_more_together_than_there_is_are_told_with_all_shares(stacks: Path) -> None:
    edit(stacks, "product", "{H100: 16,", "{H100: 40,")
    [problem] = problems(stacks, "product")
    assert "8 H100 more than the pools have" in problem.what
    assert problem.given.startswith("72 in all: product 40, research 32")


def test_a_reserved_name_is_told_as_the_files(stacks: Path) -> None:
    (stacks / "tenants" / "default.yaml").write_text("owner: x\nquota: {}\nstacks: {local: {}}\n")
    [problem] = problems(stacks, "default")
    assert problem.where == "stacks/tenants/default.yaml"
    assert problem.given == "default (stacks/tenants/default.yaml:1)"
    assert "reserved" in problem.what


def test_a_quota_that_is_missing_is_told_where_the_team_begins(stacks: Path) -> None:
    (stacks / "tenants" / "new.yaml").write_text("owner: x\nstacks: {local: {}}\n")
    [problem] = problems(stacks, "new")
    assert (problem.where, problem.what) == ("stacks/tenants/new.yaml: quota", "is missing")


def test_only_files_of_the_projects_teams_are_taken(stacks: Path, tmp_path: Path) -> None:
    team = stacks / "tenants" / "research.yaml"
    assert named(stacks, [team]) == ["research"]
    other = tmp_path / "research.yaml"
    shutil.copy(team, other)
    with pytest.raises(InputError) as caught:
        named(stacks, [other, stacks / "tenants" / "nobody.yaml"])
    assert [one.what for one in caught.value.problems] == [
        "is no team file of this project",
        "there is no such file",
    ]


def test_the_plan_tells_who_answers_for_a_tenant_and_who_may_do_what(stacks: Path) -> None:
    people = "roles: {admin: {members: [ada]}, viewer: {groups: [guests]}}\nmembers: [bob]\ncost_center: R-42"
    edit(stacks, "research", "groups: [research]", f"groups: [research]\n{people}")
    lines = [line.strip() for line in to_text(plan_of(stacks, "gcp-prod")).splitlines()]
    for line in (
        "research: charged to R-42",
        "research: members bob",
        "research: admins ada",
        "research: viewers group guests",
    ):
        assert line in lines
    [row] = [line.split() for line in lines if line.startswith("research  research ")]
    assert row[2] == "research-lead@example.com"


def test_a_list_of_tenants_says_where_each_is_written() -> None:
    for stack, written in (
        ("gcp-prod", ["stacks/tenants/product.yaml", "stacks/tenants/research.yaml"]),
        ("local", ["stacks/layers/environment-dev.yaml, stacks/Pulumi.local.yaml"] * 2),
    ):
        merged = resolve_stack(REPO / "stacks", stack)
        told = show_tenants.to_dict(plan_of(REPO / "stacks", stack), merged.origins)
        assert [one["written"] for one in told] == written


def test_shares_of_an_accelerator_that_is_bought_in_several_ways_are_added_up(stacks: Path) -> None:
    path = stacks / "Pulumi.local.yaml"
    pool = "    pools:\n      - {name: more, accelerators: H100:8, capacity: spot, min: 1, max: 1}\n"
    path.write_text(path.read_text().replace("    pools:\n", pool, 1).replace("H100: 16", "H100: 28"))
    plan = plan_of(stacks, "local")
    told = show_tenants.to_dict(plan, resolve_stack(stacks, "local").origins)
    assert told[0]["quota"] == {"H100": 28, "L4": 1}
