"""Where templates come from: this package's own, and those of an older release out of its wheel.

copier merges a later version of a template into a project, but only out of a git repository with a tag for each
version. The templates lie in this package, so such a repository is made for the moment it is needed. Projects know
it under one name, `URL`, which git is told to look for there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

from fairlead.errors import ToolError

FOLDER = Path(__file__).parents[1] / "templates"
"""The templates of this release."""
URL = "fairlead:templates"
"""What stands for the repository in a project's answers: no machine's path, and no host."""
INSIDE = "fairlead/templates/"
"""Where the templates lie in a wheel."""


def installed() -> str:
    """The version of this package, which is that of its templates."""
    return version("fairlead")


def tag(release: str) -> str:
    """Name of a version in the repository."""
    return f"v{release}"


@contextmanager
def repository(versions: Mapping[str, Path]) -> Generator[dict[str, str]]:
    """A repository of templates in which each version has its tag; the variables under which git finds it as `URL`.

    versions: release -> folder of its templates, oldest first. Raises ToolError where there is no git.
    """
    if shutil.which("git") is None:
        raise ToolError("git", "is not on PATH", "install it: versions of templates are compared with it")
    with tempfile.TemporaryDirectory(prefix="fairlead-templates-") as root:
        place = Path(root) / "repository"
        place.mkdir()
        _git(place, "init", "--quiet", "--initial-branch", "main")
        for release, folder in versions.items():
            _commit(place, release, folder)
        number = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        yield {
            "GIT_CONFIG_COUNT": str(number + 1),
            f"GIT_CONFIG_KEY_{number}": f"url.{place}.insteadOf",
            f"GIT_CONFIG_VALUE_{number}": URL,
            # copier keeps what it has cloned, by the address: this one is another repository each time.
            "COPIER_CACHE_DIR": str(Path(root) / "clones"),
        }


def _commit(place: Path, release: str, folder: Path) -> None:
    """One version: exactly the files of the folder."""
    for old in place.iterdir():
        if old.name != ".git":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    shutil.copytree(folder, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    _git(place, "add", "--all", "--force")
    _git(place, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", release)
    _git(place, "tag", tag(release))


def _git(place: Path, *arguments: str) -> str:
    """Runs git there, whatever the user's own settings are. Raises ToolError with its last words."""
    who = ["-c", "user.name=fairlead", "-c", "user.email=fairlead@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(place), *who, "-c", "tag.gpgsign=false", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolError("git", f"{arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def older(release: str, into: Path) -> Path:
    """Templates of another release: pip fetches its wheel from wherever it fetches packages.

    Raises ToolError where pip finds none.
    """
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    argv += ["--only-binary", ":all:", "--dest", str(into), f"fairlead=={release}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    wheels = list(into.glob("fairlead-*.whl"))
    if done.returncode or not wheels:
        last = done.stderr.strip().splitlines()[-1:] or ["it fetched no wheel"]
        why = f"fairlead {release}, with which the project was made, cannot be fetched: {last[0]}"
        raise ToolError("pip", why, "put its wheel where pip looks, for example PIP_FIND_LINKS=FOLDER")
    with ZipFile(wheels[0]) as wheel:
        wheel.extractall(into, [name for name in wheel.namelist() if name.startswith(INSIDE)])
    found = into / INSIDE
    if not found.is_dir():
        raise ToolError(
            "pip", f"fairlead {release} has no templates", "make the project anew beside the old one"
        )
    return found
