"""Official downloads: proven by a checksum, or refused."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
from pathlib import Path

import pytest
from tools.web import Web

from fairlead.catalog.ways import DownloadWay
from fairlead.tools.fetch import OFF, Reach, RefusedError, UnavailableError, download

PROGRAM = b"#!/bin/sh\necho demo 1.0\n"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def way(web: Web, **more: object) -> DownloadWay:
    source = {"sum_source": "test"} if "sha256" in more else {}
    facts = {"how": "download", "url": web.url + "/{version}/demo", **source, **more}
    return DownloadWay.model_validate(facts)


def fetch(wanted: DownloadWay, into: Path, reach: Reach | None = None) -> str:
    return download(wanted, "1.0", ("demo",), into, reach or Reach(environ={}))


def test_a_download_with_the_right_sum_becomes_an_executable(web: Web, tmp_path: Path) -> None:
    web.pages["/1.0/demo"] = PROGRAM
    assert fetch(way(web, sha256=sha(PROGRAM)), tmp_path) == f"{web.url}/1.0/demo"
    assert (tmp_path / "demo").read_bytes() == PROGRAM
    assert (tmp_path / "demo").stat().st_mode & 0o111


def test_a_download_with_another_sum_is_refused(web: Web, tmp_path: Path) -> None:
    web.pages["/1.0/demo"] = PROGRAM + b"evil"
    with pytest.raises(RefusedError, match=f"is refused: its SHA-256 is {sha(PROGRAM + b'evil')}"):
        fetch(way(web, sha256=sha(PROGRAM)), tmp_path)
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("text", ["{sum}", "{sum}  demo\n", "0000  other\n{sum} *demo\n"])
def test_the_projects_checksum_file_proves_a_download(web: Web, tmp_path: Path, text: str) -> None:
    web.pages |= {"/1.0/demo": PROGRAM, "/sums": text.format(sum=sha(PROGRAM)).encode()}
    fetch(way(web, checksums=web.url + "/sums"), tmp_path)
    assert (tmp_path / "demo").exists()


@pytest.mark.parametrize("text", ["", "not found", "{sum}  demo.sig\n", "<html>login</html>"])
def test_a_checksum_file_that_does_not_name_the_download_proves_nothing(
    web: Web, tmp_path: Path, text: str
) -> None:
    web.pages |= {"/1.0/demo": PROGRAM, "/sums": text.format(sum=sha(PROGRAM)).encode()}
    with pytest.raises(RefusedError, match="states no SHA-256 of demo"):
        fetch(way(web, checksums=web.url + "/sums"), tmp_path)


def test_without_its_checksum_file_a_download_is_not_even_begun(web: Web, tmp_path: Path) -> None:
    web.pages["/1.0/demo"] = PROGRAM
    with pytest.raises(UnavailableError, match="/sums answers 404"):
        fetch(way(web, checksums=web.url + "/sums"), tmp_path)
    assert "/1.0/demo" not in web.asked


def test_a_body_that_ends_early_is_noticed(web: Web, tmp_path: Path) -> None:
    web.pages["/1.0/demo"] = lambda _: (200, {"Content-Length": "1000", "Connection": "close"}, PROGRAM)
    with pytest.raises(UnavailableError, match="broke off"):
        fetch(way(web, sha256=sha(PROGRAM)), tmp_path)


def test_executables_are_taken_out_of_an_archive(web: Web, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("demo-1.0/bin/demo")
        info.size = len(PROGRAM)
        archive.addfile(info, io.BytesIO(PROGRAM))
    web.pages["/1.0/demo"] = packed.getvalue()
    good = way(web, sha256=sha(packed.getvalue()), members={"demo": "demo-{version}/bin/demo"})
    fetch(good, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    with pytest.raises(UnavailableError, match="no file elsewhere"):
        fetch(good.model_copy(update={"members": {"demo": "elsewhere"}}), tmp_path)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_host_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    reach, port = Reach(environ={}), closed_port()
    ask = Reach._ask  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(Reach, "_ask", lambda self, url: (asked.append(url), ask(self, url))[1])
    for name in ("a", "b", "c"):
        with pytest.raises(UnavailableError, match="does not answer"):
            reach.open(f"http://127.0.0.1:{port}/{name}")
    assert asked == [f"http://127.0.0.1:{port}/"]
    assert not reach.answers(f"http://127.0.0.1:{port}/d")


def test_official_downloads_can_be_switched_off(web: Web) -> None:
    reach = Reach(environ={OFF: "off"})
    assert not reach.answers(web.url)
    with pytest.raises(UnavailableError, match=f"{OFF}=off"):
        reach.open(web.url + "/1.0/demo")
    assert web.asked == []
