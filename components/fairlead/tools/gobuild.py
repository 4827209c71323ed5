"""Build Go programs: from a module's own directory, or from a wrapper module of ours.

Builds are static (no cgo), carry no machine paths, and use a module cache and a build cache of our
own, so a build that was killed goes on where it stopped. What is built is pinned: a module by the
hash of its zip in the lock, a wrapper by its committed go.sum. -mod=readonly lets no build resolve
anything anew, and passes by the leftovers of a vendor folder in a module's zip.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.catalog.ways import GoModule, GoWay, ModuleFilesWay
from fairlead.errors import ToolError
from fairlead.tools.cache import Cache
from fairlead.tools.fetch import UnavailableError
from fairlead.tools.proc import Runner

MINIMUM = (1, 26)
FLAGS = "-mod=readonly -trimpath -buildvcs=false -modcacherw"
WRAPPERS = "src"


def wrappers_root() -> Path:
    """The folder of the wrapper modules: inside an installed package, or tools/src of a checkout."""
    here = Path(__file__).resolve().parent
    for candidate in (here / WRAPPERS, here.parents[2] / "tools" / WRAPPERS):
        if candidate.is_dir():
            return candidate
    raise ToolError("fairlead", f"the wrapper modules are missing beside {here}", "install fairlead again")


@dataclass(frozen=True)
class Go:
    """One Go command and the caches it fills."""

    command: Path
    cache: Cache
    parallel: int = 2
    """Packages compiled at once by one build (`go build -p`)."""

    @property
    def env(self) -> dict[str, str]:
        """The environment of every go command: the user's, with our caches and flags."""
        return {
            **os.environ,
            "GO111MODULE": "on",
            "CGO_ENABLED": "0",
            "GOFLAGS": FLAGS,
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "GOOS": "linux",
            "GOMODCACHE": str(self.cache.root / "go" / "mod"),
            "GOCACHE": str(self.cache.root / "go" / "build"),
        }

    def module_dir(self, module: GoModule, scratch: Path, runner: Runner) -> Path:
        """The unpacked module, downloaded if needed; raises ToolError if its hash is not the pinned one."""
        answer = self._download(module.query, scratch, runner)
        if answer.get("Sum") != module.sum:
            raise ToolError(
                runner.tool,
                f"{module.query} has hash {answer.get('Sum')}, the lock says {module.sum}",
                "the module proxy serves something else than was released: check GOPROXY",
                str(runner.log),
            )
        return Path(answer["Dir"])

    def _download(self, query: str, cwd: Path, runner: Runner) -> dict[str, str]:
        answer = runner.run([str(self.command), "mod", "download", "-json", query], cwd=cwd, env=self.env)
        return json.loads(answer)

    def build(self, ways: Mapping[str, GoWay], into: Path, scratch: Path, runner: Runner) -> str:
        """Build programs of one source (same module or wrapper, same flags) in one go command.

        ways: name of the resulting file -> its row. Building them together compiles what they
        share once. Returns where the source came from.
        """
        first = next(iter(ways.values()))
        source = self._source(first, scratch, runner)
        out = scratch / "bin"
        out.mkdir()
        packages = {name: way.package for name, way in ways.items()}
        if len(packages) == 1:
            name = next(iter(packages))
            self._go_build(source, ["-ldflags", first.ldflags, "-o", str(out / name), packages[name]], runner)
        else:
            self._go_build(source, ["-ldflags", first.ldflags, "-o", str(out), *packages.values()], runner)
        for name, package in packages.items():
            built = out / (name if len(packages) == 1 else package.rsplit("/", 1)[-1])
            built.rename(into / name)
        return first.module.query if first.module else f"wrapper {first.wrapper}"

    def _go_build(self, source: Path, args: Sequence[str], runner: Runner) -> None:
        argv = [str(self.command), "build", "-p", str(self.parallel), *args]
        runner.run(argv, cwd=source, env=self.env)

    def _source(self, way: GoWay, scratch: Path, runner: Runner) -> Path:
        if way.module is not None:
            return self.module_dir(way.module, scratch, runner)
        source = scratch / "src"
        shutil.copytree(wrappers_root() / str(way.wrapper), source)
        if way.embed_module is not None:
            module = Path(self._download(way.embed_module, source, runner)["Dir"])
            for name, member in way.embed.items():
                shutil.copyfile(module / member, source / name)
        return source

    def module_files(self, way: ModuleFilesWay, into: Path, scratch: Path, runner: Runner) -> str:
        """Copy executables that a module carries as files."""
        module = self.module_dir(way.module, scratch, runner)
        for name, member in way.members.items():
            shutil.copyfile(module / member, into / name)
            (into / name).chmod(0o755)
        return way.module.query


def check_version(command: Path, runner: Runner) -> None:
    """Raise UnavailableError unless the go command is new enough for every pinned module."""
    answer = runner.run([str(command), "version"], cwd=Path("/"), env={**os.environ, "GOTOOLCHAIN": "local"})
    found = re.search(r"go(\d+)\.(\d+)", answer)
    if found is None or (int(found[1]), int(found[2])) < MINIMUM:
        wanted = ".".join(map(str, MINIMUM))
        raise UnavailableError(f"Go {wanted} or newer is needed, {command} is {answer.strip()!r}")


def concurrency(cpus: int, memory_gib: float) -> tuple[int, int]:
    """How many go builds run at once, and how many packages each compiles at once.

    One link of a large controller takes up to 2 GiB (measured: kueue, kube-apiserver), and a build
    alone cannot fill two cores while it links; so as many builds as cores and memory allow, at most
    four, and the cores shared among them.
    """
    builds = max(1, min(cpus, int(memory_gib // 2), 4))
    return builds, max(1, cpus // builds)
