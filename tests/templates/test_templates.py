"""Each template makes a whole project, which keeps what its own tests ask for."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from projects import change, init, own_tests
from support.golden import REPO

from fairlead.operate.template_answers import templates
from fairlead.operate.template_source import FOLDER, installed
from fairlead.plan.stack import plan_of

TEMPLATES = list(templates())
PLATFORMS = [name for name in TEMPLATES if name != "fairlead-team"]
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")

every_template = pytest.mark.parametrize("template", TEMPLATES)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of each template, under its name."""
    root = tmp_path_factory.mktemp("projects")
    for name in TEMPLATES:
        made = init(str(root / name), "--template", name, "--name", "acme")
        assert made.exit_code == 0, made.output
    return root


def files(project: Path) -> dict[str, str]:
    """Path in the project -> text."""
    found = sorted(path for path in project.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(project).as_posix(): path.read_text() for path in found}


@cache
def workflow(project: Path) -> dict[str, object]:
    return yaml.safe_load((project / ".github" / "workflows" / "fairlead.yml").read_text())


def test_there_is_one_for_each_place_and_one_for_a_team() -> None:
    places = ["fairlead-aws", "fairlead-gcp", "fairlead-azure", "fairlead-onprem", "fairlead-edge"]
    assert [*places, "fairlead-team"] == TEMPLATES


@every_template
def test_the_projects_own_tests_pass(projects: Path, template: str) -> None:
    done = own_tests(projects / template)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\b[5-9] passed", done.stdout), done.stdout


@pytest.mark.parametrize("template", PLATFORMS)
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_plan_is_made_of_each_stack_under_the_projects_name(
    projects: Path, template: str, stack: str
) -> None:
    plan = plan_of(projects / template / "stacks", stack)
    assert plan.name == f"acme-{stack}"
    assert plan.environment == stack
    assert [tenant.name for tenant in plan.tenants] == ["product", "research"]


@every_template
def test_a_project_is_whole_and_nothing_of_the_template_is_left_in_it(projects: Path, template: str) -> None:
    found = files(projects / template)
    assert {"Pulumi.yaml", "README.md", "requirements.txt", ".gitignore", ".gitlab-ci.yml"} <= set(found)
    assert {".github/workflows/fairlead.yml", "stacks/__main__.py", "stacks/Pulumi.dev.yaml"} <= set(found)
    assert [name for name in found if name.startswith("tests/test_")]
    for name, text in found.items():
        rest = text.replace("${{ github.ref }}", "").replace("${{ github.base_ref }}", "")
        assert not re.search(r"\{\{|\{%|%\}|\.jinja", rest), name
        assert name.endswith(".py") or "None" not in text, name
        assert text.endswith("\n"), name
        assert not text.endswith("\n\n"), name
    assert f"fairlead{extra(template)}=={installed()}" in found["requirements.txt"]
    for name in (name for name in found if name.endswith((".yaml", ".yml"))):
        assert yaml.safe_load(found[name]) or "/environment-" in name, name


def extra(template: str) -> str:
    kind = template.removeprefix("fairlead-")
    return f"[{kind}]" if kind in ("aws", "gcp", "azure") else ""


@every_template
def test_the_checks_of_a_change_may_read_alone_and_run_pinned_actions(projects: Path, template: str) -> None:
    said = workflow(projects / template)
    assert said["permissions"] == {"contents": "read"}
    [job] = said["jobs"].values()  # type: ignore[attr-defined]
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert len(used) == 2
    assert all(PINNED.fullmatch(one) for one in used)
    assert any(step.get("run") == "pytest -q" for step in job["steps"])
    assert "secrets." not in str(said)


@pytest.mark.parametrize("template", PLATFORMS)
def test_a_readme_names_only_files_that_are_there(projects: Path, template: str) -> None:
    text = (projects / template / "README.md").read_text()
    named = re.findall(r"`((?:stacks|tests|\.git|\.copier)[\w./-]*)`", text)
    assert len(named) >= 6
    assert [one for one in named if not (projects / template / one).exists()] == []


def test_a_public_api_server_fails_a_projects_own_tests(tmp_path: Path) -> None:
    init(str(tmp_path), "--template", "fairlead-aws")
    change(
        tmp_path,
        "stacks/Pulumi.dev.yaml",
        "nat: single",
        "nat: single\n      endpoint: {public: true, allow: [192.0.2.0/24]}",
    )
    done = own_tests(tmp_path, "-k", "public")
    assert done.returncode == 1
    assert "test_platform.py::test_no_api_server_has_a_public_address[dev]" in done.stdout
    assert "1 failed, 1 passed" in done.stdout


def test_a_job_without_an_end_fails_a_teams_own_tests(tmp_path: Path) -> None:
    init(str(tmp_path), "--template", "fairlead-team")
    change(tmp_path, "jobs/hello.yaml", "timeout: 10m\n", "accelerators: L4:1\n")
    done = own_tests(tmp_path, "-k", "ends or accelerators")
    assert "hello has no timeout" in done.stdout
    assert "2 failed" in done.stdout


@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_who_runs_the_checks_decides_which_files_there_are(tmp_path: Path, ci: str) -> None:
    init(str(tmp_path), "--template", "fairlead-onprem", "--data", f"ci={ci}")
    assert (tmp_path / ".github").exists() == (ci == "github")
    assert (tmp_path / ".gitlab-ci.yml").exists() == (ci == "gitlab")
    readme = (tmp_path / "README.md").read_text()
    assert (".github" in readme, ".gitlab-ci" in readme) == (ci == "github", ci == "gitlab")


def test_the_wheel_carries_every_file_of_the_templates(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [made] = tmp_path.glob("fairlead-*.whl")
    with ZipFile(made) as wheel:
        inside = {name for name in wheel.namelist() if name.startswith("fairlead/templates/")}
    here = {
        f"fairlead/templates/{path.relative_to(FOLDER).as_posix()}"
        for path in FOLDER.rglob("*")
        if path.is_file()
    }
    assert inside == here
    assert "fairlead/templates/platform/.copier-answers.yml.jinja" in inside
