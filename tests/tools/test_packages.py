"""Wheels and Debian packages, made by the test and served from a folder."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from fairlead.catalog.ways import DebianWay, SourceArchive, Wheel, WheelWay
from fairlead.errors import ToolError
from fairlead.tools import debian, wheels
from fairlead.tools.fetch import UnavailableError
from fairlead.tools.steps import Context

SCRIPT = b"#!/bin/sh\necho demo\n"


def zipped(files: dict[str, bytes], mode: int = 0o644) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100000 | mode) << 16
            archive.writestr(info, data)
    return out.getvalue()


def make_wheel(
    folder: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, mode: int = 0o644
) -> Wheel:
    name = "demo-1.0-py3-none-any.whl"
    meta = {
        "demo-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "demo-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "demo-1.0.dist-info/RECORD": b"",
    }
    folder.mkdir()
    (folder / name).write_bytes(zipped({**files, **meta}, mode))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return Wheel(distribution="demo", version="1.0", filename=name, sha256=digest)


def way(wheel: Wheel, member: str, **more: object) -> WheelWay:
    return WheelWay.model_validate({"how": "wheel", "wheel": wheel, "members": {"demo": member}, **more})


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def test_a_program_is_taken_out_of_archives_inside_a_wheel(
    context: Context, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Stored, not compressed: the tgz then ends in bytes that look like the end of a zip.
    inner = zipped({"bin/demo": SCRIPT})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=0) as archive:
        info = tarfile.TarInfo("package/layer.zip")
        info.size = len(inner)
        archive.addfile(info, io.BytesIO(inner))
    wheel = make_wheel(tmp_path / "links", {"demo/data.tgz": packed.getvalue()}, monkeypatch)
    nested = way(wheel, "bin/demo", nested=["demo/*.tgz", "package/layer.zip"])
    assert wheels.executables(nested, into, context.runner("demo")) == "wheel demo==1.0"
    assert [path.name for path in into.iterdir()] == ["demo"]
    assert subprocess.run([into / "demo"], capture_output=True, check=True).stdout == b"demo\n"


def test_a_tree_of_a_wheel_keeps_which_files_can_run(
    context: Context, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path / "links", {"go/bin/demo": SCRIPT, "other/file": b"x"}, monkeypatch, 0o755)
    wheels.executables(way(wheel, "go/bin/demo", tree="go"), into, context.runner("demo"))
    assert os.access(into / "go/bin/demo", os.X_OK)
    assert not (into / "other").exists()


def test_a_wheel_with_another_hash_is_refused(
    context: Context, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path / "links", {"demo": SCRIPT}, monkeypatch).model_copy(
        update={"sha256": "0" * 64}
    )
    with pytest.raises(ToolError, match=r"(?s)THESE PACKAGES DO NOT MATCH THE HASHES.*fix:"):
        wheels.executables(way(wheel, "demo"), into, context.runner("demo"))


BACKEND = b"""
import pathlib

def prepare_metadata_for_build_wheel(folder, settings=None):
    made = pathlib.Path(folder) / "demo-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n")
    return made.name
"""
SETTINGS = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def make_archive(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SourceArchive:
    """A project without a wheel, which pip can ask what it needs without anything else."""
    folder.mkdir()
    file = folder / "demo-1.0.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for name, data in {"backend.py": BACKEND, "pyproject.toml": SETTINGS, "deps/a.jar": b"jar"}.items():
            info = tarfile.TarInfo(f"demo-1.0/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return SourceArchive(distribution="demo", version="1.0", sha256=digest)


def test_the_files_of_a_source_archive_lie_in_its_folder(
    context: Context, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make_archive(tmp_path / "index", monkeypatch)
    found = wheels.source(archive, into, context.runner("demo"))
    assert (found / "deps/a.jar").read_bytes() == b"jar"
    assert not list(into.glob("*.tar.gz")), "it is of no more use, and large"


def test_a_source_archive_with_another_hash_is_refused(
    context: Context, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make_archive(tmp_path / "index", monkeypatch)
    with pytest.raises(ToolError, match="DO NOT MATCH"):
        wheels.source(archive.model_copy(update={"sha256": "0" * 64}), into, context.runner("demo"))
    assert not (into / "demo-1.0").exists()


def test_a_wheel_for_another_python_is_asked_for_by_its_tags() -> None:
    tags = wheels._tags("n-1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl")  # pyright: ignore
    assert tags == [
        "--platform", "manylinux_2_27_x86_64", "--platform", "manylinux_2_28_x86_64",
        "--implementation", "cp", "--python-version", "311", "--abi", "cp311",
    ]  # fmt: skip


debian_only = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")


def pinned(folder: Path, sha256: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wheels of an image called demo, with this hash."""
    monkeypatch.setattr(wheels.wrappers, "root", lambda: folder)
    (folder / "images" / "demo").mkdir(parents=True)
    text = f"# the wheels of demo\ndemo==1.0 \\\n    --hash=sha256:{sha256}\n"
    (folder / "images" / "demo" / "requirements.txt").write_text(text)


