"""Make the Python environment of this checkout: `.venv`, from the lock, in one command.

Standard library only, so that a bare `python3 tools/bootstrap.py` works. Brings uv (from PATH, else
by pip, pinned by hash, into the cache), installs exactly what requirements.lock says, then the
project itself without dependencies. Done again it looks at two hashes and ends.

Ends with 0 when the environment is ready, else with 1 and what to do.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

MINIMUM = (3, 11)
# renovate: datasource=pypi depName=uv
UV = "0.13.9"
# https://pypi.org/project/uv/0.13.9/#files, 2026-11-23
UV_SHA256 = "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19"
PLAIN = "requirements.lock"
CLOUDS = "requirements-clouds.lock"
"""All that the first has, with the clouds' SDKs and what the tests compare declared resources with."""
USUAL = {PLAIN: 30, CLOUDS: 60}
LOADED = """
annotated_doc annotated_types dill google grpc opentelemetry packaging parver pulumi pydantic pydantic_core
rich semver shellingham typer typing_inspection yaml
"""
"""Packages that every program and command loads; pulumi_kubernetes only at its top."""
SDK_LINE = re.compile(r"^\s*from (pulumi_\w+) import ([\w, ]+)$", re.MULTILINE)
STAMP = ".ready"
APT_LINE = "apt-get update && apt-get install -y python3-pip"
LAST_LINES = 20


class BootstrapError(Exception):
    """The environment cannot be made; the text says why and what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    """Make the environment of the checkout that this file lies in, or of --root."""
    parser = argparse.ArgumentParser(description="Make the Python environment of this checkout.")
    parser.add_argument(
        "--root", type=Path, default=Path(__file__).resolve().parent.parent, help="the checkout"
    )
    parser.add_argument(
        "--clouds", action="store_true", help="with the clouds' SDKs and what their tests compare with"
    )
    given = parser.parse_args(argv)
    root: Path = given.root.resolve()
    try:
        bootstrap(root, CLOUDS if given.clouds else PLAIN)
    except BootstrapError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 1
    return 0


def bootstrap(root: Path, lock: str = PLAIN) -> None:
    """Make `.venv` below a checkout, or find it ready; one with the clouds' SDKs is ready for all."""
    if sys.version_info < MINIMUM:
        found = ".".join(map(str, sys.version_info[:2]))
        raise BootstrapError(
            f"Python 3.11 or newer is needed, this is {found}\n  fix: run it with a newer python3"
        )
    venv = root / ".venv"
    wanted = fingerprint(root, lock)
    enough = [fingerprint(root, one) for one in (lock, CLOUDS)]
    if ready(venv, enough):
        return
    began = time.monotonic()
    with locked("venv-" + hashlib.sha256(str(root).encode()).hexdigest()[:12]):
        if ready(venv, enough):
            return
        (venv / STAMP).unlink(missing_ok=True)
        uv = find_uv()
        if not (venv / "bin" / "python").exists():
            _step(
                "1/4",
                "make .venv",
                [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(venv)],
                root,
            )
        else:
            print("[1/4] .venv is there")
        python = ["--python", str(venv / "bin" / "python")]
        _step(
            "2/4",
            f"install what {lock} says … usually {USUAL[lock]} s",
            [uv, "pip", "sync", "--quiet", *python, "--require-hashes", lock],
            root,
        )
        _step(
            "3/4",
            "install fairlead itself",
            [
                uv,
                "pip",
                "install",
                "--quiet",
                *python,
                "--no-deps",
                "--no-build-isolation",
                "--editable",
                ".",
            ],
            root,
        )
        _compile(root, venv)
        _link(Path(uv), venv / "bin" / "uv")
        (venv / STAMP).write_text(wanted)
    print(f"Python environment ready after {time.monotonic() - began:.0f} s")


def _compile(root: Path, venv: Path) -> None:
    """Compile what programs load, and no more: all of the clouds' SDKs would be 600 MB.

    Python would do it at the first run, but not where PYTHONDONTWRITEBYTECODE is set, as in many images:
    there each start of a cloud's program would compile for seconds.
    """
    for packages in (venv / "lib").glob("python3*/site-packages"):
        compiler = [str(venv / "bin" / "python"), "-m", "compileall", "-q", "-j", "0"]
        whole = [packages / one for one in LOADED.split()]
        flat = [packages / "pulumi_kubernetes", *sdk_folders(root, packages)]
        for options, folders in (([], whole), (["-l"], flat)):
            if there := [str(folder) for folder in folders if folder.is_dir()]:
                _step("4/4", f"compile {len(there)} packages", [*compiler, *options, *there], root)


