"""Which processes of the machine are a cluster's supervisor. Nothing else is ever signalled."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

MODULE = "fairlead.targets.local.host.boot"
_PROC = Path("/proc")
_STARTTIME = 19
"""Position of `starttime` in /proc/PID/stat behind the closing bracket of the name (proc(5), field 22)."""


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    start_ticks: int

    def to_json(self) -> dict[str, int]:
        """As recorded in HostPaths.supervisor."""
        return asdict(self)


def of(pid: int) -> Identity:
    """The identity of a living process. Raises FileNotFoundError, ProcessLookupError."""
    fields = (_PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    return Identity(pid, int(fields[_STARTTIME]))


def recorded(data: dict[str, Any] | None, run_dir: Path) -> Identity | None:
    """The recorded supervisor if that very process lives and works for this run directory; else None."""
    if not data or not isinstance(data.get("pid"), int):
        return None
    pid = int(data["pid"])
    try:
        if of(pid).start_ticks == data.get("start_ticks") and _run_dir_of(_command(pid)) == str(run_dir):
            return Identity(pid, data["start_ticks"])
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has ended
    return None


def all_of(run_dir: Path) -> list[Identity]:
    """Every boot or supervisor process of a run directory, recorded or not."""
    return [who for who, where, _ in _all() if where == str(run_dir)]


def others(stack: str, run_dir: Path) -> list[tuple[int, str]]:
    """Supervisors of a cluster of this name in another run directory: process id and directory."""
    return [(who.pid, where) for who, where, name in _all() if name == stack and where != str(run_dir)]


def end(who: Identity, timeout_s: float) -> bool:
    """Kills a process; True when it has ended, and with it, if it is a supervisor, its namespace."""
    try:
        handle = os.pidfd_open(who.pid)
    except ProcessLookupError:
        return True
    try:
        if of(who.pid) != who:  # the number is another's by now; the handle makes the answer hold
            return True
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))
    except (FileNotFoundError, ProcessLookupError):
        return True
    finally:
        os.close(handle)


def members(who: Identity) -> dict[int, int]:
    """Processes of a supervisor's namespace: their number inside -> their number on the machine."""
    inside = _namespace(who.pid)
    found: dict[int, int] = {}
    for pid in _pids():
        if inside and _namespace(pid) == inside and (number := _innermost(pid)):
            found[number] = pid
    return found


def _innermost(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[-1]) for line in lines if line.startswith("NSpid:")), 0)


def _namespace(pid: int) -> str:
    try:
        return os.readlink(_PROC / str(pid) / "ns" / "pid")
    except OSError:  # ended, or not ours to look at
        return ""


def _pids() -> Iterator[int]:
    return (int(entry) for entry in os.listdir(_PROC) if entry.isdigit())


def _all() -> Iterator[tuple[Identity, str, str]]:
    for pid in _pids():
        try:
            command = _command(pid)
            if where := _run_dir_of(command):
                yield of(pid), where, _argument(command, "--stack")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended while we looked


def _command(pid: int) -> list[str]:
    return (_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")


def _run_dir_of(command: list[str]) -> str:
    marked = any(a == "-m" and b == MODULE for a, b in pairwise(command))
    return _argument(command, "--run-dir") if marked else ""


def _argument(command: list[str], name: str) -> str:
    return next((b for a, b in pairwise(command) if a == name), "")