def test_the_pinned_wheels_of_an_image_are_installed_and_named(
    context: Context, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path / "index", {"demo.py": b"x = 1\n"}, monkeypatch)
    pinned(tmp_path / "src", wheel.sha256, monkeypatch)
    assert wheels.install("demo", into, context.runner("demo")) == ["demo==1.0"]
    assert (into / "demo.py").read_bytes() == b"x = 1\n"


def test_a_wheel_of_another_hash_is_not_installed(
    context: Context, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path / "index", {"demo.py": b"x = 1\n"}, monkeypatch)
    pinned(tmp_path / "src", "0" * 64, monkeypatch)
    with pytest.raises(ToolError):
        wheels.install("demo", into, context.runner("demo"))
    assert not (into / "demo.py").exists()


def test_an_image_whose_wheels_are_not_pinned_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned(tmp_path / "src", "0" * 64, monkeypatch)
    with pytest.raises(ToolError, match="not pinned"):
        wheels.requirements("other")


APT = """\
#!/bin/sh
# Stands for apt-get: `update` makes lists, `download` copies from the archive.
echo "$*" >> {log}
conf=$4; shift 4
state=$(sed -n 's/^Dir::State "\\(.*\\)";/\\1/p' "$conf")
case $1 in
  -o) cp {archive}/*.deb "${{2#Dir::Cache::archives=}}";;
  update) touch "$state/lists/demo_Packages";;
  download) shift; for p; do cp {archive}/$p*.deb . || exit 100; done;;
esac
"""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive with the package demo 1.2-3 behind a stand-in for apt-get."""
    folder = tmp_path / "archive"
    root = tmp_path / "deb"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/demo").write_bytes(SCRIPT)
    (root / "usr/bin/demo").chmod(0o755)
    control = (
        "Package: demo\nVersion: 1.2-3\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n"
    )
    (root / "DEBIAN/control").write_text(control)
    folder.mkdir()
    subprocess.run(
        ["dpkg-deb", "--build", "--root-owner-group", root, folder / "demo_1.2-3_all.deb"],
        check=True,
        capture_output=True,
    )
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "apt-get").write_text(APT.format(log=tmp_path / "apt.log", archive=folder))
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return folder


def debian_way(versions: str = r"1\.2-.*", member: str = "usr/bin/demo") -> DebianWay:
    return DebianWay(how="debian", packages=("demo",), members={"demo": member}, versions=versions)


@debian_only
@pytest.mark.usefixtures("archive")
def test_a_package_is_unpacked_and_not_installed(context: Context, tmp_path: Path, into: Path) -> None:
    runner = context.runner("demo")
    assert debian.executables(debian_way(), into, into, context.cache, runner) == "debian demo 1.2-3"
    assert (into / "demo").read_bytes() == SCRIPT
    calls = (tmp_path / "apt.log").read_text().splitlines()
    assert [call.split()[4] for call in calls] == ["update", "download"]
    assert all(call.startswith(f"-q -y -c {context.cache.root}/apt/apt.conf") for call in calls)


@debian_only
@pytest.mark.usefixtures("archive")
def test_lists_are_not_fetched_again_while_they_serve(context: Context, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        debian.Apt(context.cache, context.runner("demo")).fetch(["demo"], tmp_path / name)
    calls = [call.split()[4] for call in (tmp_path / "apt.log").read_text().splitlines()]
    assert calls == ["update", "download", "download"]


@debian_only
@pytest.mark.usefixtures("archive")
def test_packages_come_with_all_that_they_depend_on(context: Context, tmp_path: Path, into: Path) -> None:
    apt = debian.Apt(context.cache, context.runner("demo"))
    assert apt.fetch_with_dependencies(["demo"], into) == [into / "demo_1.2-3_all.deb"]
    asked = (tmp_path / "apt.log").read_text().splitlines()[-1]
    assert asked.endswith("install --download-only --no-install-recommends demo")


@debian_only
def test_lists_that_name_files_which_are_gone_are_refreshed_once(
    context: Context, tmp_path: Path, archive: Path, into: Path
) -> None:
    apt = debian.Apt(context.cache, context.runner("demo"))
    apt.fetch(["demo"], into)
    (archive / "demo_1.2-3_all.deb").unlink()
    with pytest.raises(ToolError, match="`apt-get -q -y …` ended with status 100"):
        apt.fetch(["demo"], into)
    calls = [call.split()[4] for call in (tmp_path / "apt.log").read_text().splitlines()]
    assert calls == ["update", "download", "download", "update", "download"]


@debian_only
@pytest.mark.usefixtures("archive")
def test_a_package_of_another_version_is_not_taken(context: Context, into: Path) -> None:
    with pytest.raises(UnavailableError, match=r"demo is 1.2-3 here, expected 1\\.3-"):
        debian.executables(debian_way(r"1\.3-.*"), into, into, context.cache, context.runner("demo"))


@debian_only
@pytest.mark.usefixtures("archive")
def test_a_package_without_the_program_is_not_taken(context: Context, into: Path) -> None:
    with pytest.raises(UnavailableError, match="hold no usr/bin/elsewhere"):
        debian.executables(
            debian_way(member="usr/bin/elsewhere"), into, into, context.cache, context.runner("demo")
        )


@debian_only
@pytest.mark.skipif(shutil.which("apt-config") is None, reason="apt-config is not on this machine")
def test_the_private_apt_runs_no_hook_and_writes_nowhere_else(context: Context) -> None:
    apt = debian.Apt(context.cache, context.runner("demo"))
    apt._prepare()  # pyright: ignore[reportPrivateUsage]
    conf = context.cache.root / "apt" / "apt.conf"
    shown = subprocess.run(
        ["apt-config", "-c", conf, "dump"], capture_output=True, text=True, check=True
    ).stdout
    settings = dict(line.rstrip(";").split(" ", 1) for line in shown.splitlines())
    assert not [
        key for key in settings if key.startswith(("APT::Update::Post-Invoke::", "APT::Update::Pre-Invoke::"))
    ]
    for key in ("Dir::State", "Dir::Cache", "Dir::Log", "Dir::State::status"):
        assert settings[key].strip('"').startswith(str(context.cache.root))


def test_an_images_python_is_compiled_by_the_image_itself_whatever_the_times_of_its_files(
    tmp_path: Path, context: Context
) -> None:
    root = tmp_path / "root"
    library, packages = root / "usr" / "lib" / "python3.11", root / "usr" / "lib" / "python3" / "packages"
    for folder in (root / "lib64", root / "usr" / "bin", library, packages):
        folder.mkdir(parents=True)
    (root / "usr" / "bin" / "python3.11").touch()
    (library / "one.py").write_text("VALUE = 1\n")
    (packages / "two.py").write_text("def two(): return 2\n")
    (packages / "template.py").write_text("{{ this is no Python }}\n")
    # In the place of the image's C library: it is asked to run the image's Python, and runs this one.
    loader = root / "lib64" / "ld-linux-x86-64.so.2"
    loader.write_text(
        f'#!/bin/sh\necho "$3" > "{tmp_path}/asked"\nshift 3\nunset PYTHONHOME\nexec {sys.executable} "$@"\n'
    )
    loader.chmod(0o755)
    wheels.compiled(root, packages, context.runner("demo"))
    assert (tmp_path / "asked").read_text().strip() == str(root / "usr" / "bin" / "python3.11")
    [made] = (packages / "__pycache__").iterdir()
    assert made.name.startswith("two.cpython-")
    data = made.read_bytes()
    assert int.from_bytes(data[4:8], "little") == 1, "by its hash, and nobody compares it"
    assert b"/usr/lib/python3/packages/two.py" in data
    assert str(tmp_path).encode() not in data
    assert list((library / "__pycache__").iterdir())
