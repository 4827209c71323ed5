"""A stack as it was at another commit: read out of a real repository, and what is said where it cannot be."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from support.golden import REPO

from fairlead.errors import FairleadError, InputError
from fairlead.operate import revision
from fairlead.operate.revision import folder_at, past
from fairlead.plan.stack import plan_of
from fairlead.stack import Stack

FILE = "stacks/Pulumi.gcp-dev.yaml"


def git(project: Path, *words: str) -> str:
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false"]
    argv = ["git", "-C", str(project), *who, *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def commit(project: Path, message: str) -> str:
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", message)
    return git(project, "rev-parse", "HEAD")


def edit(project: Path, old: str, new: str) -> None:
    text = (project / FILE).read_text()
    assert old in text
    (project / FILE).write_text(text.replace(old, new, 1))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose first commit has no stacks, whose second has them, and which has changed since."""
    made = tmp_path / "project"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    shutil.copy(REPO / "Pulumi.yaml", made)
    commit(made, "nothing yet")
    git(made, "tag", "empty")
    shutil.copytree(REPO / "stacks", made / "stacks")
    commit(made, "stacks")
    git(made, "tag", "first")
    edit(made, "max: ", "max: 1")
    return made


def most(stack: Stack, ref: str) -> list[int]:
    plan = past(stack, ref).plan
    assert plan is not None
    return [pool.max_nodes for pool in plan.pools]


def test_the_plan_is_of_the_commit_and_not_of_the_working_tree(project: Path) -> None:
    stack = Stack(project, "gcp-dev")
    committed, here = most(stack, "main"), plan_of(stack.folder, stack.name).pools
    assert committed != [pool.max_nodes for pool in here]
    commit(project, "larger")
    assert most(stack, "main") == [pool.max_nodes for pool in here]
    assert most(stack, "first") == committed


def test_a_commit_can_be_named_by_branch_tag_hash_and_distance(project: Path) -> None:
    stack = Stack(project, "gcp-dev")
    whole = git(project, "rev-parse", "HEAD")
    found = [past(stack, ref) for ref in ("main", "first", "HEAD", whole, whole[:10])]
    assert {one.commit for one in found} == {whole}
    assert found[-1].name == f"commit {whole[:12]}"
    assert found[1].name == f"first ({whole[:12]})"
    assert past(stack, "HEAD~1").commit == git(project, "rev-parse", "empty")


def test_an_annotated_tag_stands_for_its_commit(project: Path) -> None:
    git(project, "tag", "-a", "-m", "a release", "v1")
    assert past(Stack(project, "gcp-dev"), "v1").commit == git(project, "rev-parse", "HEAD")


def test_a_stack_that_was_not_there_yet_has_no_plan(project: Path) -> None:
    assert past(Stack(project, "gcp-dev"), "empty").plan is None
    shutil.copy(project / FILE, project / "stacks/Pulumi.new.yaml")
    assert past(Stack(project, "new"), "first").plan is None


def test_the_working_tree_and_the_index_are_left_as_they_are(project: Path) -> None:
    (project / "left.txt").write_text("not committed")
    before = git(project, "status", "--porcelain")
    with folder_at(Stack(project, "gcp-dev"), "first") as (_, folder):
        assert (folder / "Pulumi.gcp-dev.yaml").is_file()
        kept = folder
    assert not kept.exists()
    assert git(project, "status", "--porcelain") == before


def test_a_project_in_a_directory_of_its_repository_is_read_too(tmp_path: Path, project: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    git(whole, "init", "-q", "-b", "main")
    shutil.copytree(project, whole / "platform", ignore=shutil.ignore_patterns(".git"))
    commit(whole, "all of it")
    found = past(Stack(whole / "platform", "gcp-dev"), "main")
    assert found.plan is not None


@pytest.mark.parametrize("ref", ["mian", "-x", "--help", "", "first:stacks", "first..main", "0" * 40])
def test_a_ref_that_is_not_there_is_told_with_what_there_is(project: Path, ref: str) -> None:
    with pytest.raises(InputError) as caught:
        past(Stack(project, "gcp-dev"), ref)
    (problem,) = caught.value.problems
    assert (problem.where, problem.given) == ("--against", ref)
    assert problem.allowed.startswith("a commit, branch or tag, such as ")
    assert "fetch" in problem.fix


def test_a_spec_that_this_version_refuses_is_told_with_the_ref(project: Path) -> None:
    edit(project, "name: ", "nmae: ")
    commit(project, "broken")
    with pytest.raises(InputError, match=r"stack gcp-dev, at main: \d+ problem"):
        past(Stack(project, "gcp-dev"), "main")


def test_a_directory_without_history_is_told(tmp_path: Path) -> None:
    with pytest.raises(FairleadError, match=r"(?s)no history to compare with: not a git repository.*fix:"):
        past(Stack(tmp_path, "gcp-dev"), "main")


def test_a_machine_without_git_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision.shutil, "which", lambda _: None)
    with pytest.raises(FairleadError, match=r"(?s)git: is not on PATH.*fix:"):
        past(Stack(project, "gcp-dev"), "main")
