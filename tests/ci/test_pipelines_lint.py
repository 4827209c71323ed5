"""Linters that we did not write find nothing in the pipelines, neither of docs/ci nor of the templates."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ci.pipelines import ACTIONS, BIN, GITHUB, GITLAB, WORKFLOWS, gitlab, laid_out, steps
from support.golden import REPO

TEMPLATES = sorted(path.name for path in (REPO / "templates").iterdir() if (path / ".github").is_dir())
PINNED = re.compile(
    r"uses: (?P<action>[\w.-]+/[\w./-]+)@(?P<sha>[0-9a-f]{40}) # (?P<version>v\d+\.\d+(\.\d+)?)$"
)


def told(*command: str | Path) -> tuple[int, str]:
    """Exit status and words of a linter of the lock."""
    program, *rest = map(str, command)
    argv = [str(BIN / program), *rest]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def zizmor(folder: Path, persona: str = "pedantic") -> list[str]:
    status, text = told(
        "zizmor",
        "--offline",
        "--no-progress",
        "--persona",
        persona,
        "--format",
        "json",
        "--quiet",
        folder / ".github",
    )
    assert status in {0, 11, 12, 13, 14}, text
    return [one["ident"] for one in json.loads(text) if not one["ignored"]]


def scripts() -> Iterator[tuple[str, str]]:
    """Every shell script of the pipelines, with where it stands."""
    for step in steps():
        if "run" in step.body:
            yield "/".join(step.name), str(step.body["run"])
    for job, body in gitlab().items():
        for part in ("before_script", "script"):
            lines = body.get(part, ()) if isinstance(body, dict) else ()
            text = "\n".join(line for line in lines if isinstance(line, str))
            if text:
                yield f"gitlab/{job}/{part}", text


SCRIPTS = dict(scripts())


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    assert zizmor(laid_out(tmp_path / "repo")) == []


def test_zizmor_finds_what_is_wrong(tmp_path: Path) -> None:
    """Without this the test above could look into an empty folder."""
    folder = laid_out(tmp_path / "repo")
    path = folder / ".github" / "workflows" / "fairlead-preview.yml"
    text = path.read_text()
    path.write_text(
        text.replace("  pull_request:\n", "  pull_request_target:\n", 1)
        .replace('"$BASE_SHA"', '"${{ github.head_ref }}"')
        .replace("@3d3c42e5aac5ba805825da76410c181273ba90b1 #", "@v7 #")
    )
    assert {"dangerous-triggers", "template-injection", "unpinned-uses"} <= set(zizmor(folder))


@pytest.mark.parametrize("template", TEMPLATES)
def test_zizmor_finds_nothing_in_a_template(template: str, tmp_path: Path) -> None:
    folder = laid_out(tmp_path / "repo", REPO / "templates" / template / ".github")
    assert zizmor(folder, "regular") == []


def test_every_workflow_is_of_githubs_schema() -> None:
    files = [GITHUB / "workflows" / f"{name}.yml" for name in WORKFLOWS]
    files += [REPO / "templates" / name / ".github" / "workflows" / "fairlead.yml" for name in TEMPLATES]
    status, text = told("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    assert status == 0, text
    files = [GITHUB / "actions" / name / "action.yml" for name in ACTIONS]
    status, text = told("check-jsonschema", "--builtin-schema", "vendor.github-actions", *files)
    assert status == 0, text


def test_the_files_for_gitlab_are_of_its_schema(tmp_path: Path) -> None:
    schema = ("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    files = [GITLAB, *(REPO / "templates" / name / ".gitlab-ci.yml" for name in TEMPLATES)]
    status, text = told(*schema, *files)
    assert status == 0, text
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(GITLAB.read_text().replace("when: manual", "when: sometimes"))
    assert told(*schema, wrong)[0] == 1


@pytest.mark.parametrize("where", SCRIPTS)
def test_shellcheck_finds_nothing(where: str, tmp_path: Path) -> None:
    file = tmp_path / "script.sh"
    file.write_text(f"#!/bin/bash\n{SCRIPTS[where]}\n")
    status, text = told("shellcheck", file)
    assert status == 0, text
    assert subprocess.run(["bash", "-n", str(file)], check=False).returncode == 0


def test_shellcheck_finds_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "script.sh"
    file.write_text("#!/bin/bash\nrm $1\n")
    assert "SC2086" in told("shellcheck", file)[1]


def test_every_action_of_others_is_pinned_by_commit_with_its_version() -> None:
    files = [*GITHUB.rglob("*.yml"), *(REPO / "templates").glob("*/.github/workflows/*.yml")]
    pins: dict[str, set[tuple[str, str]]] = {}
    for path in files:
        for line in path.read_text().splitlines():
            if "uses: " not in line or "uses: ./" in line:
                continue
            found = PINNED.search(line)
            assert found, f"{path.name}: {line}"
            pins.setdefault(found["action"], set()).add((found["sha"], found["version"]))
    assert len(pins) >= 11
    assert {name: pin for name, pin in pins.items() if len(pin) > 1} == {}


def test_what_is_copied_is_whole(tmp_path: Path) -> None:
    """Every workflow and action of our own that a step names is there."""
    folder = tmp_path / ".github"
    shutil.copytree(GITHUB, folder)
    named = {
        found[1]
        for path in folder.rglob("*.yml")
        for found in re.finditer(r"uses: \./(\S+)", path.read_text())
    }
    assert len(named) == 3
    for one in named:
        path = tmp_path / one
        assert yaml.safe_load((path / "action.yml" if path.is_dir() else path).read_text())
