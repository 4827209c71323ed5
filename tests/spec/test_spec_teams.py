"""Team files: where they hold, how they merge, where each value came from, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import InputError, Problem
from fairlead.spec.layers import Merged, read_teams, resolve_stack
from fairlead.spec.teams import in_own_words

REPO = Path(__file__).resolve().parents[2]
STACK = """config:
  fairlead:platform:
    name: lab
    environment: {environment}
    target: {{kind: local}}
"""
TEAM = "owner: lead@example.com\nquota: {cpu: 1, memory: 1Gi}\n"


@pytest.fixture
def stack_dir(tmp_path: Path) -> Path:
    """Two stacks, one an environment `dev` and one `prod`, without tenants."""
    folder = tmp_path / "stacks"
    (folder / "layers").mkdir(parents=True)
    (folder / "layers" / "defaults.yaml").write_text("")
    for stack, environment in (("lab", "dev"), ("real", "prod")):
        (folder / "layers" / f"environment-{environment}.yaml").write_text("")
        (folder / f"Pulumi.{stack}.yaml").write_text(STACK.format(environment=environment))
    return folder


def team(stack_dir: Path, name: str, text: str = TEAM) -> None:
    (stack_dir / "tenants").mkdir(exist_ok=True)
    (stack_dir / "tenants" / f"{name}.yaml").write_text(text)


def tenants(merged: Merged) -> dict[str, Any]:
    return {one["name"]: one for one in merged.value.get("tenants", [])}


def refused(stack_dir: Path, stack: str = "lab") -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        resolve_stack(stack_dir, stack)
    return caught.value.problems


def test_without_team_files_a_stack_is_as_it_was(stack_dir: Path) -> None:
    assert read_teams(stack_dir) == []
    before = resolve_stack(stack_dir, "lab")
    (stack_dir / "tenants").mkdir()
    assert resolve_stack(stack_dir, "lab") == before
    assert before.places == {}


def test_a_team_file_is_a_tenant_of_every_stack_by_the_files_name(stack_dir: Path) -> None:
    team(stack_dir, "team-a")
    for stack in ("lab", "real"):
        merged = resolve_stack(stack_dir, stack)
        assert tenants(merged) == {
            "team-a": {"name": "team-a", "owner": "lead@example.com", "quota": {"cpu": 1, "memory": "1Gi"}}
        }
        assert merged.sources[-1] == "stacks/tenants/team-a.yaml"
        assert merged.origins["platform.tenants[0].quota.cpu"] == "stacks/tenants/team-a.yaml:2"


def test_teams_stand_behind_the_tenants_of_the_stack_in_the_order_of_their_names(stack_dir: Path) -> None:
    path = stack_dir / "Pulumi.lab.yaml"
    path.write_text(path.read_text() + "    tenants: [{name: old, quota: {}}]\n")
    for name in ("zoo", "apes"):
        team(stack_dir, name)
    merged = resolve_stack(stack_dir, "lab")
    assert list(tenants(merged)) == ["old", "apes", "zoo"]
    assert merged.places["platform.tenants[2].owner"] == "stacks/tenants/zoo.yaml: owner"
    assert "platform.tenants[0]" not in merged.places


@pytest.mark.parametrize(
    ("where", "in_lab", "in_real"),
    [
        ("stacks: {lab: {}}\n", True, False),
        ("environments: {prod: {}}\n", False, True),
        ("environments: {prod: {}}\nstacks: {lab: {}}\n", True, True),
        ("environments: {dev: {}}\nstacks: {lab: {}}\n", True, False),
    ],
)
def test_a_team_is_where_its_file_names_the_stack_or_its_environment(
    stack_dir: Path, where: str, in_lab: bool, in_real: bool
) -> None:
    team(stack_dir, "team-a", TEAM + where)
    assert ("team-a" in tenants(resolve_stack(stack_dir, "lab"))) is in_lab
    assert ("team-a" in tenants(resolve_stack(stack_dir, "real"))) is in_real


CHANGED = (
    "owner: lead@example.com\n"
    "groups: [all, most]\n"
    "quota: {cpu: 1, memory: 1Gi, accelerators: {H100: 1, L4: 2}}\n"
    "environments:\n"
    "  prod: {quota: {cpu: 2, accelerators: {H100: 4}}, groups: [some]}\n"
    "stacks:\n"
    "  real:\n"
    "    quota: {accelerators: {H100: 8, L4: null}, memory: 3Gi}\n"
)


def test_the_file_is_under_the_environment_and_that_under_the_stack(stack_dir: Path) -> None:
    team(stack_dir, "team-a", CHANGED)
    assert tenants(resolve_stack(stack_dir, "real"))["team-a"] == {
        "name": "team-a",
        "owner": "lead@example.com",
        "groups": ["some"],
        "quota": {"cpu": 2, "memory": "3Gi", "accelerators": {"H100": 8}},
    }
    assert tenants(resolve_stack(stack_dir, "lab")) == {}


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("", "stacks/tenants/team-a.yaml"),
        (".name", "stacks/tenants/team-a.yaml"),
        (".owner", "stacks/tenants/team-a.yaml: owner"),
        (".groups[0]", "stacks/tenants/team-a.yaml: environments.prod.groups[0]"),
        (".quota.cpu", "stacks/tenants/team-a.yaml: environments.prod.quota.cpu"),
        (".quota.accelerators.H100", "stacks/tenants/team-a.yaml: stacks.real.quota.accelerators.H100"),
        (".quota.storage", "stacks/tenants/team-a.yaml: stacks.real.quota.storage"),
        (".weight", "stacks/tenants/team-a.yaml: weight"),
    ],
)
def test_a_path_into_the_spec_is_told_as_the_path_into_the_team_file(
    stack_dir: Path, path: str, own: str
) -> None:
    team(stack_dir, "team-a", CHANGED)
    places = resolve_stack(stack_dir, "real").places
    assert in_own_words(f"platform.tenants[0]{path}", places) == own


@pytest.mark.parametrize(
    "path", ["platform.pools[0].max", "platform.tenants[1].owner", "platform.tenants", ""]
)
def test_what_no_team_file_says_keeps_its_path(stack_dir: Path, path: str) -> None:
    team(stack_dir, "team-a")
    assert in_own_words(path, resolve_stack(stack_dir, "lab").places) == path


@pytest.mark.parametrize("file", ["Pulumi.lab.yaml", "layers/environment-dev.yaml", "layers/defaults.yaml"])
def test_a_team_that_another_file_of_the_stack_names_too_is_refused(stack_dir: Path, file: str) -> None:
    team(stack_dir, "team-a")
    path, indent = stack_dir / file, "    " if file.startswith("Pulumi") else ""
    path.write_text(f"{path.read_text()}{indent}tenants: [{{name: team-a, quota: {{}}}}]\n")
    [problem] = refused(stack_dir)
    assert problem.where == "stacks/tenants/team-a.yaml"
    assert f"team-a (stacks/{file}:" in problem.given


def test_a_team_may_be_written_in_a_stack_that_its_file_is_not_for(stack_dir: Path) -> None:
    team(stack_dir, "team-a", TEAM + "stacks: {real: {}}\n")
    path = stack_dir / "Pulumi.lab.yaml"
    path.write_text(path.read_text() + "    tenants: [{name: team-a, quota: {cpu: 7}}]\n")
    assert tenants(resolve_stack(stack_dir, "lab"))["team-a"]["quota"] == {"cpu": 7}
    assert tenants(resolve_stack(stack_dir, "real"))["team-a"]["quota"] == {"cpu": 1, "memory": "1Gi"}


def test_tenants_of_a_stack_that_are_no_list_are_left_for_the_check_to_report(stack_dir: Path) -> None:
    team(stack_dir, "team-a")
    path = stack_dir / "Pulumi.lab.yaml"
    path.write_text(path.read_text() + "    tenants: {old: {}}\n")
    assert resolve_stack(stack_dir, "lab").value["tenants"] == {"old": {}}


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("quota: {}\n", ": owner", "is missing"),
        ("owner:\nquota: {}\n", ": owner", "is missing"),
        ("- 1\n", "", "must be a map"),
        (TEAM + "name: team-b\n", ": name", "the team's name already"),
        (TEAM + "stacks: {}\n", ": stacks", "must name each stack"),
        (TEAM + "stacks: [lab]\n", ": stacks", "must name each stack"),
        (TEAM + "stacks: {lap: {}}\n", ": stacks.lap", "nearest: lab"),
        (TEAM + "environments: {prd: {}}\n", ": environments.prd", "nearest: prod"),
        (TEAM + "stacks: {lab: }\n", ": stacks.lab", "write {} where nothing does"),
        (TEAM + "stacks: {lab: {owner: x}}\n", ": stacks.lab.owner", "is the same in every stack"),
        (TEAM + "stacks: {lab: {name: x}}\n", ": stacks.lab.name", "is the same in every stack"),
        (TEAM + "environments: {dev: {stacks: {}}}\n", ": environments.dev.stacks", "in every environment"),
        ("owner: [\n", ": line 2", "no single YAML document"),
        (TEAM + "owner: twice\n", ":3", "twice"),
    ],
)
def test_a_wrong_team_file_is_refused_by_its_path(stack_dir: Path, text: str, where: str, words: str) -> None:
    team(stack_dir, "team-a", text)
    [problem] = refused(stack_dir)
    assert problem.where.startswith(f"stacks/tenants/team-a.yaml{where}")
    assert words in " ".join(str(problem).split())


def test_problems_of_all_team_files_are_told_at_once(stack_dir: Path) -> None:
    team(stack_dir, "team-a", "quota: {}\nname: x\n")
    team(stack_dir, "Team_B")
    team(stack_dir, "team-c", "owner: [\n")
    (stack_dir / "tenants" / "team-d.yml").write_text(TEAM)
    assert [one.where.partition(": line")[0] for one in refused(stack_dir)] == [
        "stacks/tenants/Team_B.yaml",
        "stacks/tenants/team-a.yaml: name",
        "stacks/tenants/team-a.yaml: owner",
        "stacks/tenants/team-c.yaml",
        "stacks/tenants/team-d.yml",
    ]


def test_what_is_no_team_file_is_left_alone(stack_dir: Path) -> None:
    team(stack_dir, "team-a")
    folder = stack_dir / "tenants"
    (folder / "README.md").write_text("# Teams\n")
    (folder / ".team-a.yaml.swp").write_text("\x00")
    (folder / ".draft.yaml").write_text("- 1\n")
    (folder / "old").mkdir()
    assert [one.name for one in read_teams(stack_dir)] == ["team-a"]


def test_a_stack_that_only_the_engine_knows_may_be_named(stack_dir: Path) -> None:
    team(stack_dir, "team-a", TEAM + "stacks: {review-7: {}}\n")
    data = {"name": "lab", "environment": "dev", "target": {"kind": "local"}}
    assert "team-a" in tenants(resolve_stack(stack_dir, "review-7", data))
    assert refused(stack_dir)[0].where == "stacks/tenants/team-a.yaml: stacks.review-7"


def test_the_stacks_of_this_project_name_the_file_and_line_of_their_teams() -> None:
    merged = resolve_stack(REPO / "stacks", "gcp-prod")
    [number] = [place for place, one in enumerate(merged.value["tenants"]) if one["name"] == "research"]
    origin = merged.origins[f"platform.tenants[{number}].host_access[0]"]
    file, _, line = origin.rpartition(":")
    assert file == "stacks/tenants/research.yaml"
    assert "host_access: [fabric]" in (REPO / file).read_text().splitlines()[int(line) - 1]
