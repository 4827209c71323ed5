"""Children of the cluster's first process: starting them, and burying every process of the namespace.

The first process of a process namespace inherits all orphans (the containers' shims), so it must wait for any
child. `subprocess` waits for its own children and would lose that race; here one place starts and one reaps.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Process:
    """A started process. `exited` is set once `status` holds its exit code (negative: the signal)."""

    pid: int
    exited: threading.Event = field(default_factory=threading.Event)
    status: int = 0


class Processes:
    """All children of this process."""

    def __init__(self, env: Mapping[str, str], directory: Path) -> None:
        """Programs are taken from `directory` and run with `env` and nothing else."""
        self._env, self._directory = dict(env), directory
        self._lock = threading.Lock()
        self._known: dict[int, Process] = {}

    def start(self, argv: Sequence[str], log: Path, *, append: bool = True) -> Process:
        """Starts a program in its own process group, output to `log`. Raises OSError."""
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        with self._lock:  # so that its end cannot be met before it is known
            pid = os.posix_spawn(
                self._directory / argv[0], list(argv), self._env,
                file_actions=actions, setpgroup=0, setsigmask=[], setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
            )  # fmt: skip
            process = self._known[pid] = Process(pid)
        return process

    def run(self, argv: Sequence[str], log: Path, timeout_s: float) -> str:
        """Runs a program to its end and returns its output. Raises OSError with that if it fails."""
        process = self.start(argv, log, append=False)
        if not process.exited.wait(timeout_s):
            os.killpg(process.pid, signal.SIGKILL)
            process.exited.wait()
            raise OSError(f"{argv[0]}: no end after {timeout_s:.0f} s")
        output = log.read_text(errors="replace")
        if process.status != 0:
            raise OSError(f"{' '.join(argv)}: exit {process.status}: {output[-1000:].strip()}")
        return output

    def reap(self) -> None:
        """Buries every child that has ended; to be called when SIGCHLD comes."""
        with self._lock:
            while True:
                try:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                except ChildProcessError:
                    return
                if pid == 0:
                    return
                if process := self._known.pop(pid, None):
                    process.status = os.waitstatus_to_exitcode(status)
                    process.exited.set()

    def signal_all(self, number: int) -> None:
        """Sends a signal to every process that was started here and has not ended."""
        with self._lock:
            for pid in self._known:
                os.kill(pid, number)

    def any_left(self) -> bool:
        """True while a process that was started here lives."""
        with self._lock:
            return bool(self._known)
