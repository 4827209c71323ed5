"""Starts and removals of the local cluster that are killed half way, meet another or cannot work. Needs root."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e2e.host.machine import quiet, traces, until
from fairlead.errors import ToolError
from fairlead.targets.local import host
from fairlead.targets.local.host import identity
from fairlead.targets.local.host.files import read_json

pytestmark = pytest.mark.e2e


def in_background(cfg: host.HostConfig, function: str, tmp_path: Path) -> subprocess.Popen[bytes]:
    """`up` or `down` in a process of its own, to be killed."""
    file = tmp_path / "cfg.json"
    file.write_text(json.dumps(cfg.to_json()))
    argument = "HostConfig.from_json(json.load(open(sys.argv[1])))"
    argument = argument if function == "up" else f"{argument}.run_dir"
    code = f"import json, sys; from fairlead.targets.local.host import *; {function}({argument}, print)"
    return subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.DEVNULL)


def part(cfg: host.HostConfig, name: str) -> bool:
    parts = (read_json(cfg.paths.status) or {}).get("parts", [])
    return any(one["name"] == name and one["state"] == "ready" for one in parts)


def alive(cfg: host.HostConfig) -> identity.Identity | None:
    return identity.recorded(read_json(cfg.paths.supervisor), cfg.run_dir)


def alive_now(cfg: host.HostConfig) -> identity.Identity:
    found = alive(cfg)
    assert found
    return found


KILLED_AT: dict[str, Callable[[host.HostConfig], object]] = {
    "while keys are written": lambda cfg: (cfg.paths.pki / "ca.crt").exists(),
    "when the first process is there": lambda cfg: identity.all_of(cfg.run_dir),
    "when the link is there": lambda cfg: Path("/sys/class/net", cfg.link).exists(),
    "when etcd is ready": lambda cfg: part(cfg, "etcd"),
    "when the API server is ready": lambda cfg: part(cfg, "kube-apiserver"),
    "when the kubelet is ready": lambda cfg: part(cfg, "kubelet"),
}


@pytest.mark.parametrize("moment", KILLED_AT)
def test_a_start_that_is_killed_is_repaired_by_the_next(
    cfg: host.HostConfig, tmp_path: Path, moment: str
) -> None:
    starting = in_background(cfg, "up", tmp_path)
    until(moment, lambda: KILLED_AT[moment](cfg), 30)
    starting.kill()
    starting.wait()
    for who in identity.all_of(cfg.run_dir):
        os.kill(who.pid, signal.SIGKILL)
    assert host.up(cfg, quiet).unhealthy == {}
    host.down(cfg.run_dir, quiet)


def test_a_start_whose_caller_alone_is_killed_is_taken_over(cfg: host.HostConfig, tmp_path: Path) -> None:
    starting = in_background(cfg, "up", tmp_path)
    until("etcd ready", lambda: part(cfg, "etcd"))
    starting.kill()
    starting.wait()
    supervisor = alive_now(cfg)
    assert host.up(cfg, quiet).supervisor == supervisor.pid


def test_a_removal_that_is_killed_is_finished_by_the_next(
    cfg: host.HostConfig, tmp_path: Path, before: dict[str, Any]
) -> None:
    host.up(cfg, quiet)
    removing = in_background(cfg, "down", tmp_path)
    until("the cluster ends", lambda: alive(cfg) is None)
    removing.kill()
    removing.wait()
    host.down(cfg.run_dir, quiet)
    assert traces(cfg) == before["traces"]


def test_a_removal_in_the_middle_of_a_start_leaves_nothing(
    cfg: host.HostConfig, tmp_path: Path, before: dict[str, Any]
) -> None:
    starting = in_background(cfg, "up", tmp_path)
    until("etcd ready", lambda: part(cfg, "etcd"))
    starting.kill()
    starting.wait()
    host.down(cfg.run_dir, quiet)
    assert traces(cfg) == before["traces"]


def test_two_starts_at_once_make_one_cluster(cfg: host.HostConfig, tmp_path: Path) -> None:
    other = in_background(cfg, "up", tmp_path)
    mine = host.up(cfg, quiet)
    assert other.wait(60) == 0
    assert [who.pid for who in identity.all_of(cfg.run_dir)] == [mine.supervisor]


def test_a_start_that_cannot_work_says_which_component_and_shows_its_log(
    cfg: host.HostConfig, tmp_path: Path
) -> None:
    host.down(cfg.run_dir, quiet)
    stages = tmp_path / "stages.yaml"
    stages.write_text("kind: [broken")
    with pytest.raises(ToolError) as caught:
        host.up(dataclasses.replace(cfg, stages=stages), quiet)
    assert caught.value.tool == "kwok"
    assert "yaml" in str(caught.value)
    host.down(cfg.run_dir, quiet)
