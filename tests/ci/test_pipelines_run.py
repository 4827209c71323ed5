"""Every step that needs no cloud runs as on a runner, in a clean clone, and leaves what the next one takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from ci.pipelines import EXPRESSION, Checkout, Ran, checkout, git, gitlab, named, steps, workflow
from support.forge_server import TOKEN, State, forge

from fairlead.spec.layers import stacks

ELSEWHERE: Mapping[tuple[str, str], str] = {
    (
        "fairlead",
        "the environment, from the lock",
    ): "it makes the environment in which these tests run already",
    ("sign-in", "whose stacks are meant"): "it asks Pulumi Cloud",
}
"""Scripts that are not run here, and why: they are checked by shellcheck and `bash -n` only."""
HERE = {
    ("fairlead-stacks", "which stacks there are"),
    ("fairlead-preview", "what the change does"),
    ("fairlead-comment", "one comment"),
    ("fairlead-drift", "what differs"),
    ("fairlead-drift", "one issue, open while something is amiss"),
    ("fairlead-contract", "whether the cluster keeps the contract"),
    ("fairlead-contract", "one issue, open while something is amiss"),
}
STACK = "local"
"""The stack of the runs: the smallest that has everything."""
MATRIX = {"matrix.stack": STACK}
CLOUD = {
    **dict.fromkeys(("vars.PULUMI_BACKEND_URL", "vars.AZURE_CLIENT_ID"), ""),
    **dict.fromkeys(("vars.AZURE_TENANT_ID", "vars.AZURE_SUBSCRIPTION_ID"), ""),
    "matrix.target == 'azure'": "false",
    **MATRIX,
}
"""Values of the expressions that a job with credentials has in its environment."""
BASE = "github.event.pull_request.base.sha || github.event.before"


@dataclass
class Change:
    """A clone with a change on top of its base."""

    checkout: Checkout
    base: str
    head: str

    def preview(self, name: str) -> Ran:
        return self.checkout.run(named("fairlead-preview", name), {**MATRIX, BASE: self.base})


@pytest.fixture(scope="module")
def change(tmp_path_factory: pytest.TempPathFactory) -> Change:
    """A pull request that makes a pool of the smallest stack larger; the project has that one stack alone."""
    found = checkout(tmp_path_factory.mktemp("clone"))
    folder = found.folder
    others = [
        path for path in (folder / "stacks").glob("Pulumi.*.yaml") if path.name != f"Pulumi.{STACK}.yaml"
    ]
    for path in [*others, *(folder / "stacks" / "tenants").iterdir()]:
        path.unlink()
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "base")
    base = git(folder, "rev-parse", "HEAD")
    file = folder / "stacks" / f"Pulumi.{STACK}.yaml"
    text = file.read_text()
    assert "accelerators: {H100: 16, L4: 1}" in text
    file.write_text(text.replace("accelerators: {H100: 16, L4: 1}", "accelerators: {H100: 8, L4: 1}", 1))
    git(folder, "commit", "--quiet", "--all", "--message", "change")
    return Change(found, base, git(folder, "rev-parse", "HEAD"))


@pytest.fixture(scope="module")
def previewed(change: Change) -> Path:
    """Where the artifact of the preview is."""
    ran = change.preview("what the change does")
    assert ran.status == 0, ran.said
    folder = change.checkout.folder / "out" / "preview"
    assert ran.summary == (folder / f"{STACK}.md").read_text()
    return folder


@pytest.fixture
def state() -> Iterator[State]:
    with forge() as found:
        yield found


@pytest.fixture
def clone(tmp_path: Path) -> Checkout:
    return checkout(tmp_path)


def on_github(state: State) -> dict[str, str]:
    return {"GITHUB_REPOSITORY": "lab/infra", "GITHUB_API_URL": state.url}


def test_every_script_is_run_here_or_named_with_the_reason() -> None:
    found = {one.name for one in steps() if "run" in one.body}
    assert found == HERE | set(ELSEWHERE)
    assert not HERE & set(ELSEWHERE)


def test_the_matrix_has_every_stack(clone: Checkout) -> None:
    step = named("fairlead-stacks", "which stacks there are")
    ran = clone.run(step, {"inputs.names": "", "inputs.without": ""})
    assert ran.status == 0, ran.said
    every = stacks(clone.folder / "stacks")
    assert [one["stack"] for one in json.loads(ran.outputs["matrix"])] == every
    asked = {"inputs.names": "aws-dev  gcp-prod local", "inputs.without": "local"}
    some = json.loads(clone.run(step, asked).outputs["matrix"])
    assert [(one["stack"], one["target"]) for one in some] == [("aws-dev", "aws"), ("gcp-prod", "gcp")]


def test_a_stack_that_is_not_there_ends_the_run(clone: Checkout) -> None:
    step = named("fairlead-stacks", "which stacks there are")
    ran = clone.run(step, {"inputs.names": "aws-dve; true", "inputs.without": ""})
    assert ran.status == 2
    assert "nearest: aws-dev" in ran.said
    assert ran.outputs == {}


def test_the_artifact_is_the_preview_of_the_change(change: Change, previewed: Path) -> None:
    text = (previewed / f"{STACK}.md").read_text()
    assert text.startswith(f"<!-- fairlead-preview:{STACK} -->\n### `{STACK}`: ")
    assert change.base[:12] in text.splitlines()[3]
    assert "to update" in text.splitlines()[1]
    kept = [
        one
        for one in workflow("fairlead-preview")["jobs"]["preview"]["steps"]
        if "upload" in str(one.get("uses"))
    ]
    assert [one["with"]["path"] for one in kept] == [
        "out/preview/${{ matrix.stack }}.md",
        "out/findings/${{ matrix.stack }}.sarif",
    ]


def test_the_findings_are_sarif_of_that_stack(previewed: Path) -> None:
    found = json.loads((previewed.parent / "findings" / f"{STACK}.sarif").read_text())
    assert found["version"] == "2.1.0"
    assert found["runs"][0]["tool"]["driver"]["name"] == "fairlead"


def test_a_broken_stack_fails_and_leaves_no_preview(clone: Checkout) -> None:
    base = git(clone.folder, "rev-parse", "HEAD")
    (clone.folder / "stacks" / f"Pulumi.{STACK}.yaml").write_text("config: {fairlead:platform: {naem: x}}\n")
    ran = clone.run(named("fairlead-preview", "what the change does"), {**MATRIX, BASE: base})
    assert ran.status == 2
    assert "problem" in ran.said
    assert list((clone.folder / "out" / "preview").iterdir()) == []
    assert ran.summary == ""


def test_the_comment_is_written_from_the_artifact_and_then_left(
    change: Change, previewed: Path, state: State, tmp_path: Path
) -> None:
    state.pulls.append(
        {"number": 7, "state": "open", "head": {"sha": change.head, "label": "stranger:fix $(x)"}}
    )
    there = Checkout(change.checkout.folder, tmp_path)
    (tmp_path / "previews").symlink_to(previewed)
    values = {
        "github.token": TOKEN,
        "github.event.workflow_run.head_repository.owner.login": "stranger",
        "github.event.workflow_run.head_branch": "fix $(x)",
        "github.event.workflow_run.head_sha": change.head,
    }
    step = named("fairlead-comment", "one comment")
    assert there.run(step, values, **on_github(state)).said == f"created: {state.url}/c/100\n"
    assert there.run(step, values, **on_github(state)).said == f"unchanged: {state.url}/c/100\n"
    body = state.comments[0]["body"]
    assert body.startswith(f"<!-- fairlead-comment:preview -->\n### `{STACK}`: ")
    late = there.run(step, {**values, "github.event.workflow_run.head_sha": "0" * 40}, **on_github(state))
    assert late.status == 0
    assert "nothing is written" in late.said
    assert len(state.comments) == 1


def test_no_artifact_is_no_comment(clone: Checkout, state: State) -> None:
    step = named("fairlead-comment", "one comment")
    values = {one: TOKEN for text in step.env.values() for one in EXPRESSION.findall(str(text))}
    ran = clone.run(step, values, **on_github(state))
    assert (ran.status, state.asked) == (0, [])
    assert "no preview" in ran.said


def engine(clone: Checkout, status: int) -> None:
    """A program that ends as the engine does: 0 nothing differs, 7 something does, 1 it cannot look (3.255)."""
    folder = clone.temp / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "pulumi"
    program.write_text(
        f'#!/bin/bash\necho "asked: $*"\necho " ~ aws:s3:Bucket store update [diff: ~tags]"\nexit {status}\n'
    )
    program.chmod(0o755)
    clone.path = [folder]


@pytest.mark.parametrize(
    ("status", "what"),
    [(7, "something differs from what is declared"), (1, "could not be looked at, exit status 1")],
)
def test_drift_is_told_in_one_issue_that_closes_when_it_is_gone(
    clone: Checkout, state: State, status: int, what: str
) -> None:
    look, tell = (
        named("fairlead-drift", name) for name in ("what differs", "one issue, open while something is amiss")
    )
    engine(clone, status)
    ran = clone.run(look, CLOUD)
    assert ran.status == status
    assert f"asked: preview --stack {STACK} --refresh --run-program --expect-no-changes" in ran.said
    (clone.temp / "drift").symlink_to(clone.folder / "out" / "drift")
    values = {"github.token": TOKEN, "needs.drift.result": "failure"}
    assert clone.run(tell, values, **on_github(state)).said.startswith("created: ")
    (issue,) = state.issues
    assert issue["body"].startswith(f"<!-- fairlead-comment:drift -->\n### {STACK}: {what}\n")
    assert "store update [diff: ~tags]" in issue["body"]
    (clone.temp / "drift").unlink()
    stays = clone.run(tell, values, **on_github(state))
    assert "stays as it is" in stays.said
    assert issue["state"] == "open"
    well = clone.run(tell, {**values, "needs.drift.result": "success"}, **on_github(state))
    assert well.said.startswith("closed: ")
    assert issue["state"] == "closed"


def test_where_nothing_differs_nothing_is_kept(clone: Checkout) -> None:
    engine(clone, 0)
    assert clone.run(named("fairlead-drift", "what differs"), CLOUD).status == 0
    assert not (clone.folder / "out").exists()


def test_a_cluster_that_does_not_answer_is_told_in_an_issue(clone: Checkout, state: State) -> None:
    look = named("fairlead-contract", "whether the cluster keeps the contract")
    tell = named("fairlead-contract", "one issue, open while something is amiss")
    ran = clone.run(look, CLOUD, FAIRLEAD_CACHE=str(clone.temp / "cache"))
    assert ran.status == 1
    (clone.temp / "contract").symlink_to(clone.folder / "out" / "contract")
    values = {"github.token": TOKEN, "needs.contract.result": "failure"}
    assert clone.run(tell, values, **on_github(state)).said.startswith("created: ")
    assert f"stack {STACK} has no running cluster" in state.issues[0]["body"]


def test_gitlabs_preview_and_note_do_the_same(change: Change, state: State) -> None:
    there, file = change.checkout, gitlab()
    (script,) = file["preview"]["script"]
    ran = there.bash(script, {"CI_MERGE_REQUEST_DIFF_BASE_SHA": change.base})
    assert ran.status == 0, ran.said
    assert (there.folder / "stacks.txt").read_text() == f"{STACK}\n"
    state.pulls.append({"number": 7, "state": "opened", "head": {"sha": change.head}, "sha": change.head})
    variables = {
        **{
            "GITLAB_CI": "true",
            "GITLAB_TOKEN": TOKEN,
            "CI_PROJECT_ID": "lab/infra",
            "CI_API_V4_URL": state.url,
        },
        **{"CI_MERGE_REQUEST_IID": "7", "CI_COMMIT_SHA": change.head},
    }
    (script,) = file["note"]["script"]
    assert there.bash(script, variables).said.startswith("created: ")
    assert there.bash(script, variables).said.startswith("unchanged: ")
    assert state.comments[0]["body"].startswith(f"<!-- fairlead-comment:preview -->\n### `{STACK}`: ")
