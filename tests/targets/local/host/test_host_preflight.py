"""What the machine lacks, told with the way out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import host_configs
import pytest

from fairlead.errors import Problem
from fairlead.targets.local import host
from fairlead.targets.local.host import HostConfig, cgroups, identity, kernel, machine, network, toolbox


@pytest.fixture
def as_root(cfg: HostConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Root on a machine that has everything, whoever runs the tests and wherever; its files' directory.

    Nothing of the real machine is asked: no trial of its kernel, and no look at its other clusters.
    """
    groups, memory = tmp_path / "cgroup", tmp_path / "meminfo"
    groups.mkdir()
    memory.write_text("MemTotal: 33554432 kB\nMemAvailable: 16777216 kB\n")
    (tmp_path / "kmsg").touch()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release="6.1.0-40-amd64"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**40, total=2**40))
    monkeypatch.setattr(kernel, "CGROUPS", groups)
    monkeypatch.setattr(machine, "_KMSG", tmp_path / "kmsg")
    monkeypatch.setattr(machine, "_MEMINFO", memory)
    monkeypatch.setattr(machine, "_trials", lambda _cfg: iter(()))
    monkeypatch.setattr(toolbox, "which", lambda name: Path("/usr/sbin") / name)
    monkeypatch.setattr(network, "_routes", list)
    monkeypatch.setattr(cgroups, "missing_controllers", list)
    monkeypatch.setattr(identity, "others", lambda _stack, _run: [])
    assert host.preflight(cfg) == []
    return tmp_path


def only(found: list[Problem]) -> Problem:
    assert len(found) == 1, found
    return found[0]


def test_an_ordinary_user_is_told_what_works_without_root(cfg: HostConfig, monkeypatch: Any) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    problem = only(host.preflight(cfg))
    assert problem.where == "user"
    assert host.STILL_WORKS in problem.fix


@pytest.mark.usefixtures("as_root")
def test_a_missing_program_is_named(cfg: HostConfig) -> None:
    cfg.tools["kubelet"].unlink()
    assert only(host.preflight(cfg)).where == "tool kubelet"


@pytest.mark.usefixtures("as_root")
def test_a_missing_image_is_named(cfg: HostConfig) -> None:
    cfg.images[0].unlink()
    assert only(host.preflight(cfg)).where == str(cfg.images[0])


@pytest.mark.usefixtures("as_root")
def test_too_little_disk_says_how_much_there_is(cfg: HostConfig, monkeypatch: Any) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**30, total=100 * 2**30))
    problem = only(host.preflight(cfg))
    assert (problem.given, problem.allowed) == ("1.0 GiB", "5.0 GiB free")


@pytest.mark.usefixtures("as_root")
def test_room_is_wanted_for_images_until_the_cluster_has_them(cfg: HostConfig, monkeypatch: Any) -> None:
    """Without it the kubelet would take images away while others come."""
    with cfg.images[0].open("ab") as file:
        file.truncate(3 * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9 * 2**30, total=9 * 2**30))
    assert only(host.preflight(cfg)).allowed == "10.1 GiB free"
    cfg.paths.containerd.mkdir(parents=True)
    assert host.preflight(cfg) == []


def test_too_little_memory_says_how_much_there_is(cfg: HostConfig, as_root: Path) -> None:
    (as_root / "meminfo").write_text("MemAvailable: 1048576 kB\n")
    problem = only(host.preflight(cfg))
    assert (problem.given, problem.allowed) == ("1.0 GiB", "2.5 GiB")


def test_control_groups_that_cannot_be_written_are_named(cfg: HostConfig, as_root: Path) -> None:
    (as_root / "cgroup").rmdir()  # to root, no directory that is there is read-only by its mode
    assert only(host.preflight(cfg)).where == str(as_root / "cgroup")


def test_a_container_without_the_kernels_log_is_refused(cfg: HostConfig, as_root: Path) -> None:
    (as_root / "kmsg").unlink()
    assert only(host.preflight(cfg)).where == str(as_root / "kmsg")


@pytest.mark.usefixtures("as_root")
def test_a_missing_program_of_the_machine_comes_with_its_package(cfg: HostConfig, monkeypatch: Any) -> None:
    monkeypatch.setattr(toolbox, "which", lambda name: None if name == "nsenter" else Path("/bin") / name)
    problem = only(host.preflight(cfg))
    assert problem.where == "tool nsenter"
    assert "util-linux" in problem.fix


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize(
    ("route", "clash"),
    [("100.64.77.2", True), ("100.64.0.0/10", True), ("100.64.77.4/30", False), ("default", False)],
)
def test_a_subnet_that_the_machine_uses_is_refused(
    cfg: HostConfig, monkeypatch: Any, route: str, clash: bool
) -> None:
    monkeypatch.setattr(network, "_routes", lambda: [{"dst": route, "dev": "tailscale0"}])
    found = host.preflight(cfg)
    assert bool(found) is clash
    assert all("tailscale0" in problem.given for problem in found)


@pytest.mark.usefixtures("as_root")
def test_the_clusters_own_link_is_no_clash(cfg: HostConfig, monkeypatch: Any) -> None:
    monkeypatch.setattr(network, "_routes", lambda: [{"dst": "100.64.77.0/30", "dev": cfg.link}])
    assert host.preflight(cfg) == []


@pytest.mark.usefixtures("as_root")
def test_a_cluster_of_this_name_elsewhere_is_pointed_at(cfg: HostConfig, monkeypatch: Any) -> None:
    monkeypatch.setattr(identity, "others", lambda _stack, _run: [(4711, "/elsewhere")])
    problem = only(host.preflight(cfg))
    assert "4711" in problem.given
    assert "/elsewhere" in problem.given


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize("directory", ["/run/fairlead-cache/run/x", "/srv/a:b/run"])
def test_a_run_directory_that_cannot_work_is_refused(tmp_path: Path, directory: str) -> None:
    cfg = host_configs.make(tmp_path, run_dir=Path(directory))
    assert only(host.preflight(cfg)).where == "run directory"


@pytest.mark.usefixtures("as_root")
def test_a_kernel_without_nftables_support_is_refused(cfg: HostConfig, monkeypatch: Any) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release="5.10.0-30-amd64"))
    assert only(host.preflight(cfg)).given == "5.10.0-30-amd64"


@pytest.mark.usefixtures("as_root")
def test_every_problem_says_what_to_do(cfg: HostConfig, monkeypatch: Any) -> None:
    cfg.tools["etcd"].unlink()
    monkeypatch.setattr(cgroups, "missing_controllers", lambda: ["memory"])
    monkeypatch.setattr(network, "_routes", lambda: [{"dst": "100.64.0.0/10", "dev": "x"}])
    found = host.preflight(cfg)
    assert len(found) == 3
    assert all(problem.fix for problem in found)


@pytest.mark.usefixtures("as_root")
def test_looking_leaves_nothing_behind(cfg: HostConfig) -> None:
    before = sorted(path.name for path in cfg.run_dir.parent.iterdir())
    host.preflight(cfg)
    assert sorted(path.name for path in cfg.run_dir.parent.iterdir()) == before
