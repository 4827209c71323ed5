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
from fairlead.tools import wrappers
from fairlead.tools.cache import Cache
from fairlead.tools.fetch import UnavailableError
from fairlead.tools.proc import Runner

MINIMUM = (1, 26)
FLAGS = "-mod=readonly -trimpath -buildvcs=false -modcacherw"
NO_DEBUG = ("-gcflags=all=-dwarf=false",)
"""Every program is linked with -s -w, which throws debug information away: making it is 7 % of the work."""


def program_name(package: str) -> str:
    """The name that go gives a program: the last element of its path that is no major version."""
    *_, before, last = ["", *package.split("/")]
    return before if re.fullmatch(r"v\d+", last) else last


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
        argv = [str(self.command), "mod", "download", "-json", module.query]
        # The lock pins the hash, so that the checksum database need not answer.
        answer = json.loads(runner.run(argv, cwd=scratch, env={**self.env, "GONOSUMDB": module.path}))
        if answer.get("Sum") != module.sum:
            raise ToolError(
                runner.tool,
                f"{module.query} has hash {answer.get('Sum')}, the lock says {module.sum}",
                "the module proxy serves something else than was released: check GOPROXY",
                str(runner.log),
            )
        return Path(answer["Dir"])

    def build(self, ways: Mapping[str, GoWay], into: Path, scratch: Path, runner: Runner) -> str:
        """Build programs of one source (one module or one wrapper) in one go command.

        ways: name of the resulting file -> its row. Building them together compiles what they
        share once. Returns where the source came from.
        """
        first = next(iter(ways.values()))
        source, settings = self._source(first, scratch, runner)
        links = {path: target for way in ways.values() for path, target in way.links.items()}
        texts = {path: text for way in ways.values() for path, text in way.texts.items()}
        edits = {path: words for way in ways.values() for path, words in way.edits.items()}
        if links or texts or edits:
            source = _changed(source, links, texts, scratch / "changed")
            _edit(source, edits)
        out = scratch / "bin"
        out.mkdir()
        if len(ways) == 1:
            name = next(iter(ways))
            told = [*settings, "-ldflags", first.ldflags, "-o", str(out / name)]
            self._go_build(source, [*told, first.package], runner)
        else:
            packages = [way.package for way in ways.values()]
            links = [arg for way in ways.values() for arg in ("-ldflags", f"{way.package}={way.ldflags}")]
            told = [*settings, *links, "-o", str(out)]
            self._go_build(source, [*told, *packages], runner)
        for name, way in ways.items():
            (out / (name if len(ways) == 1 else program_name(way.package))).rename(into / name)
        return first.module.query if first.module else f"wrapper {first.wrapper}"

    def _go_build(self, source: Path, args: Sequence[str], runner: Runner) -> None:
        argv = [str(self.command), "build", "-p", str(self.parallel), *NO_DEBUG, *args]
        runner.run(argv, cwd=source, env=self.env)

    def _source(self, way: GoWay, scratch: Path, runner: Runner) -> tuple[Path, Sequence[str]]:
        """The folder to build in, and the arguments that its settings ask for."""
        if way.module is not None:
            return self.module_dir(way.module, scratch, runner), _tagged(way.tags)
        source = scratch / "src"
        found = wrappers.unpack(
            str(way.wrapper), source, lambda module: self.module_dir(module, scratch, runner)
        )
        return source, _tagged(found.tags)

    def module_files(self, way: ModuleFilesWay, into: Path, scratch: Path, runner: Runner) -> str:
        """Copy executables that a module carries as files."""
        module = self.module_dir(way.module, scratch, runner)
        for name, member in way.members.items():
            shutil.copyfile(module / member, into / name)
            (into / name).chmod(0o755)
        return way.module.query


def _tagged(tags: Sequence[str]) -> Sequence[str]:
    return ("-tags", ",".join(tags)) if tags else ()


def _changed(module: Path, links: Mapping[str, str], texts: Mapping[str, str], into: Path) -> Path:
    """A copy of a module with files that it lacks, or with another text: Go's overlays leave its module cache alone.

    Raises KeyError for a text that stands for no file: a list that upstream has moved would be built as it is.
    """
    shutil.copytree(module, into, copy_function=shutil.copyfile)
    for path, target in links.items():
        shutil.copyfile(module / target, into / path)
    for path, text in texts.items():
        if not (into / path).is_file():
            raise KeyError(path)
        (into / path).write_text(text)
    return into


def _edit(source: Path, edits: Mapping[str, Mapping[str, str]]) -> None:
    """Put other words into files of a copy.

    Raises KeyError for words that stand nowhere: what upstream has changed would be built as it is.
    """
    for path, words in edits.items():
        place = source / path
        files = sorted(place.glob("*.go")) if place.is_dir() else [place]
        for old, new in words.items():
            found = [file for file in files if file.is_file() and old in file.read_text()]
            if not found:
                raise KeyError(f"{path}: {old}")
            for file in found:
                file.write_text(file.read_text().replace(old, new))


def check_version(command: Path, runner: Runner) -> None:
    """Raise UnavailableError unless the go command is new enough for every pinned module."""
    answer = runner.run([str(command), "version"], cwd=Path("/"), env={**os.environ, "GOTOOLCHAIN": "local"})
    found = re.search(r"go(\d+)\.(\d+)", answer)
    if found is None or (int(found[1]), int(found[2])) < MINIMUM:
        wanted = ".".join(map(str, MINIMUM))
        raise UnavailableError(f"Go {wanted} or newer is needed, {command} is {answer.strip()!r}")


def concurrency(cpus: int, memory_gib: float) -> tuple[int, int]:
    """How many go builds run at once, and how many packages each compiles at once.

    Two builds that begin together compile what they share twice, so there is one for every two cores,
    at most three. A compile or link of a large controller takes up to 1.6 GiB (measured: kueue,
    kube-apiserver), and a build has two of them at once: 3 GiB of free memory for each build.
    """
    builds = max(1, min(cpus // 2, int(memory_gib // 3), 3))
    return builds, max(1, cpus // builds)
