"""What the pipelines may do, and where a stranger's change can reach: by their text."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest
from ci.pipelines import ACTIONS, GITHUB, GITLAB, WORKFLOWS, action, gitlab, steps, workflow
from support.golden import REPO

from fairlead.spec.layers import resolve_stack, stacks

CREDENTIALED = {"fairlead-pulumi-preview", "fairlead-up", "fairlead-drift", "fairlead-contract"}
"""Workflows with jobs that sign in to clouds."""


def jobs(name: str) -> dict[str, Any]:
    return workflow(name)["jobs"]


def rights(name: str) -> dict[str, dict[str, str]]:
    """What each job of a workflow may do, its own rights or those of the workflow."""
    whole = workflow(name)
    return {job: body.get("permissions", whole["permissions"]) for job, body in whole["jobs"].items()}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_read_and_its_jobs_say_what_more(name: str) -> None:
    assert workflow(name)["permissions"] in ({}, {"contents": "read"})
    more = {
        (job, right)
        for job, given in rights(name).items()
        for right, level in given.items()
        if level == "write"
    }
    assert (
        more
        == {
            "fairlead-comment": {("comment", "pull-requests")},
            "fairlead-preview": {("findings", "security-events")},
            "fairlead-pulumi-preview": {("preview", "id-token")},
            "fairlead-up": {("up", "id-token")},
            "fairlead-drift": {("drift", "id-token"), ("issue", "issues")},
            "fairlead-contract": {("contract", "id-token"), ("issue", "issues")},
            "fairlead-stacks": set(),
        }[name]
    )


def test_no_pipeline_holds_a_secret() -> None:
    for path in GITHUB.rglob("*.yml"):
        assert "secrets." not in path.read_text(), path.name
        assert "pull_request_target" not in path.read_text(), path.name
    assert not re.search(r"(?i)(password|secret|access_key)\s*[:=]", GITLAB.read_text())


def test_nothing_from_outside_stands_in_a_script() -> None:
    scripts = [step for step in steps() if "run" in step.body]
    assert len(scripts) >= 9
    assert [step.name for step in scripts if "${{" in step.body["run"]] == []


@pytest.mark.parametrize("name", sorted(CREDENTIALED))
def test_a_job_that_signs_in_has_an_environment_and_no_other_has(name: str) -> None:
    for job, given in rights(name).items():
        body = jobs(name)[job]
        signs_in = any(one.get("uses") == "./.github/actions/sign-in" for one in body.get("steps", ()))
        assert signs_in == (given.get("id-token") == "write") == ("environment" in body), job
        assert not signs_in or job != "issue"


def test_only_those_workflows_sign_in() -> None:
    signing = {step.file for step in steps() if "sign-in" in str(step.body.get("uses"))}
    assert signing == CREDENTIALED


def test_a_forks_change_never_meets_credentials() -> None:
    assert "head.repo.full_name == github.repository" in jobs("fairlead-pulumi-preview")["stacks"]["if"]
    assert jobs("fairlead-pulumi-preview")["preview"]["needs"] == "stacks"
    for name in CREDENTIALED - {"fairlead-pulumi-preview"}:
        assert not {"pull_request", "workflow_run", "issue_comment"} & set(workflow(name)["on"]), name
    assert "head.repo.full_name == github.repository" in jobs("fairlead-preview")["findings"]["if"]


def test_the_comment_runs_no_code_of_the_change_and_believes_no_file() -> None:
    (job,) = jobs("fairlead-comment").values()
    (checked_out,) = [one for one in job["steps"] if str(one.get("uses")).startswith("actions/checkout")]
    assert checked_out["with"] == {"persist-credentials": False}
    (download,) = [one for one in job["steps"] if "download-artifact" in str(one.get("uses"))]
    assert download["with"]["path"].startswith("${{ runner.temp }}/")
    (comment,) = [one for one in job["steps"] if "run" in one]
    assert set(comment["env"]) == {"GITHUB_TOKEN", "HEAD", "SHA"}
    event = "github.event.workflow_run"
    assert comment["env"]["SHA"] == f"${{{{ {event}.head_sha }}}}"
    assert comment["env"]["HEAD"].startswith(f"${{{{ {event}.head_repository.owner.login }}}}:")
    assert workflow("fairlead-comment")["on"]["workflow_run"]["workflows"] == [
        workflow("fairlead-preview")["name"]
    ]


def test_up_is_after_the_merge_one_at_a_time_and_never_cut_off() -> None:
    assert workflow("fairlead-up")["on"] == {"push": {"branches": ["main"]}}
    up = jobs("fairlead-up")["up"]
    assert up["concurrency"] == {"group": "fairlead-up-${{ matrix.stack }}", "cancel-in-progress": False}
    assert up["environment"] == "${{ matrix.stack }}"
    assert jobs("fairlead-pulumi-preview")["preview"]["environment"] == "preview-${{ matrix.stack }}"


def test_drift_is_looked_for_without_changing_anything() -> None:
    wanted = ("pulumi preview ", "--refresh", "--run-program", "--expect-no-changes")
    (github,) = [one for one in steps() if one.name == ("fairlead-drift", "what differs")]
    (lab,) = gitlab()["drift"]["script"]
    for script in (github.body["run"], lab):
        assert [word for word in wanted if word not in script] == []
        assert " up " not in script
    assert set(workflow("fairlead-drift")["on"]) == {"schedule", "workflow_dispatch"}


def test_the_engine_is_that_of_the_lock() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    (wanted,) = [one.partition("==")[2] for one in project["dependencies"] if one.startswith("pulumi==")]
    with_engine = [one for one in steps() if str(one.body.get("uses")).startswith("pulumi/actions@")]
    assert len(with_engine) == 3
    assert {one.body["with"]["pulumi-version"] for one in with_engine} == {wanted}
    assert re.findall(r"pulumi-v([\d.]+)-linux", GITLAB.read_text()) == [wanted]


def test_the_pack_judges_previews_and_up() -> None:
    for name in ("fairlead-pulumi-preview", "fairlead-up"):
        packs = [
            one.body["with"]["policyPacks"]
            for one in steps()
            if one.file == name and "with" in one.body
            if "policyPacks" in one.body["with"]
        ]
        assert packs == ["policies/__main__.py"]
    assert (REPO / "policies" / "__main__.py").is_file()


def test_sign_in_knows_every_input_that_is_given() -> None:
    assert ACTIONS == ["fairlead", "sign-in"]
    known = set(action("sign-in")["inputs"])
    given = [set(one.body["with"]) for one in steps() if one.body.get("uses") == "./.github/actions/sign-in"]
    assert given == [known] * 4


def test_gitlab_has_every_stack_that_can_stand() -> None:
    matrix = gitlab()[".stacks"]["parallel"]["matrix"]
    found = {stack: one["TARGET"] for one in matrix for stack in one["STACK"]}
    folder = REPO / "stacks"
    kinds = {name: resolve_stack(folder, name).value["target"]["kind"] for name in stacks(folder)}
    assert found == {name: kind for name, kind in kinds.items() if kind != "local"}


def test_gitlab_acts_by_hand_and_writes_notes_for_its_own_branches_only() -> None:
    file = gitlab()
    assert [rule["when"] for rule in file["up"]["rules"]] == ["manual"]
    assert file["up"]["environment"]["name"] == "$STACK"
    assert file["up"]["resource_group"] == "up-$STACK"
    (rule,) = file["note"]["rules"]
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID" in rule["if"]
    assert "id_tokens" not in json.dumps([file["preview"], file["note"], file[".fairlead"]])
    assert file[".signed-in"]["id_tokens"]


def test_gitlabs_image_is_that_of_the_catalogue() -> None:
    images = tomllib.loads((REPO / "components/fairlead/catalog/data/images.toml").read_text())["images"]
    python = images["python"]
    assert gitlab()["default"]["image"] == f"{python['repository']}:{python['tag']}@{python['digest']}"
