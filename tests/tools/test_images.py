"""Images from rows: pulled where the registry proves itself, else built."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tools.test_ociimage import Layout
from tools.web import Answer, Web

from fairlead.catalog.lock import ImageRow
from fairlead.errors import FairleadError, ToolError
from fairlead.tools import gobuild, images, registry, toolchain
from fairlead.tools.fetch import Reach, RefusedError, UnavailableError
from fairlead.tools.steps import Context, run_steps


def sha(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def packed(value: object) -> bytes:
    return json.dumps(value).encode()


class FakeRegistry:
    """A registry with one image for two architectures behind an anonymous token."""

    def __init__(self, web: Web) -> None:
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("hello"))
        self.layer = layer.getvalue()
        self.config = packed({"rootfs": {"type": "layers", "diff_ids": [sha(self.layer)]}})
        self.manifest = packed(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": {"digest": sha(self.config), "size": len(self.config)},
                "layers": [{"digest": sha(self.layer), "size": len(self.layer)}],
            }
        )
        self.index = packed(
            {
                "manifests": [
                    {"digest": sha(b"arm"), "platform": {"os": "linux", "architecture": "arm64"}},
                    {"digest": sha(self.manifest), "platform": {"os": "linux", "architecture": "amd64"}},
                ]
            }
        )
        self.web, self.host = web, web.url.removeprefix("http://")
        web.pages["/token"] = packed({"token": "t0"})
        for data in (self.index, self.manifest):
            web.pages[f"/v2/team/demo/manifests/{sha(data)}"] = self.guarded(data)
        for data in (self.config, self.layer):
            web.pages[f"/v2/team/demo/blobs/{sha(data)}"] = self.guarded(data)

    def guarded(self, data: bytes) -> Any:
        challenge = f'Bearer realm="{self.web.url}/token",service="demo",scope="repository:team/demo:pull"'

        def answer(headers: dict[str, str]) -> Answer:
            if headers.get("Authorization") == "Bearer t0":
                return 200, {}, data
            return 401, {"WWW-Authenticate": challenge}, b""

        return answer

    def pull(self, digest: str, target: Path, arch: str = "amd64") -> None:
        registry.pull(f"{self.host}/team/demo:v1", digest, target, Reach(environ={}), "http", arch)


def test_an_image_is_pulled_by_the_digest_of_its_index(web: Web, tmp_path: Path) -> None:
    served = FakeRegistry(web)
    served.pull(sha(served.index), tmp_path / "image.tar")
    layout = Layout(tmp_path / "image.tar")
    assert layout.layer == served.layer
    assert layout.index["manifests"][0]["digest"] == sha(served.manifest)
    assert (
        layout.index["manifests"][0]["annotations"]["io.containerd.image.name"]
        == f"{served.host}/team/demo:v1"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["image.tar"]
    assert "/token?service=demo&scope=repository%3Ateam%2Fdemo%3Apull" in web.asked


def test_the_digest_of_a_tag_is_that_of_the_bytes_it_stands_for(web: Web) -> None:
    served = FakeRegistry(web)
    web.pages["/v2/team/demo/manifests/v1"] = served.guarded(served.index)
    asked = registry.Registry(f"{served.host}/team/demo", Reach(environ={}), "http")
    assert asked.digest("v1") == sha(served.index)
    with pytest.raises(UnavailableError, match="404"):
        asked.digest("v2")


def test_a_manifest_that_is_not_the_one_of_the_digest_is_refused(web: Web, tmp_path: Path) -> None:
    served = FakeRegistry(web)
    web.pages[f"/v2/team/demo/manifests/{sha(served.index)}"] = served.guarded(served.index + b" ")
    with pytest.raises(RefusedError, match="is refused: its digest is"):
        served.pull(sha(served.index), tmp_path / "image.tar")


def test_a_layer_that_is_not_the_one_of_the_digest_is_refused(web: Web, tmp_path: Path) -> None:
    served = FakeRegistry(web)
    web.pages[f"/v2/team/demo/blobs/{sha(served.layer)}"] = served.guarded(b"evil")
    with pytest.raises(RefusedError, match="is refused"):
        served.pull(sha(served.index), tmp_path / "image.tar")
    assert not (tmp_path / "image.tar").exists()


def test_an_index_without_this_architecture_is_no_image_for_us(web: Web, tmp_path: Path) -> None:
    served = FakeRegistry(web)
    with pytest.raises(UnavailableError, match="no image for linux/s390x"):
        served.pull(sha(served.index), tmp_path / "image.tar", "s390x")


def row(name: str = "pause", digest: str | None = None, **build: Any) -> ImageRow:
    return ImageRow.model_validate(
        {
            "name": name,
            "repository": "127.0.0.1:1/pause",
            "tag": "v1",
            "digest": digest,
            "digest_source": "test" if digest else "",
            "source": "test",
            "date": date(2026, 1, 1),
            "build": {"user": "65535:65535", **build} if build else None,
        }
    )


GO = {"go": {"wrapper": "pause", "package": ".", "usual_seconds": 1}, "binary": "/pause"}


def have(context: Context, wanted: ImageRow) -> Path:
    planned = images.plan([wanted.name], context, {wanted.name: wanted})
    run_steps(planned.steps, context)
    return planned.paths[wanted.name]


@pytest.fixture
def go(context: Context) -> Path:
    found = shutil.which("go")
    if found is None:
        pytest.skip("this machine has no Go command")
    gobuild.check_version(Path(found), context.runner("go"))
    context.go_command = Path(found)
    context.parallel = os.cpu_count() or 1
    return Path(found)


@pytest.mark.usefixtures("go")
def test_an_image_is_built_from_source_where_its_registry_does_not_answer(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    wanted = row(digest=sha(b"x"), **GO)
    path = have(context, wanted)
    layout = Layout(path)
    assert layout.config["config"]["Entrypoint"] == ["/pause"]
    assert layout.config["config"]["User"] == "65535:65535"
    assert layout.index["manifests"][0]["annotations"]["io.containerd.image.name"] == "127.0.0.1:1/pause:v1"
    assert layout.members()["pause"].mode == 0o755
    assert str(context.cache.root).encode() not in layout.layer, "the program carries a path of this machine"
    assert images.plan(["pause"], context, {"pause": wanted}).steps == []
    path.write_bytes(path.read_bytes()[:1000])
    assert len(images.plan(["pause"], context, {"pause": wanted}).steps) == 1


def test_an_image_that_can_only_be_pulled_says_so_when_it_cannot(context: Context) -> None:
    with pytest.raises(
        ToolError, match=r"(?s)image pause: it can only be pulled, and 127.0.0.1:1 does not answer"
    ):
        have(context, row(digest=sha(b"x")))


def test_files_of_a_row_are_dropped_joined_and_linked(context: Context, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "certs").mkdir(parents=True)
    (root / "certs" / "b.crt").write_text("B\n")
    (root / "certs" / "a.crt").write_text("A\n")
    (root / "man").mkdir()
    (root / "man" / "page").write_text("x")
    build = {
        "rootfs": {
            "drop": ["man/*"],
            "joined": {"/etc/all.crt": "certs/*.crt"},
            "texts": {"etc/x.conf": "y\n"},
            "programs": {"bin/say": "#!/bin/sh\n"},
            "links": {"bin/sh": "dash"},
        }
    }
    rootfs = row(**build).build
    assert rootfs is not None
    assert rootfs.rootfs is not None
    entries = {entry.path: entry for entry in images._rootfs_entries(rootfs.rootfs, root)}  # pyright: ignore
    assert "man/page" not in entries
    assert entries["etc/all.crt"].data == b"A\nB\n"
    assert entries["etc/x.conf"].data == b"y\n"
    assert entries["bin/sh"].link == "dash"
    assert (entries["bin/say"].data, entries["bin/say"].mode) == (b"#!/bin/sh\n", 0o755)
    assert entries["etc/x.conf"].mode == 0o644


def test_building_waits_for_go_and_pulling_costs_no_build(context: Context) -> None:
    step = images.plan(["pause"], context, {"pause": row(**GO)}).steps[0]
    assert step.needs == (toolchain.GO_STEP,)
    assert step.builds
    assert step.title == "build image pause v1"


def test_programs_of_one_module_are_built_one_after_another_for_each_would_compile_what_they_share(
    context: Context,
) -> None:
    module = {"path": "example.org/m", "version": "v1.0.0", "sum": "h1:" + "A" * 43 + "="}
    rows = {
        name: row(name, go={"module": module, "package": f"./cmd/{name}", "usual_seconds": 1}, binary="/x")
        for name in ("one", "two")
    }
    planned = images.plan(["one", "two", "pause"], context, {**rows, "pause": row(**GO)})
    assert [step.shares for step in planned.steps] == [
        "example.org/m@v1.0.0",
        "example.org/m@v1.0.0",
        "pause",
    ]


def test_an_unknown_image_is_named_with_its_neighbours(context: Context) -> None:
    with pytest.raises(FairleadError, match=r"(?s)image 'kuue' is not in the lock.*allowed: kueue"):
        images.plan(["kuue"], context)
