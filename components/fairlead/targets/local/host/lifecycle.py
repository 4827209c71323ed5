"""Starting a local cluster, and removing it: both from any state that a kill may have left."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairlead.errors import FairleadError, InputError, ToolError
from fairlead.targets.local.host import (
    cgroups,
    identity,
    kubeconfig,
    network,
    nodefiles,
    pki,
    probes,
    toolbox,
)
from fairlead.targets.local.host.components import Http
from fairlead.targets.local.host.config import HostConfig, fixed_changes
from fairlead.targets.local.host.files import read_json, tail, write_json
from fairlead.targets.local.host.machine import preflight, python_env
from fairlead.targets.local.host.paths import HostPaths
from fairlead.targets.local.host.report import HostStatus, status

Say = Callable[[str], None]
"""Takes a line of progress for the user."""

_START_S = 180.0
_IMPORTED = 20_000_000.0
"""Bytes of images that a slow machine takes in a second: measured 34 MB on two busy cores."""
_REPAIR_S = 45.0
"""How long a running cluster that is not healthy may take to heal by itself before it is started anew."""
_BOOT_S = 30.0
_END_S = 30.0
_LOOK_S = 0.05
_PREVIOUS = ".previous"


def up(cfg: HostConfig, progress: Say) -> HostStatus:
    """Brings the cluster to run with this configuration and returns when all of it is ready.

    A healthy one with the same configuration is left alone; new images are imported into a running one;
    another change restarts its processes with its data. Raises InputError (what the machine lacks), ToolError
    (a component does not come up, with its log's end), FairleadError (a change that needs a fresh cluster).
    """
    with _locked(cfg.run_dir, progress):
        paths = cfg.paths
        who = identity.recorded(read_json(paths.supervisor), cfg.run_dir)
        if who and _adopt(cfg, who, progress):
            return status(cfg.run_dir)
        old = read_json(paths.config)
        if old and paths.complete.exists() and (changes := fixed_changes(old, cfg)):
            text = "; ".join(changes)
            raise FairleadError(
                f"local cluster {cfg.stack}: cannot take over {text}\n    fix:     `make down`, then up again"
            )
        _end_processes(cfg.run_dir)
        _clear_kernel(cfg)
        if not paths.complete.exists() and paths.host.exists():
            _remove_tree(paths.host)  # half of a start is worth nothing
        if problems := preflight(cfg):
            raise InputError("this machine", problems)
        _write_files(cfg)
        progress(f"starting the cluster {cfg.stack}{' with its data' if paths.complete.exists() else ''}")
        _boot(cfg)
        _await_ready(cfg, _starting(cfg))
        return status(cfg.run_dir)


def down(run_dir: Path, progress: Say) -> None:
    """Ends the cluster of a run directory and removes all that `up` made, whatever state it is in.

    Touches only processes that carry this run directory in their command line. Raises ToolError.
    """
    paths = HostPaths(run_dir)
    if not run_dir.exists():
        return
    with _locked(run_dir, progress):
        config = read_json(paths.config)
        _end_processes(run_dir)
        if config:
            _clear_kernel(HostConfig.from_json(config))
        _remove_tree(paths.host)
        paths.kubeconfig.unlink(missing_ok=True)
        paths.lock.unlink()
    if not any(run_dir.iterdir()):
        run_dir.rmdir()


def _adopt(cfg: HostConfig, who: identity.Identity, progress: Say) -> bool:
    """True when the running supervisor serves this configuration and is, or becomes, ready."""
    paths = cfg.paths
    started = read_json(paths.started) or {}
    report = read_json(paths.status) or {}
    if started.get("parts") != cfg.running_parts() or report.get("phase") == "failed":
        return False
    wanted = {"parts": cfg.image_parts()}
    in_now = report.get("images", wanted["parts"])
    if read_json(paths.images) != wanted or in_now != wanted["parts"]:
        progress("importing new images into the running cluster")
        write_json(paths.config, cfg.to_json())
        write_json(paths.images, wanted)
        os.kill(who.pid, signal.SIGHUP)
    try:
        _await_ready(cfg, _REPAIR_S if paths.complete.exists() else _starting(cfg))
    except ToolError as error:
        progress(f"starting the cluster anew, as it does not heal by itself: {str(error).splitlines()[0]}")
        return False
    return True


def _starting(cfg: HostConfig) -> float:
    """Seconds that a first start may take: most of it goes into images, of which there may be many."""
    return _START_S + sum(path.stat().st_size for path in cfg.images) / _IMPORTED


def _await_ready(cfg: HostConfig, seconds: float) -> None:
    """Returns when every part and the API server, as the machine reaches it, are ready. Raises ToolError."""
    deadline = time.monotonic() + seconds
    wanted = (read_json(cfg.paths.images) or {}).get("parts")
    while True:
        report = read_json(cfg.paths.status) or {}
        ready = report.get("phase") == "ready" and report.get("images") == wanted
        seen = (
            probes.ready(Http(f"{cfg.api_url}/readyz", credentials=True), cfg.paths.pki)
            if ready
            else "starting"
        )
        if ready and not seen:
            return
        alive = identity.recorded(read_json(cfg.paths.supervisor), cfg.run_dir)
        if report.get("phase") == "failed" or not alive or time.monotonic() > deadline:
            raise _not_ready(cfg, report, alive is not None, seen)
        time.sleep(_LOOK_S)


def _not_ready(cfg: HostConfig, report: dict[str, Any], alive: bool, seen: str) -> ToolError:
    parts = report.get("parts", [])
    order = {"failed": 0, "restarting": 1, "unhealthy": 2, "starting": 3}
    bad = sorted((p for p in parts if p["state"] in order), key=lambda p: order[p["state"]])
    again = "run it again; if it stays so: `make down`, then up"
    if not alive or not bad:
        log = cfg.paths.log("supervisor")
        why = (
            "the supervisor has ended"
            if not alive
            else f"the API server at {cfg.api_url} does not answer: {seen}"
        )
        return ToolError("local cluster", f"{why}\n{tail(log)}", again, str(log))
    first, waiting = bad[0], ", ".join(p["name"] for p in parts if p["state"] != "ready")
    why = f"{first['state']}: {first['detail']} (not ready: {waiting})\n{tail(Path(first['log']))}"
    return ToolError(first["name"], why, again, first["log"])


def _write_files(cfg: HostConfig) -> None:
    paths = cfg.paths
    for directory in (paths.host, paths.etc, paths.logs, paths.pod_logs, paths.kubelet, paths.containerd):
        directory.mkdir(parents=True, exist_ok=True, mode=0o711)
    paths.etcd.mkdir(mode=0o700, exist_ok=True)
    for stale in (paths.status, paths.supervisor):
        stale.unlink(missing_ok=True)
    for log in paths.logs.glob("*.log"):
        log.replace(log.with_name(log.name + _PREVIOUS))
    toolbox.link_all(cfg.tools, paths.bin)
    pki.write_all(cfg)
    kubeconfig.write_all(cfg)
    nodefiles.write_all(cfg)
    cgroups.make(cfg.cgroup)
    write_json(paths.config, cfg.to_json())
    write_json(paths.images, {"parts": cfg.image_parts()})
    write_json(paths.started, {"parts": cfg.running_parts()})


def _boot(cfg: HostConfig) -> None:
    """Starts the supervisor apart from the caller: own session, own output, none of its file descriptors."""
    argv = [sys.executable, "-m", identity.MODULE, "--stack", cfg.stack, "--run-dir", str(cfg.run_dir)]
    log = cfg.paths.log("supervisor")
    with log.open("ab") as output:
        outer = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, cwd="/", env=python_env(),
        )  # fmt: skip
    try:
        code = outer.wait(_BOOT_S)
    except subprocess.TimeoutExpired:
        outer.kill()
        code = outer.wait()
    if code != 0:
        raise ToolError(
            "local cluster", f"the supervisor did not start\n{tail(log)}", "run `fairlead doctor`", str(log)
        )


def _end_processes(run_dir: Path) -> None:
    """Kills every supervisor of this run directory, and with it, by the kernel, all of its namespace."""
    for who in identity.all_of(run_dir):
        if not identity.end(who, _END_S):
            raise ToolError(
                "local cluster", f"process {who.pid} does not end", f"look at /proc/{who.pid}/stack"
            )


def _clear_kernel(cfg: HostConfig) -> None:
    """What lies outside the namespaces: a control group; and the link, where the kernel is still at it."""
    if identity.others(cfg.stack, cfg.run_dir):
        return  # a namesake's, not ours
    network.remove(cfg.link)
    cgroups.remove(cfg.cgroup)


def _remove_tree(directory: Path) -> None:
    if not directory.exists():
        return
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    if below := [mount for mount in mounts if Path(mount).is_relative_to(directory.resolve())]:
        raise ToolError(
            "local cluster", f"{below[0]} is mounted, but not by the cluster", f"umount {below[0]}"
        )
    shutil.rmtree(directory)


@contextmanager
def _locked(run_dir: Path, progress: Say) -> Generator[None]:
    """Holds the lock of a run directory; a kill frees it."""
    lock = HostPaths(run_dir).lock
    told = False
    while True:
        run_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                progress("waiting for another run that starts or removes this cluster")
            told = True
            fcntl.flock(handle, fcntl.LOCK_EX)
        if lock.exists() and os.fstat(handle).st_ino == lock.stat().st_ino:
            break
        os.close(handle)  # removed by a `down` that held it: the lock of today is another file
    try:
        yield
    finally:
        os.close(handle)
