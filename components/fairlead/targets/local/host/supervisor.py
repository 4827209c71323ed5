"""The first process of a cluster's namespaces: starts the components, keeps them running, says how they are.

Standard library only: it must be up in a moment and small, and its end is the end of the cluster.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from fairlead.targets.local.host import components, probes, tasks
from fairlead.targets.local.host.board import HEARTBEAT_S, Board, Part, say
from fairlead.targets.local.host.components import Component
from fairlead.targets.local.host.config import HostConfig
from fairlead.targets.local.host.files import read_json
from fairlead.targets.local.host.processes import Process, Processes
from fairlead.targets.local.host.tasks import Task

_STARTING_S = 0.1
_RUNNING_S = 5.0
_BACKOFF_S = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STABLE_S = 60.0
_ENDS_BEFORE_FAILED = 4
_ALARMS_BEFORE_UNHEALTHY = 2
_LOG_LIMIT = 50 * 1024 * 1024
_STOP_S = 8.0


def environment(cfg: HostConfig) -> dict[str, str]:
    """Environment of the components: the programs' PATH, and the machine's proxies for pulling images."""
    proxies = {key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}
    path = f"{cfg.paths.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**proxies, "PATH": path, "HOME": "/root", "LANG": "C.UTF-8"}


class Supervisor:
    """One cluster's components and tasks, a thread each."""

    def __init__(self, cfg: HostConfig) -> None:
        self._cfg = cfg
        self._components, self._tasks = components.rows(cfg), tasks.rows()
        log = cfg.paths.log
        self._board = Board(cfg.paths.status, cfg.paths.complete, [
            *(Part(item.name, task=False, log=str(log(item.name))) for item in self._components),
            *(Part(item.name, task=True, log=str(log("supervisor"))) for item in self._tasks),
        ])  # fmt: skip
        self._processes = Processes(environment(cfg), cfg.paths.bin)
        self._stopping = threading.Event()
        self._new_images = threading.Event()

    def run(self) -> None:
        """Until SIGTERM comes."""
        waited = {signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP}
        signal.pthread_sigmask(signal.SIG_BLOCK, waited)
        self._board.write()
        for item in self._components:
            self._thread(item.name, lambda item=item: self._keep_running(item))
        for task in self._tasks:
            self._thread(task.name, lambda task=task: self._carry_out(task))
        beat = 0.0
        while True:
            came = signal.sigtimedwait(waited, HEARTBEAT_S / 2)
            self._processes.reap()
            if came and came.si_signo == signal.SIGTERM:
                return self._stop()
            if came and came.si_signo == signal.SIGHUP:
                self._new_images.set()
            if time.monotonic() - beat > HEARTBEAT_S:
                beat = time.monotonic()
                self._housekeeping()

    def _thread(self, name: str, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # a thread that ends silently would leave its part unwatched
                say(f"{name}: {type(error).__name__}: {error}")
                self._board.set(name, "failed", f"supervisor: {type(error).__name__}: {error}")
                raise

        threading.Thread(target=guarded, name=name, daemon=True).start()

    def _keep_running(self, item: Component) -> None:
        self._board.wait_for(item.after)
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            process = self._processes.start(item.argv, self._cfg.paths.log(item.name))
            self._board.set(item.name, "starting", pid=process.pid)
            self._watch(item, process)
            failures = 0 if time.monotonic() - began > _STABLE_S else failures
            detail = f"ended with {process.status}"
            say(f"{item.name}: {detail}")
            self._board.set(item.name, "restarting", detail, pid=0, restarted=True)
            if self._board.restarts_before_ready(item.name) >= _ENDS_BEFORE_FAILED:
                self._board.set(item.name, "failed", detail)
            self._stopping.wait(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
            failures += 1

    def _watch(self, item: Component, process: Process) -> None:
        interval, alarms, been_ready = _STARTING_S, 0, False
        while not process.exited.wait(interval):
            seen = probes.ready(item.probe, self._cfg.paths.pki)
            if not seen:
                alarms, been_ready, interval = 0, True, _RUNNING_S
                self._board.set(item.name, "ready")
            elif been_ready:
                alarms, interval = alarms + 1, 1.0
                if alarms >= _ALARMS_BEFORE_UNHEALTHY:
                    self._board.set(item.name, "unhealthy", seen)
            else:
                self._board.set(item.name, "starting", seen)

    def _carry_out(self, task: Task) -> None:
        self._board.wait_for(task.after)
        if task.name != "images":
            return self._repeat(task)
        while True:
            # what `up` said, not what the files are by then: it waits for just this answer
            wanted = read_json(self._cfg.paths.images) or {}
            self._cfg = HostConfig.from_json(read_json(self._cfg.paths.config) or {})
            self._repeat(task)
            self._board.note(images=wanted.get("parts"))
            self._new_images.wait()
            self._new_images.clear()

    def _repeat(self, task: Task) -> None:
        self._board.set(task.name, "starting")
        while not self._stopping.is_set():
            try:
                task.run(self._cfg, self._processes)
            except (tasks.NotYet, probes.ApiError) as error:
                self._board.set(task.name, "starting", str(error))
                self._stopping.wait(_STARTING_S)
            else:
                self._board.set(task.name, "ready")
                return

    def _housekeeping(self) -> None:
        self._board.write()
        for item in self._components:
            bound_log(self._cfg.paths.log(item.name), _LOG_LIMIT)

    def _stop(self) -> None:
        """Lets etcd close its files; containers end with the namespace."""
        self._stopping.set()
        self._processes.signal_all(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_S
        while self._processes.any_left() and time.monotonic() < deadline:
            signal.sigtimedwait({signal.SIGCHLD}, 0.2)
            self._processes.reap()


def bound_log(path: Path, limit: int) -> None:
    """Keeps an appended-to log below `limit` bytes: its end moves to `<name>.log.1`, the rest goes."""
    if not path.exists() or path.stat().st_size <= limit:
        return
    with path.open("rb+") as stream:
        stream.seek(-limit // 10, os.SEEK_END)
        path.with_suffix(".log.1").write_bytes(stream.read())
        stream.truncate(0)
