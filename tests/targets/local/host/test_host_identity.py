"""Which processes are ours, and what is never touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import host_configs
import pytest

from fairlead.targets.local import host
from fairlead.targets.local.host import identity
from fairlead.targets.local.host.files import write_json
from fairlead.targets.local.host.paths import HostPaths


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    code = "import sys; sys.stdout.write('up'); sys.stdout.flush(); sys.stdin.read()"
    argv = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout
        started.stdout.read(2)
        try:
            yield started
        finally:
            started.kill()


def supervisor(run_dir: Path, stack: str = "unit") -> tuple[str, ...]:
    return ("-m", identity.MODULE, "--stack", stack, "--run-dir", str(run_dir))


def test_a_supervisor_is_found_by_its_run_directory_without_any_record(tmp_path: Path) -> None:
    with process(*supervisor(tmp_path / "a")) as mine, process(*supervisor(tmp_path / "ab")):
        assert [who.pid for who in identity.all_of(tmp_path / "a")] == [mine.pid]


def test_a_program_that_only_mentions_the_run_directory_is_not_ours(tmp_path: Path) -> None:
    with process("--run-dir", str(tmp_path)), process("tail", str(tmp_path)):
        assert identity.all_of(tmp_path) == []


def test_a_record_holds_only_for_the_very_process(tmp_path: Path) -> None:
    with process(*supervisor(tmp_path)) as mine:
        record = identity.of(mine.pid).to_json()
        assert identity.recorded(record, tmp_path) == identity.of(mine.pid)
        assert identity.recorded({**record, "start_ticks": record["start_ticks"] - 1}, tmp_path) is None
        assert identity.recorded(record, tmp_path / "other") is None
    assert identity.recorded(record, tmp_path) is None


@pytest.mark.parametrize("record", [None, {}, {"pid": "1"}, {"pid": 2**22 + 1, "start_ticks": 1}])
def test_a_broken_record_is_no_record(tmp_path: Path, record: dict[str, object] | None) -> None:
    assert identity.recorded(record, tmp_path) is None


def test_a_number_that_went_to_another_process_is_not_killed(tmp_path: Path) -> None:
    with process("bystander") as other:
        real = identity.of(other.pid)
        assert identity.end(identity.Identity(real.pid, real.start_ticks - 1), 5)
        assert other.poll() is None


def test_the_end_of_a_process_is_waited_for(tmp_path: Path) -> None:
    with process(*supervisor(tmp_path)) as mine:
        assert identity.end(identity.of(mine.pid), 5)
        assert mine.wait() == -signal.SIGKILL


def test_a_namesake_elsewhere_is_seen_and_left_alone(tmp_path: Path) -> None:
    with process(*supervisor(tmp_path / "theirs", "unit")) as theirs:
        assert identity.others("unit", tmp_path / "mine") == [(theirs.pid, str(tmp_path / "theirs"))]
        (tmp_path / "mine").mkdir()
        host.down(tmp_path / "mine", lambda _: None)
        assert theirs.poll() is None


def test_down_kills_no_process_whose_number_merely_stands_in_the_record(tmp_path: Path) -> None:
    paths = HostPaths(tmp_path / "run")
    paths.host.mkdir(parents=True)
    write_json(paths.supervisor, identity.of(os.getpid()).to_json())
    host.down(paths.run_dir, lambda _: None)  # this test would not survive a mistake
    assert not paths.run_dir.exists()


def test_down_removes_a_start_that_was_killed_before_its_first_process(tmp_path: Path) -> None:
    cfg = host_configs.make(tmp_path)
    for directory in (cfg.paths.pki, cfg.paths.etcd, cfg.paths.logs):
        directory.mkdir(parents=True)
    cfg.paths.kubeconfig.write_text("{}")
    (cfg.run_dir / "pulumi-state").write_text("not ours")
    host.down(cfg.run_dir, lambda _: None)
    assert [path.name for path in cfg.run_dir.iterdir()] == ["pulumi-state"]


def test_down_where_nothing_was_ever_started_makes_nothing(tmp_path: Path) -> None:
    host.down(tmp_path / "never", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_without_a_cluster_is_absent_and_one_without_its_process_stopped(tmp_path: Path) -> None:
    cfg = host_configs.make(tmp_path)
    assert host.status(cfg.run_dir).state == "absent"
    cfg.paths.host.mkdir(parents=True)
    write_json(cfg.paths.config, cfg.to_json())
    assert host.status(cfg.run_dir).state == "stopped"
