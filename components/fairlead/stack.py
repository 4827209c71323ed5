"""Where a stack's things lie: program, configuration and, while a local cluster runs, its run directory."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from fairlead.errors import FairleadError, InputError, Problem, one_of
from fairlead.tools.cache import Cache

PROJECT_FILE = "Pulumi.yaml"
_NAME = re.compile(r"[A-Za-z0-9_][-.\w]{0,99}", re.ASCII)
"""A stack's name is part of file names: nothing in it may lead to another directory."""
_PROJECT = re.compile(r"""^name:\s*["']?(?P<name>[A-Za-z0-9_.-]+)""", re.MULTILINE)
"""What Pulumi.yaml calls the project: letters, digits, hyphens, underscores and dots, as Pulumi wants."""


@dataclass(frozen=True)
class Stack:
    """One stack of a project: the project's directory and the stack's name."""

    project: Path
    name: str

    @property
    def project_name(self) -> str:
        """Name of the project, under which the engine keeps a stack. Raises FairleadError where there is none."""
        found = _PROJECT.search((self.project / PROJECT_FILE).read_text(encoding="utf-8"))
        if found is None:
            raise FairleadError(
                f"{self.project / PROJECT_FILE} has no name\n    fix:     write name: NAME into it"
            )
        return found["name"]

    @property
    def folder(self) -> Path:
        """Directory of the program and the stack files."""
        return self.project / "stacks"

    @property
    def config_file(self) -> Path:
        """The stack's own configuration file."""
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def run_dir(self) -> Path:
        """Everything that lives while this stack's local cluster runs."""
        return Cache.default().run(self.name)

    @property
    def kubeconfig(self) -> Path:
        """Kubeconfig of the stack's local cluster."""
        return self.run_dir / "kubeconfig"


def project_dir(start: Path | None = None) -> Path:
    """The nearest directory upwards that holds a Pulumi.yaml, from the current one or $FAIRLEAD_PROJECT."""
    named = os.environ.get("FAIRLEAD_PROJECT")
    here = Path(named) if named else (start or Path.cwd())
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise FairleadError(
        f"no {PROJECT_FILE} in {here} or above it\n    fix:     run this in a Fairlead project,"
        " or set FAIRLEAD_PROJECT to its directory"
    )


def find(name: str, start: Path | None = None) -> Stack:
    """The stack of that name. Raises InputError with the stacks there are."""
    stack = Stack(project_dir(start), _sound(name))
    if not stack.config_file.is_file():
        files = (path.name for path in stack.folder.glob("Pulumi.*.yaml"))
        known = sorted(file.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)
        problem = Problem(
            "--stack", "no such stack", name, one_of(known, name), f"add stacks/Pulumi.{name}.yaml"
        )
        raise InputError("command line", [problem])
    return stack


def every(start: Path | None = None) -> list[Stack]:
    """All stacks of the project, by name."""
    from fairlead.spec.layers import stacks

    project = project_dir(start)
    return [Stack(project, name) for name in stacks(Stack(project, "").folder)]


def _sound(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    allowed = "letters, digits, hyphens, underscores and dots, at most 100"
    raise InputError("command line", [Problem("--stack", "is no name of a stack", repr(name), allowed)])


def kubeconfig_path(name: str) -> Path:
    """Kubeconfig of a stack's cluster. Raises FairleadError if the cluster is not there.

    A cluster is found from any directory; where there is none, a wrong name is the likelier reason
    inside a project, and InputError says so.
    """
    path = Cache.default().run(_sound(name)) / "kubeconfig"
    if path.is_file():
        return path
    if _inside_a_project():
        find(name)
    raise FairleadError(f"stack {name} has no running cluster\n    fix:     fairlead up -s {name}")


def _inside_a_project() -> bool:
    try:
        project_dir()
    except FairleadError:
        return False
    return True
