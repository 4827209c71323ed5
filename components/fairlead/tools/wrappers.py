"""Wrapper modules: Go modules of ours (tools/src) that pin and build what cannot be built by itself.

Beside go.mod, go.sum and programs of ours, a wrapper may hold `wrapper.toml`: build tags, and files
of pinned modules that are copied in before a build.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import tomli
from pydantic import Field

from fairlead.catalog.ways import GoModule, Row, Text
from fairlead.errors import ToolError

FOLDER = "src"
SETTINGS = "wrapper.toml"
_PINNING = (".mod", ".sum", ".go", ".toml")


class Copies(Row):
    """Files of one pinned module that are copied into the wrapper."""

    module: GoModule
    folder: str = "."
    """Folder inside the module that the files' paths start from."""
    into: Text
    """Folder of the wrapper that gets them under the same paths."""
    files: Annotated[tuple[str, ...], Field(min_length=1)]


class Settings(Row):
    """How a wrapper is built, beyond what its go.mod says."""

    tags: tuple[str, ...] = ()
    """Build tags."""
    copies: tuple[Copies, ...] = ()


def root() -> Path:
    """The folder of the wrapper modules: inside an installed package, or tools/src of a checkout."""
    here = Path(__file__).resolve().parent
    for candidate in (here / FOLDER, here.parents[2] / "tools" / FOLDER):
        if candidate.is_dir():
            return candidate
    raise ToolError("fairlead", f"the wrapper modules are missing beside {here}", "install fairlead again")


def text(wrapper: str) -> dict[str, str]:
    """The files that pin a wrapper module, by path."""
    folder = root() / wrapper
    files = sorted(path for path in folder.rglob("*") if path.suffix in _PINNING)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def pinned(wrapper: str, path: str) -> GoModule:
    """A module that a wrapper requires, with the hash that its go.sum pins; raises KeyError for another."""
    files = text(wrapper)
    required = re.search(rf"^\s*(?:require )?{re.escape(path)} (v\S+)", files["go.mod"], re.MULTILINE)
    sums = dict(line.rsplit(" ", 1) for line in files["go.sum"].splitlines())
    if required is None:
        raise KeyError(path)
    return GoModule(path=path, version=required[1], sum=sums[f"{path} {required[1]}"])


def settings(folder: Path) -> Settings:
    """The settings of a wrapper in this folder; a wrapper without a file has none."""
    file = folder / SETTINGS
    return Settings.model_validate(tomli.loads(file.read_text())) if file.is_file() else Settings()


def unpack(wrapper: str, into: Path, module_dir: Callable[[GoModule], Path]) -> Settings:
    """Copy a wrapper to a new folder, whole with the files of pinned modules; returns its settings.

    module_dir gives the folder of an unpacked module whose hash was checked.
    """
    shutil.copytree(root() / wrapper, into)
    found = settings(into)
    for copies in found.copies:
        source = module_dir(copies.module) / copies.folder
        for name in copies.files:
            target = into / copies.into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target)
    return found
