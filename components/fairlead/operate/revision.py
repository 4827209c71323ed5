"""A stack as it was at another commit of its project: what a change is held against. Needs git, and nothing else."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fairlead.catalog import read
from fairlead.errors import FairleadError, InputError, Problem, ToolError, nearest
from fairlead.plan.load import load_merged
from fairlead.plan.model import PlatformPlan
from fairlead.spec.layers import resolve_stack, stacks
from fairlead.stack import Stack

MOST_NAMED = 8
"""Branches and tags that a message names at most."""


@dataclass(frozen=True)
class Past:
    """A stack at a commit."""

    ref: str
    """As the user named it."""
    commit: str
    """The commit's hash, whole."""
    plan: PlatformPlan | None
    """None where the stack was not there yet."""

    @property
    def name(self) -> str:
        """What the reader knows it by."""
        short = self.commit[:12]
        return f"commit {short}" if self.commit.startswith(self.ref) else f"{self.ref} ({short})"


def past(stack: Stack, ref: str) -> Past:
    """The plan of a stack at a commit, branch or tag, by the rules and the catalogue of today.

    Raises InputError for a ref that is not there, and for a spec that this version refuses.
    """
    with folder_at(stack, ref) as (commit, folder):
        if stack.name not in stacks(folder):
            return Past(ref, commit, None)
        try:
            merged = resolve_stack(folder, stack.name)
            plan = load_merged(merged, f"stack {stack.name}", read.load())
        except InputError as error:
            raise InputError(f"{error.source}, at {ref}", error.problems) from None
        return Past(ref, commit, plan)


@contextmanager
def folder_at(stack: Stack, ref: str) -> Generator[tuple[str, Path]]:
    """The commit's hash, and a directory that has the stack files as they were then, until the block ends."""
    commit = _commit(stack.project, ref)
    with TemporaryDirectory(prefix="fairlead-") as scratch:
        folder = Path(scratch) / stack.folder.name
        folder.mkdir()
        if _has(stack, commit):
            tar = _git(stack.project, "archive", "--format=tar", commit, "--", stack.folder.name)
            if tar.returncode:
                raise ToolError("git archive", _said(tar), f"look at {commit}:{stack.folder.name}")
            with tarfile.open(fileobj=io.BytesIO(tar.stdout)) as opened:
                opened.extractall(scratch, filter="data")
        yield commit, folder


def _has(stack: Stack, commit: str) -> bool:
    """Whether the commit has a directory of stacks at all."""
    return _git(stack.project, "cat-file", "-e", f"{commit}:./{stack.folder.name}").returncode == 0


def _commit(project: Path, ref: str) -> str:
    done = _git(project, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if done.returncode == 0:
        return done.stdout.decode().strip()
    inside = _git(project, "rev-parse", "--git-dir")
    if inside.returncode:
        fix = "run this in a clone, or leave --against out"
        raise FairleadError(f"{project} has no history to compare with: {_said(inside)}\n    fix:     {fix}")
    raise InputError("command line", [_unknown(project, ref)])


def _unknown(project: Path, ref: str) -> Problem:
    listing = _git(
        project, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"
    )
    known = listing.stdout.decode().split()
    near = nearest(ref, known) or known
    allowed = "a commit, branch or tag" + (f", such as {', '.join(near[:MOST_NAMED])}" if near else "")
    return Problem(
        "--against",
        "the repository has no such commit, branch or tag",
        ref,
        allowed,
        "fetch it first (a pipeline's clone often has one commit alone), or name another",
    )


def _git(project: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    found = shutil.which("git")
    if found is None:
        raise ToolError("git", "is not on PATH", "install git: --against reads the repository's history")
    argv = [found, "-C", str(project), *words]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    words = done.stderr.decode(errors="replace").strip().splitlines()
    return words[0].removeprefix("fatal: ") if words else f"git ended with status {done.returncode}"
