"""Keeping processes running, and saying how they are. Each supervisor runs in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fairlead.targets.local.host import HostConfig, images
from fairlead.targets.local.host.board import Board, Part
from fairlead.targets.local.host.files import read_json, write_json
from fairlead.targets.local.host.supervisor import bound_log

SUPERVISOR = """
    import sys
    from pathlib import Path
    from fairlead.targets.local.host import components, supervisor, tasks
    from fairlead.targets.local.host.components import Component, Socket
    from fairlead.targets.local.host.config import HostConfig
    from fairlead.targets.local.host.files import read_json
    cfg = HostConfig.from_json(read_json(Path(sys.argv[1])))
    (cfg.paths.bin / "sh").symlink_to("/bin/sh")
    (cfg.paths.bin / "python").symlink_to(sys.executable)
    components.rows = lambda cfg: ({components})
    tasks.rows = lambda: ()
    supervisor.Supervisor(cfg).run()
"""
SERVER = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen()
while True: server.accept()
"""


@contextmanager
def supervising(cfg: HostConfig, components: str) -> Iterator[subprocess.Popen[bytes]]:
    for directory in (cfg.paths.bin, cfg.paths.logs):
        directory.mkdir(parents=True)
    write_json(cfg.paths.config, cfg.to_json())
    code = textwrap.dedent(SUPERVISOR).replace("{components}", components)
    with subprocess.Popen([sys.executable, "-c", code, str(cfg.paths.config)]) as running:
        try:
            yield running
        finally:
            running.terminate()


def until(cfg: HostConfig, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    report: dict[str, Any] = {}
    while time.monotonic() < deadline:
        report = read_json(cfg.paths.status) or {}
        if report and wanted(report):
            return report
        time.sleep(0.02)
    pytest.fail(f"never seen; last: {report}")


def test_a_component_that_never_comes_up_makes_the_start_fail(cfg: HostConfig) -> None:
    row = 'Component("bad", ("sh", "-c", "echo no such flag; exit 3"), Socket(Path("/nonexistent"))),'
    with supervising(cfg, row):
        report = until(cfg, lambda seen: seen["phase"] == "failed")
    assert report["parts"][0]["detail"] == "ended with 3"
    assert "no such flag" in cfg.paths.log("bad").read_text()
    assert not cfg.paths.complete.exists()


def test_a_component_that_dies_is_started_again_and_counted(cfg: HostConfig, tmp_path: Path) -> None:
    server = tmp_path / "server.py"
    server.write_text(SERVER)
    start = f"rm -f {tmp_path}/s; exec {sys.executable} {server} {tmp_path}/s"
    row = f'Component("good", ("sh", "-c", {start!r}), Socket(Path("{tmp_path}/s"))),'
    with supervising(cfg, row):
        first = until(cfg, lambda seen: seen["phase"] == "ready")["parts"][0]
        assert cfg.paths.complete.exists()
        subprocess.run(["kill", "-9", str(first["pid"])], check=True)
        again = until(cfg, lambda seen: seen["phase"] == "ready" and seen["parts"][0]["restarts"] == 1)[
            "parts"
        ][0]
    assert again["pid"] != first["pid"]


def test_a_component_waits_for_what_it_stands_on(cfg: HostConfig, tmp_path: Path) -> None:
    rows = (
        'Component("below", ("sh", "-c", "sleep 60"), Socket(Path("/nonexistent"))),'
        'Component("above", ("sh", "-c", "echo started"), Socket(Path("/nonexistent")), after=("below",)),'
    )
    with supervising(cfg, rows):
        report = until(cfg, lambda seen: seen["parts"][0]["detail"] != "")
    assert [part["state"] for part in report["parts"]] == ["starting", "waiting"]
    assert not cfg.paths.log("above").exists()


def test_the_supervisor_buries_orphans(cfg: HostConfig, tmp_path: Path) -> None:
    # as the first process of a namespace it inherits them; here it is made their new parent by prctl(2)
    mark = tmp_path / "orphan"
    orphan = f"(sh -c 'echo $$ > {mark}' &) ; sleep 60"
    row = f'Component("parent", ("sh", "-c", {orphan!r}), Socket(Path("/nonexistent"))),'
    code = "__import__('ctypes').CDLL(None).prctl(36, 1, 0, 0, 0); "
    with supervising(cfg, f"({code.rstrip('; ')}, {row.rstrip(',')})[1],"):
        until(cfg, lambda _: mark.exists() and mark.read_text().strip() != "")
        pid = mark.read_text().strip()
        until(cfg, lambda _: not Path("/proc", pid).exists())


def test_sigterm_ends_the_components_and_the_supervisor(cfg: HostConfig) -> None:
    row = 'Component("one", ("sh", "-c", "exec sleep 600"), Socket(Path("/nonexistent"))),'
    with supervising(cfg, row) as running:
        pid = until(cfg, lambda seen: seen["parts"][0]["pid"] > 0)["parts"][0]["pid"]
        running.terminate()
        assert running.wait(20) == 0
    assert not Path("/proc", str(pid)).exists()


def board(directory: Path) -> Board:
    parts = [Part("a", task=False, log="a.log"), Part("b", task=True, log="b.log")]
    return Board(directory / "status.json", directory / "complete", parts)


def test_a_cluster_is_ready_when_all_parts_are_and_degraded_when_one_no_longer_is(tmp_path: Path) -> None:
    seen = board(tmp_path)
    phases: list[str] = []
    for name, state in (("a", "ready"), ("b", "ready"), ("a", "unhealthy"), ("a", "ready")):
        seen.set(name, state)  # type: ignore[arg-type]
        phases.append(json.loads((tmp_path / "status.json").read_text())["phase"])
    assert phases == ["starting", "ready", "degraded", "ready"]


def test_data_are_kept_from_the_moment_on_at_which_the_cluster_says_ready(tmp_path: Path) -> None:
    seen = board(tmp_path)
    seen.set("a", "ready")
    assert not (tmp_path / "complete").exists()
    seen.set("b", "ready")
    assert (tmp_path / "complete").exists()


def test_a_log_that_grew_too_long_keeps_its_end(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    log.write_text("x" * 990 + "the end...")
    bound_log(log, 1000)
    assert log.stat().st_size == 1000
    log.write_text("x" * 1000 + "the end...")
    bound_log(log, 1000)
    assert log.stat().st_size == 0
    assert (tmp_path / "one.log.1").read_text().endswith("the end...")


def test_what_containerd_lists_is_compared_by_name_and_digest() -> None:
    listing = (
        "REF TYPE DIGEST SIZE PLATFORMS LABELS\n"
        "fairlead.dev/pause:1 application/vnd.oci.image.manifest.v1+json sha256:aa 700.1 KiB linux/amd64 -\n"
    )
    assert images.present(listing) == {images.Image("fairlead.dev/pause:1", "sha256:aa")}


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_text("no archive")
    with pytest.raises(ValueError, match=r"x\.tar: no OCI image archive"):
        images.carried(tmp_path / "x.tar")
