"""What this machine lacks for a local cluster, each with the reason and the way out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from fairlead.errors import Problem
from fairlead.targets.local.host import cgroups, identity, kernel, network, toolbox
from fairlead.targets.local.host.config import HostConfig
from fairlead.targets.local.host.nodefiles import KEPT_PERCENT

STILL_WORKS = (
    "without a local cluster these still work: fairlead plan, render and config, previews, `make test`"
)
_DISK_GIB, _MEMORY_GIB = 4, 2.5
_EACH_IMAGE = 2  # containerd keeps it as it came, and unpacked
_KERNEL = (5, 13)  # kube-proxy's nftables mode (pkg/proxy/nftables/proxier.go of Kubernetes 1.35)
_KMSG, _MEMINFO = Path("/dev/kmsg"), Path("/proc/meminfo")

_TRIALS = {
    "namespaces": ("namespaces cannot be made", "run on a machine or in a container with CAP_SYS_ADMIN"),
    "overlayfs": ("no overlayfs on this directory", "set FAIRLEAD_CACHE to a directory on ext4 or xfs"),
    "veth": ("no veth network links", "use a kernel with CONFIG_VETH, or modprobe veth"),
    "nftables": (
        "nftables does not work",
        "use a kernel with nf_tables, NAT and numgen, or modprobe nf_tables nft_nat",
    ),
}


def rights() -> list[Problem]:
    """What the user lacks. Needs no configuration, so it is asked before anything is downloaded or built."""
    if os.geteuid() == 0:
        return []
    what = "a local cluster needs root: it makes namespaces, mounts and a network link"
    return [Problem("user", what, f"uid {os.geteuid()}", "uid 0", f"sudo make up; {STILL_WORKS}")]


def preflight(cfg: HostConfig) -> list[Problem]:
    """All obstacles; empty when a cluster can be started. Changes nothing."""
    if found := rights():
        return found
    return [*_programs(cfg), *surroundings(cfg)] or list(_trials(cfg))


def surroundings(cfg: HostConfig) -> list[Problem]:
    """What the machine itself lacks, the tools of the set-up aside: they need not be there yet."""
    checks: tuple[Callable[[HostConfig], Iterator[Problem]], ...] = (
        _kernel, _directory, _room, _control_groups, _network, _namesake,
    )  # fmt: skip
    return [problem for check in checks for problem in check(cfg)]


def _kernel(_: HostConfig) -> Iterator[Problem]:
    release = os.uname().release
    match = re.match(r"(\d+)\.(\d+)", release)
    if not match or (int(match[1]), int(match[2])) < _KERNEL:
        yield Problem(
            "kernel", "is too old for kube-proxy's nftables mode", release, "5.13 or newer", STILL_WORKS
        )
    if not _KMSG.exists():
        yield Problem(str(_KMSG), "is missing: the kubelet reads it", fix="give the container this device")


def _programs(cfg: HostConfig) -> Iterator[Problem]:
    for name in toolbox.missing(cfg.tools):
        fix = (
            "apt-get install iproute2 mount util-linux"
            if name in toolbox.MACHINE_TOOLS
            else "run `make up` again"
        )
        yield Problem(f"tool {name}", "is not there", str(cfg.tools.get(name, "")), fix=fix)
    for path in (*cfg.images, cfg.stages):
        if not path.is_file():
            yield Problem(str(path), "is not there", fix="run `make up` again")


def _directory(cfg: HostConfig) -> Iterator[Problem]:
    allowed = "a directory outside /run and /proc, without ':', ',' and '\\' in its name"
    fix = "set FAIRLEAD_CACHE to another directory"
    if any(cfg.run_dir.resolve().is_relative_to(hidden) for hidden in ("/run", "/proc", "/sys", "/dev")):
        yield Problem(
            "run directory", "lies where the cluster has its own files", str(cfg.run_dir), allowed, fix
        )
    if set(str(cfg.run_dir)) & set(":,\\"):
        yield Problem(
            "run directory", "has a name that overlayfs cannot take", str(cfg.run_dir), allowed, fix
        )


def _room(cfg: HostConfig) -> Iterator[Problem]:
    there = _existing(cfg.run_dir)
    disk = shutil.disk_usage(there)
    free, wanted = disk.free / 2**30, _disk(cfg, disk.total) / 2**30
    if free < wanted:
        yield Problem(str(there), "too little disk", f"{free:.1f} GiB", f"{wanted:.1f} GiB free", "make room")
    lines = _MEMINFO.read_text().splitlines()
    memory = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable")) / 2**20
    if memory < _MEMORY_GIB:
        yield Problem(
            "memory", "too little available", f"{memory:.1f} GiB", f"{_MEMORY_GIB} GiB", "stop something"
        )


def _disk(cfg: HostConfig, total: int) -> float:
    """Bytes that must be free: for what a cluster writes, for images that it does not have yet, and what stays free.

    With less than that the kubelet takes images away, and no registry may be there to bring them back.
    """
    new = not cfg.paths.containerd.exists()
    images = sum(path.stat().st_size for path in cfg.images if new and path.is_file())
    return _DISK_GIB * 2**30 + _EACH_IMAGE * images + KEPT_PERCENT / 100 * total


def _control_groups(_: HostConfig) -> Iterator[Problem]:
    for name in cgroups.missing_controllers():
        fix = "give the container its own writable control groups, or start the kernel with it"
        yield Problem(f"control group {name}", "is not available: pods cannot be limited", fix=fix)
    if not os.access(kernel.CGROUPS, os.W_OK):
        yield Problem(
            str(kernel.CGROUPS), "is read-only", fix="run the container with writable control groups"
        )


def _network(cfg: HostConfig) -> Iterator[Problem]:
    if not toolbox.which("ip"):
        return  # said by _programs
    if taken := network.overlap(cfg):
        given = f"{cfg.subnet}; the machine has {taken}"
        yield Problem(
            "subnet", "is in use on this machine", given, "a free /30", "set another subnet for the cluster"
        )


def _namesake(cfg: HostConfig) -> Iterator[Problem]:
    for pid, where in identity.others(cfg.stack, cfg.run_dir):
        given = f"process {pid} with its files in {where}"
        fix = "take it down with the same FAIRLEAD_CACHE, or choose another stack name"
        yield Problem(f"stack {cfg.stack}", "a cluster of this name runs already", given, fix=fix)


def _trials(cfg: HostConfig) -> Iterator[Problem]:
    module = f"{__package__}.trial"
    with tempfile.TemporaryDirectory(prefix=".fairlead-trial-", dir=_existing(cfg.run_dir)) as directory:
        argv = [sys.executable, "-m", module, directory, str(cfg.tools["nft"])]
        done = subprocess.run(argv, check=False, capture_output=True, text=True, env=python_env())
    if done.returncode != 0:
        yield Problem(
            "kernel", "the trial of its features failed", done.stderr.strip()[-500:], fix=STILL_WORKS
        )
        return
    for name, error in json.loads(done.stdout).items():
        what, fix = _TRIALS[name]
        yield Problem(name, what, error, fix=f"{fix}; {STILL_WORKS}")


def _existing(path: Path) -> Path:
    return next(above for above in (path, *path.parents) if above.exists())


def python_env() -> dict[str, str]:
    """Environment in which a Python of ours finds this package, wherever it was started from."""
    package_root = Path(__file__).resolve().parents[4]
    return {**os.environ, "PYTHONPATH": str(package_root), "PYTHONDONTWRITEBYTECODE": "1"}
