"""A later version of a template is merged into a project, around what its owners have changed."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from projects import OLDER, change, commit, init, older_templates, wheel

from fairlead.operate import scaffold, template_source

OLD, NEW = "`pulumi up` asks first.", "`pulumi up` asks before it does anything."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A project that an older release has made, under git, and a folder with that release."""
    root = tmp_path_factory.mktemp("older")
    templates, project = older_templates(root), root / "project"
    with pytest.MonkeyPatch.context() as then:
        then.setattr(scaffold, "FOLDER", templates)
        then.setattr(scaffold, "installed", lambda: OLDER)
        assert init(str(project), "--template", "fairlead-onprem", "--name", "acme").exit_code == 0
    commit(project)
    return project, wheel(templates, root / "wheels")


@pytest.fixture
def project(made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project; pip finds the release."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made[1]))
    return shutil.copytree(made[0], tmp_path / "project")


def made_with(project: Path) -> str:
    return yaml.safe_load((project / ".copier-answers.yml").read_text())["_commit"]


def test_what_the_template_changed_comes_in_and_what_the_owners_changed_stays(project: Path) -> None:
    assert made_with(project) == f"v{OLDER}"
    assert OLD in (project / "README.md").read_text()
    change(project, "stacks/Pulumi.dev.yaml", "names: [dev-cpu-0, dev-cpu-1]", "names: [ours-0, ours-1]")
    change(project, "README.md", "# acme", "# acme, and how we use it")
    (project / "stacks" / "layers" / "target-onprem.yaml").unlink()
    commit(project)
    result = init(str(project), "--update")
    assert result.exit_code == 0, result.output
    readme = (project / "README.md").read_text()
    assert "# acme, and how we use it" in readme
    assert NEW in readme
    assert OLD not in readme
    assert "ours-0" in (project / "stacks" / "Pulumi.dev.yaml").read_text()
    assert (project / ".gitlab-ci.yml").is_file()
    assert not (project / "stacks" / "layers" / "target-onprem.yaml").exists()
    assert made_with(project) == f"v{version('fairlead')}"
    assert f"which was made with {OLDER}" in result.output
    assert sorted(line.split()[1] for line in result.output.splitlines()[1:]) == sorted(
        [".copier-answers.yml", ".gitlab-ci.yml", "README.md", "requirements.txt"]
    )


def test_what_both_have_changed_is_marked_and_told(project: Path) -> None:
    change(project, "README.md", OLD, "`pulumi up` asks nobody.")
    commit(project)
    result = init(str(project), "--update")
    assert result.exit_code == 1
    assert "conflict  README.md" in result.output
    assert "changed   requirements.txt" in result.output
    readme = (project / "README.md").read_text()
    assert "<<<<<<< before updating" in readme
    assert "asks nobody" in readme
    assert NEW in readme


def test_a_project_of_this_release_has_nothing_to_merge_but_other_answers(tmp_path: Path) -> None:
    assert init(str(tmp_path), "--template", "fairlead-onprem").exit_code == 0
    commit(tmp_path)
    result = init(str(tmp_path), "--update")
    assert result.exit_code == 0
    assert "nothing to merge" in result.output
    result = init(str(tmp_path), "--update", "--data", "kubeconfig=~/racks/all.yaml")
    assert result.exit_code == 0, result.output
    assert "~/racks/all.yaml" in (tmp_path / "stacks" / "Pulumi.prod.yaml").read_text()
    assert "changed   stacks/Pulumi.prod.yaml" in result.output


def test_a_wrong_answer_to_an_update_is_refused_like_any_other(project: Path) -> None:
    result = init(str(project), "--update", "--data", "kubeconfig=relative", "--data", "contxt=a")
    assert result.exit_code == 2
    assert "command line: 2 problems" in result.output
    assert "--data kubeconfig: is not accepted" in result.output
    assert made_with(project) == f"v{OLDER}"


def test_what_is_not_committed_keeps_an_update_away(project: Path) -> None:
    (project / "README.md").write_text("mine")
    result = init(str(project), "--update")
    assert result.exit_code == 2
    assert "has changes that are not committed: README.md" in result.output
    assert (project / "README.md").read_text() == "mine"


def test_a_project_without_git_is_told_to_use_it(tmp_path: Path, project: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / ".copier-answers.yml").write_text((project / ".copier-answers.yml").read_text())
    result = init(str(alone), "--update")
    assert result.exit_code == 2
    assert "is in no git repository with a commit" in result.output


@pytest.mark.parametrize(
    "answers", [None, "", "a: [", "_commit: v1\n", "_src_path: gh:other/one\n_commit: v0.0.9\n"]
)
def test_a_folder_that_no_template_of_ours_has_made_is_refused(tmp_path: Path, answers: str | None) -> None:
    if answers is not None:
        (tmp_path / ".copier-answers.yml").write_text(answers)
    result = init(str(tmp_path), "--update")
    assert result.exit_code == 2
    assert "has no .copier-answers.yml of `fairlead init`" in result.output


def test_a_project_of_a_later_release_wants_that_release(project: Path) -> None:
    change(project, ".copier-answers.yml", f"_commit: v{OLDER}", "_commit: v99.0.0")
    commit(project)
    result = init(str(project), "--update")
    assert result.exit_code == 2
    assert "was made with fairlead 99.0.0" in result.output
    assert "install the newer one" in result.output


def test_a_release_that_pip_cannot_fetch_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(project))
    result = init(str(project), "--update")
    assert result.exit_code == 1
    assert f"fairlead {OLDER}, with which the project was made, cannot be fetched" in result.output
    assert "PIP_FIND_LINKS=FOLDER" in result.output


def test_a_wheel_without_templates_is_said_to_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel(nothing, tmp_path / "wheels")))
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(template_source.ToolError, match="has no templates"):
        template_source.older(OLDER, into)
