"""Debian packages: fetched and verified by apt with a state of our own, unpacked, not installed.

The machine's own apt is not touched: its sources and keys are read, its lists, caches and hooks are
not. A machine whose lists were never updated works.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from fairlead.catalog.ways import DebianWay
from fairlead.errors import ToolError
from fairlead.tools.cache import Cache
from fairlead.tools.fetch import UnavailableError
from fairlead.tools.proc import Runner

# Hooks of the machine's apt would run on ours (docker-clean empties /var/cache/apt, for instance).
_CONF = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Dir::State "{state}";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "{state}/log";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
"""
LOCK = "apt"


class Apt:
    """The private apt of one cache."""

    def __init__(self, cache: Cache, runner: Runner) -> None:
        self._cache, self._runner = cache, runner
        self._state = cache.root / "apt"

    def fetch(self, packages: Sequence[str], into: Path) -> list[Path]:
        """Fetch packages into a folder; returns the .deb files in the order asked."""
        self._fetch(("download", *packages), into)
        return [_one(into, name) for name in packages]

    def fetch_with_dependencies(self, packages: Sequence[str], into: Path) -> list[Path]:
        """Fetch packages and all that they depend on, as on a machine that has nothing yet."""
        # apt wants its own folder for what it has not finished.
        (into / "partial").mkdir(exist_ok=True)
        ours = ("-o", f"Dir::Cache::archives={into}")
        self._fetch((*ours, "install", "--download-only", "--no-install-recommends", *packages), into)
        return sorted(into.glob("*.deb"))

    def _fetch(self, arguments: Sequence[str], into: Path) -> None:
        """Lists are refreshed only when they are absent or name files that the archive no longer has."""
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise UnavailableError("this machine has no apt-get and dpkg-deb (it is not a Debian)")
        with self._cache.lock(LOCK):
            self._prepare()
            fresh = not any(self._state.glob("lists/*_Packages*"))
            if fresh:
                self._apt("update", cwd=into)
            try:
                self._apt(*arguments, cwd=into)
            except ToolError:
                if fresh:
                    raise
                self._apt("update", cwd=into)
                self._apt(*arguments, cwd=into)

    def _prepare(self) -> None:
        for name in ("lists/partial", "cache/archives/partial", "log"):
            (self._state / name).mkdir(parents=True, exist_ok=True)
        (self._state / "status").touch()
        (self._state / "apt.conf").write_text(_CONF.format(state=self._state))

    def _apt(self, *args: str, cwd: Path) -> None:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        conf = str(self._state / "apt.conf")
        self._runner.run(["apt-get", "-q", "-y", "-c", conf, *args], cwd=cwd, env=env)


def _one(folder: Path, package: str) -> Path:
    found = sorted(folder.glob(f"{package}_*.deb"))
    if len(found) != 1:
        raise UnavailableError(f"apt fetched {len(found)} files of {package}, expected one")
    return found[0]


def unpack(debs: Sequence[Path], into: Path, runner: Runner) -> None:
    """Unpack packages over each other into a folder."""
    into.mkdir(exist_ok=True)
    for deb in debs:
        runner.run(["dpkg-deb", "--extract", str(deb), str(into)], cwd=into)


def version(deb: Path, runner: Runner) -> str:
    """The version of a package file."""
    return runner.run(["dpkg-deb", "--field", str(deb), "Version"], cwd=deb.parent).strip()


def executables(way: DebianWay, into: Path, final: Path, cache: Cache, runner: Runner) -> str:
    """Unpack a row's packages below `into` and link their executables there.

    `final` is the folder that `into` becomes: a program that needs a library of the packages gets
    a small script which names the library folder by its final path.
    """
    debs = into / ".debs"
    debs.mkdir()
    files = Apt(cache, runner).fetch(way.packages, debs)
    found = version(files[0], runner)
    if not re.fullmatch(way.versions, found):
        raise UnavailableError(f"{way.packages[0]} is {found} here, expected {way.versions}")
    unpack(files, into / "root", runner)
    shutil.rmtree(debs)
    for name, member in way.members.items():
        _expose(into, final, name, member, runner)
    return f"debian {way.packages[0]} {found}"


def _expose(into: Path, final: Path, name: str, member: str, runner: Runner) -> None:
    program = into / "root" / member
    if not program.is_file():
        raise UnavailableError(f"the packages hold no {member}")
    libraries = sorted({path.parent for path in (into / "root").rglob("*.so.*")})
    if not _misses_libraries(program, runner):
        os.link(program.resolve(), into / name)
        return
    folders = [into / "root" / path.relative_to(into / "root") for path in libraries]
    env = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, folders))}
    if lacking := _misses_libraries(program, runner, env):
        raise UnavailableError(f"{member} lacks {', '.join(lacking)}")
    below = ":".join(str(final / path.relative_to(into)) for path in libraries)
    (into / name).write_text(
        f'#!/bin/sh\nLD_LIBRARY_PATH="{below}" exec "{final / program.relative_to(into)}" "$@"\n'
    )
    (into / name).chmod(0o755)


def _misses_libraries(program: Path, runner: Runner, env: Mapping[str, str] | None = None) -> list[str]:
    """Names of shared libraries that the loader does not find."""
    if b".interp" not in program.read_bytes():
        return []
    listing = runner.run(["ldd", str(program)], cwd=program.parent, env=env)
    return [line.split()[0] for line in listing.splitlines() if line.endswith("not found")]
