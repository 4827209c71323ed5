"""Run a program of a set-up step: its output goes to a log, its failure becomes a ToolError."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fairlead.errors import ToolError
from fairlead.tools.progress import StoppedError

LAST_LINES = 20


class Children:
    """The programs that are running now, so that all can be ended when one fails."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self.stopped = False

    def start(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None, log: int
    ) -> subprocess.Popen[bytes]:
        """Start a program; raises StoppedError after `stop`."""
        with self._lock:
            if self.stopped:
                raise StoppedError
            child = subprocess.Popen(
                [*_bound_to_us(), *argv],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
            self._running.add(child)
            return child

    def ended(self, child: subprocess.Popen[bytes]) -> None:
        """Forget a program that has ended."""
        with self._lock:
            self._running.discard(child)

    def stop(self) -> None:
        """End every running program and let no other start."""
        with self._lock:
            self.stopped = True
            for child in self._running:
                child.terminate()


@cache
def _bound_to_us() -> tuple[str, ...]:
    """Prefix by which the kernel kills a child when we are killed, so that no build runs on alone."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL") if setpriv else ()


@dataclass(frozen=True)
class Runner:
    """Runs programs for one tool and keeps their output in one log."""

    tool: str
    log: Path
    fix: str
    """What a user can do when a program of this tool fails."""
    children: Children = field(default_factory=Children)

    def run(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> str:
        """Run to the end and return standard output; raises ToolError with the log's last lines."""
        if shutil.which(argv[0]) is None:
            raise ToolError(self.tool, f"cannot start {argv[0]}: not found or not executable", self.fix)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a+b") as log:
            log.write(f"$ {' '.join(argv)}\n".encode())
            log.flush()
            child = self.children.start(argv, cwd, env, log.fileno())
            try:
                output, _ = child.communicate()
            finally:
                self.children.ended(child)
            log.write(output)
        if child.returncode != 0:
            if self.children.stopped:
                raise StoppedError
            why = f"{reason(argv, child.returncode)}\n{tail(self.log)}"
            raise ToolError(self.tool, why, self.fix, str(self.log))
        return output.decode(errors="replace")


def reason(argv: Sequence[str], code: int) -> str:
    """One clause on how a program ended."""
    shown = " ".join([os.path.basename(argv[0]), *argv[1:3]])
    if code < 0:
        return f"`{shown} …` was killed by signal {-code}" + (" (out of memory?)" if code == -9 else "")
    return f"`{shown} …` ended with status {code}"


def tail(log: Path, lines: int = LAST_LINES) -> str:
    """The last lines of a log, indented."""
    text = log.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(f"    | {line}" for line in text)
