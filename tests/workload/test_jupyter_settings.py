"""What JupyterLab is told, held against the very wheels that the image is made of: each setting is one of theirs."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from support.golden import REPO

from fairlead.workload import jupyter

PINS = REPO / "tools" / "src" / "images" / "jupyter" / "requirements.txt"
WHEELS = ("jupyter-server", "jupyter-server-terminals", "jupyterlab")


def pinned(name: str) -> str:
    """The lines of a package, with its hashes."""
    lines = PINS.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{name}=="))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    return "\n".join(lines[start:end])


@cache
def sources() -> dict[str, str]:
    """Module -> its text. The test is skipped only where the wheels cannot be had."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text("\n".join(map(pinned, WHEELS)) + "\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--require-hashes", "--dest", folder, "--requirement", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"the wheels cannot be had here: {done.stderr.strip()[-200:]}")
        return dict(_texts(Path(folder)))


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".py") and "/tests/" not in name:
                    yield name, archive.read(name).decode()


def traits(file: str, wanted: str) -> set[str]:
    """Settings of a class: what is assigned in its body from a call with config=True."""
    for node in ast.walk(ast.parse(sources()[file])):
        if isinstance(node, ast.ClassDef) and node.name == wanted:
            return {name for one in node.body for name in _settable(one)}
    raise AssertionError(f"{file} has no class {wanted}")


def _settable(node: ast.stmt) -> Iterator[str]:
    if not isinstance(node, ast.Assign):
        return
    calls = [one for one in ast.walk(node.value) if isinstance(one, ast.Call)]
    if any(word.arg == "config" for call in calls for word in call.keywords):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


FILES = {
    "ServerApp": "jupyter_server/serverapp.py",
    "MappingKernelManager": "jupyter_server/services/kernels/kernelmanager.py",
    "TerminalManager": "jupyter_server_terminals/terminalmanager.py",
    "LabApp": "jupyterlab/labapp.py",
}


@pytest.mark.parametrize("setting", sorted(jupyter.settings(3600)))
def test_every_setting_is_one_of_the_pinned_release(setting: str) -> None:
    owner, _, name = setting.partition(".")
    assert name in traits(FILES[owner], owner)


def test_what_it_is_told_to_use_is_there() -> None:
    told = jupyter.settings(3600)
    package, _, name = told["LabApp.check_for_updates_class"].partition(".")
    assert name in sources()[f"{package}/__init__.py"]
    assert f'"{told["LabApp.extension_manager"]}" for a manager' in sources()[FILES["LabApp"]]


def test_the_token_is_read_from_the_variable_and_one_that_was_given_is_not_printed() -> None:
    identity, server = sources()["jupyter_server/auth/identity.py"], sources()[FILES["ServerApp"]]
    assert f'os.environ["{jupyter.TOKEN_VARIABLE}"]' in identity
    assert 'self.identity_provider.token if self.identity_provider.token_generated else "..."' in server


def test_who_asks_for_readiness_needs_no_token_and_keeps_nothing_awake() -> None:
    text = sources()["jupyter_server/base/handlers.py"]
    handler = text[text.index("class APIVersionHandler") :].partition("\nclass ")[0]
    assert "@allow_unauthenticated" in handler
    assert "_track_activity = False" in handler
    assert f'(r"{jupyter.READY_PATH.removeprefix("/")}", APIVersionHandler)' in text


@pytest.mark.parametrize(("idle", "interval"), [(60, "15"), (10, "10"), (3600, "300"), (604_800, "300")])
def test_what_is_idle_is_looked_for_often_enough(idle: int, interval: str) -> None:
    told = jupyter.settings(idle)
    assert told["MappingKernelManager.cull_interval"] == told["TerminalManager.cull_interval"] == interval
