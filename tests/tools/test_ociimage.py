"""Images written without a daemon: the same bytes every time, in the layout that runtimes read."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

from fairlead.tools import ociimage
from fairlead.tools.ociimage import Entry, Image

REFERENCE = "registry.example/team/demo:v1"


def image(root: Path) -> Image:
    entries = [*ociimage.tree_entries(root), *ociimage.base_entries("1000:1000", "/home/user", "/work")]
    return Image(REFERENCE, entries, "1000:1000", ("/bin/demo",), ("serve",), {"B": "2", "A": "1"}, "/work")


def tree(root: Path, when: int) -> Path:
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "demo").write_bytes(b"\x7fELF" * 1000)
    (root / "bin" / "demo").chmod(0o755)
    (root / "bin" / "alias").symlink_to("demo")
    (root / "etc").mkdir()
    (root / "etc" / "conf").write_text("a=1\n")
    for path in root.rglob("*"):
        os.utime(path, (when, when), follow_symlinks=False)
    return root


class Layout:
    """Reads a layout tar by the specification: index -> manifest -> config and layers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.index = json.loads(self.read("index.json"))
        self.manifest = json.loads(self.blob(self.index["manifests"][0]))
        self.config = json.loads(self.blob(self.manifest["config"]))
        self.layer = self.blob(self.manifest["layers"][0])

    def read(self, name: str) -> bytes:
        with tarfile.open(self.path) as tar:
            file = tar.extractfile(name)
            assert file is not None
            return file.read()

    def blob(self, descriptor: dict[str, Any]) -> bytes:
        algorithm, digest = descriptor["digest"].split(":")
        data = self.read(f"blobs/{algorithm}/{digest}")
        assert len(data) == descriptor["size"]
        assert hashlib.new(algorithm, data).hexdigest() == digest
        return data

    def members(self) -> dict[str, tarfile.TarInfo]:
        with tarfile.open(fileobj=io.BytesIO(self.layer)) as layer:
            return {member.name: member for member in layer.getmembers()}


def test_the_same_content_gives_the_same_bytes_whenever_and_wherever_it_is_written(tmp_path: Path) -> None:
    first, second = tmp_path / "a.tar", tmp_path / "sub" / "b.tar"
    second.parent.mkdir()
    digests = [
        ociimage.write(image(tree(tmp_path / "one", 1)), first),
        ociimage.write(image(tree(tmp_path / "two", 999_999_999)), second),
    ]
    assert digests[0] == digests[1]
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in second.parent.iterdir()] == ["b.tar"]


def test_another_byte_gives_another_digest(tmp_path: Path) -> None:
    root = tree(tmp_path / "one", 1)
    before = ociimage.write(image(root), tmp_path / "a.tar")
    (root / "etc" / "conf").write_text("a=2\n")
    assert ociimage.write(image(root), tmp_path / "b.tar") != before


def test_the_tar_is_an_oci_layout_with_sound_descriptors(tmp_path: Path) -> None:
    digest = ociimage.write(image(tree(tmp_path / "one", 1)), tmp_path / "a.tar")
    layout = Layout(tmp_path / "a.tar")
    assert json.loads(layout.read("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
    assert layout.index["mediaType"] == "application/vnd.oci.image.index.v1+json"
    entry = layout.index["manifests"][0]
    assert entry["digest"] == digest
    assert entry["platform"] == {"architecture": "amd64", "os": "linux"}
    assert entry["annotations"]["io.containerd.image.name"] == REFERENCE
    assert entry["annotations"]["org.opencontainers.image.ref.name"] == "v1"
    assert layout.manifest["layers"][0]["mediaType"] == "application/vnd.oci.image.layer.v1.tar"
    assert layout.config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layout.layer).hexdigest()]
    assert layout.config["rootfs"]["type"] == "layers"


def test_the_container_starts_as_the_image_says(tmp_path: Path) -> None:
    ociimage.write(image(tree(tmp_path / "one", 1)), tmp_path / "a.tar")
    config = Layout(tmp_path / "a.tar").config["config"]
    assert config["User"] == "1000:1000"
    assert (config["Entrypoint"], config["Cmd"], config["WorkingDir"]) == (["/bin/demo"], ["serve"], "/work")
    assert config["Env"] == [ociimage.PATH, "A=1", "B=2"]


def test_files_keep_modes_and_links_and_belong_to_root_except_the_users_own(tmp_path: Path) -> None:
    ociimage.write(image(tree(tmp_path / "one", 1)), tmp_path / "a.tar")
    members = Layout(tmp_path / "a.tar").members()
    assert members["bin/demo"].mode == 0o755
    assert members["bin/alias"].issym()
    assert members["bin/alias"].linkname == "demo"
    assert members["tmp"].mode == 0o1777
    assert (members["home/user"].uid, members["work"].gid) == (1000, 1000)
    assert all(member.mtime == 0 for member in members.values())
    assert all(member.uid == 0 for name, member in members.items() if name not in ("home/user", "work"))


def test_every_file_comes_after_the_folders_above_it(tmp_path: Path) -> None:
    entries = [Entry("a/b/c/file", 0o644, b"x"), Entry("a-b", 0o644, b"y"), Entry("z", 0o644, b"z")]
    ociimage.write(Image(REFERENCE, entries, "0:0"), tmp_path / "a.tar")
    names = list(Layout(tmp_path / "a.tar").members())
    for index, name in enumerate(names):
        assert {str(parent) for parent in Path(name).parents} - {"."} <= set(names[:index])


def test_a_later_entry_replaces_an_earlier_one_of_the_same_path(tmp_path: Path) -> None:
    entries = [Entry("f", 0o644, b"old"), Entry("f", 0o600, b"newer")]
    ociimage.write(Image(REFERENCE, entries, "0:0"), tmp_path / "a.tar")
    members = Layout(tmp_path / "a.tar").members()
    assert (members["f"].size, members["f"].mode) == (5, 0o600)


def test_the_user_of_an_image_has_no_shell_unless_it_is_named() -> None:
    def users(*shell: str) -> str:
        entries = {one.path: one for one in ociimage.base_entries("1000:1000", "/home/user", "/work", *shell)}
        return str(entries["etc/passwd"].data)

    assert "user:x:1000:1000:user:/home/user:/sbin/nologin" in users()
    assert "user:x:1000:1000:user:/home/user:/bin/bash" in users("/bin/bash")
