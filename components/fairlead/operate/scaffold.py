"""Writes a project from a template, and merges a later version of the template into it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.errors import FairleadError, InputError, Problem
from fairlead.operate.template_answers import check, templates
from fairlead.operate.template_source import FOLDER, URL, installed, older, repository, tag

ANSWERS = ".copier-answers.yml"
"""File of a project in which its answers and the version of its template stand."""
CONFLICT = "<<<<<<< before updating"
"""How copier marks the place that both the project and the template have changed."""


def create(folder: Path, data: Mapping[str, Any], *, ask: bool) -> None:
    """Writes a project.

    data: answers by the names of the questions; ask: what is not among them is asked on the terminal, else
    its default holds. Raises InputError with every wrong answer, and for a folder that is not empty.
    """
    folder = folder.expanduser()
    _empty(folder)
    with _source({installed(): FOLDER}):
        check(data, {}, _attempt)
        _run_copy(folder, data, ask=ask)


def defaults() -> Mapping[str, Mapping[str, str]]:
    """What each template writes when nothing is answered: template -> path in the project -> text."""
    found: dict[str, Mapping[str, str]] = {}
    with _source({installed(): FOLDER}), tempfile.TemporaryDirectory() as root:
        for name in templates():
            folder = Path(root) / name
            _run_copy(folder, {"template": name}, ask=False)
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            found[name] = {
                path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files
            }
    return found


def _empty(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(
            "command line", [Problem("DIR", "is a file", str(folder), "a folder, or a new name")]
        )
    found = sorted(one.name for one in folder.iterdir() if one.name != ".git") if folder.is_dir() else []
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        fix = "name another folder"
        if ANSWERS in found:
            fix += "; --update merges a later version of its template into this project"
        what = f"is not empty: {', '.join(found[:3])}{more}"
        raise InputError(
            "command line", [Problem("DIR", what, str(folder), "an empty folder, or a new name", fix)]
        )


@dataclass(frozen=True)
class Merged:
    """What an update has done."""

    before: str
    """Version of the template that the project had."""
    after: str
    changed: tuple[str, ...]
    """Files that are new, different or gone, relative to the project."""
    conflicts: tuple[str, ...]
    """Those among them that the project had changed in the same place: both versions stand there, marked."""


def update(folder: Path, data: Mapping[str, Any], *, ask: bool) -> Merged:
    """Merges this release's template into a project, around what its owners have changed.

    data: answers to change; ask: new questions are asked on the terminal. Raises InputError for a project that
    has no answers, that is newer, or in which something is not committed.
    """
    folder = folder.expanduser()
    answers, after = _answers(folder), installed()
    before = str(answers["_commit"]).removeprefix("v")
    if before == after and not data:
        return Merged(before, after, (), ())
    _committed(folder)
    with tempfile.TemporaryDirectory() as fetched:
        versions = {after: FOLDER}
        if before != after:
            versions = {before: older(before, Path(fetched)), **versions}
        with _source(versions):
            check(data, answers, _attempt)
            _run_update(folder, data, ask=ask)
    changed = tuple(
        line[3:] for line in _git(folder, "status", "--porcelain", "--untracked-files=all", "--", ".")
    )
    marked = (name for name in changed if CONFLICT in _text(folder / name))
    return Merged(before, after, changed, tuple(marked))


def _answers(folder: Path) -> Mapping[str, Any]:
    """A project's answers. Raises InputError where there are none of ours, or those of a later release."""
    import yaml
    from packaging.version import InvalidVersion, Version

    try:
        answers: Any = yaml.safe_load((folder / ANSWERS).read_text(encoding="utf-8"))
        known = answers["_src_path"] == f"git+{URL}"
        before = Version(str(answers["_commit"]).removeprefix("v"))
    except (FileNotFoundError, NotADirectoryError, yaml.YAMLError, TypeError, KeyError, InvalidVersion):
        known, answers, before = False, {}, Version("0")
    if not known:
        what = f"has no {ANSWERS} of `fairlead init`"
        fix = "make a project with `fairlead init`, or go into one"
        raise InputError("command line", [Problem("DIR", what, str(folder), fix=fix)])
    if before > Version(installed()):
        what = f"was made with fairlead {before}, this is {installed()}"
        raise InputError("command line", [Problem("DIR", what, str(folder), fix="install the newer one")])
    return answers


def _committed(folder: Path) -> None:
    """Raises InputError unless git has all of the project: what is merged must be possible to look at, and to undo."""
    try:
        left = _git(folder, "status", "--porcelain", "--", ".")
        _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    except FairleadError:
        what, fix = (
            "is in no git repository with a commit",
            "git init, git add . and git commit, then run this again",
        )
        raise InputError("command line", [Problem("DIR", what, str(folder), fix=fix)]) from None
    if left:
        what, fix = f"has changes that are not committed: {left[0][3:]}", "commit them, then run this again"
        raise InputError("command line", [Problem("DIR", what, str(folder), fix=fix)])


def _git(folder: Path, *arguments: str) -> list[str]:
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FairleadError(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.splitlines()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


@contextmanager
def _source(versions: Mapping[str, Path]) -> Generator[None]:
    """While it lasts, copier finds these versions of the templates. Raises FairleadError where it is not installed."""
    try:
        import copier  # noqa: F401  # pyright: ignore[reportUnusedImport]
        from plumbum import local
    except ImportError:
        raise FairleadError(
            "copier is not installed, which writes projects\n    fix:     pip install 'fairlead[init]'"
        ) from None
    with repository(versions) as variables:
        saved = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        try:
            # plumbum, by which copier runs git, knows the variables of the moment at which it was loaded.
            with local.env(**os.environ):
                yield
        finally:
            for name, value in saved.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _run_copy(folder: Path, data: Mapping[str, Any], *, ask: bool, pretend: bool = False) -> set[str]:
    """Writes a project; the questions that its template does not ask."""
    from copier import Settings, run_copy

    worker = run_copy(
        f"git+{URL}",
        folder,
        dict(data),
        vcs_ref=tag(installed()),
        settings=Settings(),
        defaults=not ask,
        # The folder is empty, but for a repository of git.
        overwrite=True,
        quiet=True,
        pretend=pretend,
    )
    return set(worker.answers.hidden)


def _attempt(data: Mapping[str, Any]) -> set[str]:
    """A copy that writes nothing; the questions that its template does not ask."""
    with tempfile.TemporaryDirectory() as nowhere:
        return _run_copy(Path(nowhere) / "project", data, ask=False, pretend=True)


def _run_update(folder: Path, data: Mapping[str, Any], *, ask: bool) -> None:
    from copier import Settings, run_update

    run_update(
        folder,
        dict(data),
        vcs_ref=tag(installed()),
        settings=Settings(),
        defaults=not ask,
        skip_answered=True,
        overwrite=True,
        conflict="inline",
        quiet=True,
    )
