"""Workflows for GitHub, ours and those of the templates, as actionlint and the shellcheck that it asks judge them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from ci.pipelines import GITHUB, laid_out
from support.golden import REPO

from fairlead.tools import toolchain
from fairlead.tools.cache import Cache
from fairlead.tools.progress import Progress

pytestmark = pytest.mark.reference

TEMPLATES = sorted((REPO / "templates").glob("*/.github"))


@cache
def program() -> Path:
    return toolchain.ensure(["actionlint"], Cache.default(), Progress(mode="quiet"))["actionlint"]


def linted(folder: Path) -> tuple[int, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    assert shutil.which("shellcheck", path=path), "scripts would not be looked at"
    done = subprocess.run(
        [str(program()), "-no-color"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("source", [GITHUB, *TEMPLATES], ids=lambda one: one.parent.name)
def test_actionlint_finds_nothing(tmp_path: Path, source: Path) -> None:
    assert list(source.glob("workflows/*.yml"))
    assert linted(laid_out(tmp_path / "repository", source)) == (0, "")


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-24.99", "runner-label"),
        ("${{ github.event.", "${{ github.evnt.", "expression"),
        ("run: |", "run: |\n          echo $UNQUOTED", "shellcheck"),
    ],
)
def test_a_mistake_put_in_is_found(tmp_path: Path, good: str, bad: str, said: str) -> None:
    folder = laid_out(tmp_path / "repository")
    files = [one for one in folder.glob(".github/workflows/*.yml") if good in one.read_text(encoding="utf-8")]
    assert files, f"no workflow has {good}"
    for one in files:
        one.write_text(one.read_text(encoding="utf-8").replace(good, bad, 1), encoding="utf-8")
    code, found = linted(folder)
    assert code == 1
    assert f"[{said}]" in found