def sdk_folders(root: Path, packages: Path) -> list[Path]:
    """Folders of the clouds' SDKs that the targets import, whether or not they are installed."""
    found: set[str] = set()
    for file in (root / "components" / "fairlead" / "targets").rglob("*.py"):
        for sdk, names in SDK_LINE.findall(file.read_text(encoding="utf-8")):
            found |= {sdk, *(f"{sdk}/{name.strip()}" for name in names.split(","))}
    return sorted(packages / one for one in found)


def fingerprint(root: Path, lock: str = PLAIN) -> str:
    """Changes when the lock, the project file, the Python or the place changes."""
    # Not sys.executable: make finds python3 in .venv from the second time on.
    digest = hashlib.sha256(f"{sys.base_prefix} {sys.version} {root}".encode())
    for name in (lock, "pyproject.toml"):
        try:
            digest.update((root / name).read_bytes())
        except FileNotFoundError as error:
            raise BootstrapError(f"{root} has no {name}\n  fix: run this from a whole checkout") from error
    return digest.hexdigest()


def ready(venv: Path, enough: Sequence[str]) -> bool:
    """True if the environment was finished from one of these inputs and its Python is still there."""
    try:
        return (venv / STAMP).read_text() in enough and (venv / "bin" / "python").exists()
    except (FileNotFoundError, NotADirectoryError):
        return False


def cache_root() -> Path:
    """As fairlead.tools.cache.Cache.default, which cannot be imported yet."""
    if own := os.environ.get("FAIRLEAD_CACHE"):
        return Path(own).expanduser()
    if xdg := os.environ.get("XDG_CACHE_HOME"):
        return Path(xdg) / "fairlead"
    return Path.home() / ".cache" / "fairlead"


@contextmanager
def locked(name: str) -> Generator[None]:
    """One run at a time works on this; the kernel lets go when the process dies."""
    folder = cache_root() / "lock"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_uv() -> str:
    """The machine's uv, else ours in the cache, else installed there."""
    if found := shutil.which("uv"):
        # The environment's own is a link that is made anew with it: to itself, if it were taken as it stands.
        return os.path.realpath(found)
    folder = cache_root() / "uv" / UV
    program = folder / "bin" / "uv"
    with locked("uv"):
        if not program.exists():
            _install_uv(folder)
    return str(program)


def _install_uv(folder: Path) -> None:
    """Install the pinned uv by whatever pip there is, beside its place, then rename it there."""
    for stale in folder.parent.glob(f"{UV}.*"):  # of a run that was killed: the lock is ours
        shutil.rmtree(stale)
    scratch = folder.with_name(f"{UV}.{os.getpid()}")
    scratch.mkdir(parents=True)
    wanted = scratch / "requirements.txt"
    wanted.write_text(f"uv=={UV} --hash=sha256:{UV_SHA256}\n")
    pip = [*_pip(), "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    try:
        _step(
            "0/4",
            f"get uv {UV}",
            [*pip, "--require-hashes", "--target", str(scratch), "--requirement", str(wanted)],
            scratch,
        )
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _pip() -> list[str]:
    for argv in ([sys.executable, "-m", "pip"], ["pip3"], ["pip"]):
        if shutil.which(argv[0]) is None:
            continue
        if subprocess.run([*argv, "--version"], capture_output=True, check=False).returncode == 0:
            return argv
    raise BootstrapError(f"neither uv nor pip is on this machine\n  fix: {APT_LINE}")


def environment() -> dict[str, str]:
    """The environment of the steps: uv reads no pip settings, so the index that pip is told of is passed on."""
    env = {**os.environ, "UV_NO_PROGRESS": "1"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    index = os.environ.get("PIP_INDEX_URL")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & env.keys():
        env["UV_DEFAULT_INDEX"] = index
    return env


def _step(number: str, title: str, argv: Sequence[str], cwd: Path) -> None:
    print(f"[{number}] {title}", flush=True)
    done = subprocess.run(
        list(argv),
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shown = " ".join([Path(argv[0]).name, *argv[1:3]])
        last = "\n".join(f"  | {line}" for line in (done.stdout + done.stderr).splitlines()[-LAST_LINES:])
        raise BootstrapError(
            f"{title}: `{shown} …` ended with status {done.returncode}\n{last}\n"
            "  fix: see that the Python package index answers; the same command goes on where it stopped"
        )


def _link(program: Path, link: Path) -> None:
    """Make uv a program of the environment, for `make lock`."""
    link.unlink(missing_ok=True)
    link.symlink_to(program.resolve())


if __name__ == "__main__":
    sys.exit(main())
