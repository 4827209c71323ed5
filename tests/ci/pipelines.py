"""The pipelines of docs/ci as a user has them: copied into a repository, read, and their steps run one by one.

What a runner does around a step is done here: the shell and its flags, the files by which a step gives something to
the next ones, the expressions of `env`, whose values a test says. Actions of others are not run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from support.golden import REPO

GITHUB, GITLAB = REPO / "docs" / "ci" / "github", REPO / "docs" / "ci" / "gitlab" / ".gitlab-ci.yml"
WORKFLOWS = sorted(path.stem for path in (GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted(path.parent.name for path in (GITHUB / "actions").glob("*/action.yml"))
BIN = Path(sys.executable).parent
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}", re.DOTALL)


def workflow(name: str) -> dict[str, Any]:
    """One workflow; what starts it stands under `on`, which YAML 1.1 reads as true."""
    found = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())
    return {"on" if key is True else key: value for key, value in found.items()}


def action(name: str) -> dict[str, Any]:
    return yaml.safe_load((GITHUB / "actions" / name / "action.yml").read_text())


@dataclass(frozen=True)
class Step:
    """One step of a job of a workflow, or of an action, whose job is empty."""

    file: str
    job: str
    body: Mapping[str, Any]
    env: Mapping[str, str]
    """Its own and that of its job, with expressions."""

    @property
    def name(self) -> tuple[str, str]:
        return self.file, str(self.body.get("name") or self.body["uses"])


def steps() -> Iterator[Step]:
    for name in WORKFLOWS:
        for job, body in workflow(name)["jobs"].items():
            for one in body.get("steps", ()):
                yield Step(name, job, one, {**body.get("env", {}), **one.get("env", {})})
    for name in ACTIONS:
        for one in action(name)["runs"]["steps"]:
            yield Step(name, "", one, one.get("env", {}))


def named(file: str, name: str) -> Step:
    (found,) = [one for one in steps() if one.name == (file, name)]
    return found


def gitlab() -> dict[str, Any]:
    """The file of GitLab; `!reference [a, b]` becomes the list [a, b]."""
    return yaml.load(GITLAB.read_text(), Loader=_Loader)


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))


@dataclass
class Ran:
    """What a step left."""

    status: int
    said: str
    outputs: dict[str, str]
    summary: str


@dataclass
class Checkout:
    """A checkout in which steps run. path: further folders that programs are looked for in, before all others."""

    folder: Path
    temp: Path
    path: list[Path] = field(default_factory=list)

    def run(self, step: Step, values: Mapping[str, str], **environment: str) -> Ran:
        """Runs a step. values: of the expressions in its env; those of no value are an error."""
        env = {name: _filled(str(text), values) for name, text in step.env.items()}
        return self.bash(str(step.body["run"]), {**env, **environment}, step.body.get("shell"))

    def bash(self, script: str, env: Mapping[str, str], shell: str | None = None) -> Ran:
        """A script as a runner starts it: by `bash -e`, and where the step names bash as its shell, with pipefail."""
        file, output, summary = (self.temp / name for name in ("step.sh", "output", "summary"))
        file.write_text(script)
        for one in (output, summary):
            one.write_text("")
        flags = ["--noprofile", "--norc", "-eo", "pipefail"] if shell == "bash" else ["-e"]
        done = subprocess.run(
            ["bash", *flags, str(file)],
            cwd=self.folder,
            env={
                **self._environment(),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        pairs = (line.partition("=") for line in output.read_text().splitlines())
        return Ran(
            done.returncode, done.stdout, {name: value for name, _, value in pairs}, summary.read_text()
        )

    def _environment(self) -> dict[str, str]:
        """Nothing of this machine but the environment of the lock, which the step before would have made."""
        folders = [*map(str, self.path), str(BIN), os.defpath]
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "FAIRLEAD_CACHE") if name in os.environ}
        return {**kept, "PATH": os.pathsep.join(folders), "RUNNER_TEMP": str(self.temp)}


def _filled(text: str, values: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: values[found[1]], text)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    command = ["git", *identity, "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def checkout(folder: Path) -> Checkout:
    """A clean clone of the last commit, with the pipelines of now where a user copies them."""
    subprocess.run(
        ["git", "clone", "--quiet", "--depth", "1", f"file://{REPO}", str(folder / "clone")], check=True
    )
    shutil.copytree(GITHUB, folder / "clone" / ".github", dirs_exist_ok=True)
    (folder / "temp").mkdir()
    return Checkout(folder / "clone", folder / "temp")


def laid_out(folder: Path, source: Path = GITHUB) -> Path:
    """A repository with these files under .github, as linters look for them."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet")
    shutil.copytree(source, folder / ".github")
    return folder
