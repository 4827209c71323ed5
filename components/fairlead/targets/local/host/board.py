"""What the supervisor knows of each part of the cluster, written to a file at each change."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from fairlead.targets.local.host.files import write_json

PartState = Literal["waiting", "starting", "ready", "unhealthy", "restarting", "failed"]
HEARTBEAT_S = 2.0
"""The file is written at least this often; a much older one means that the supervisor hangs."""


@dataclass
class Part:
    """A component, or a task of the start (then without a process and a log that grows)."""

    name: str
    task: bool
    log: str
    state: PartState = "waiting"
    pid: int = 0
    """Process id inside the cluster's namespace; 0 where no process runs."""
    restarts: int = 0
    detail: str = ""
    """Why it is not ready, in its own words."""
    once_ready: bool = False


class Board:
    """Shared by the supervisor's threads."""

    def __init__(self, path: Path, complete: Path, parts: Iterable[Part]) -> None:
        """`path`: the file written; `complete`: made when all is ready first, before the file says so."""
        self._path, self._complete = path, complete
        self._parts = {part.name: part for part in parts}
        self._changed = threading.Condition()
        self._extra: dict[str, Any] = {}
        self._began = time.monotonic()
        self._ready_after_s: float | None = None

    def set(
        self,
        name: str,
        state: PartState,
        detail: str = "",
        pid: int | None = None,
        *,
        restarted: bool = False,
    ) -> None:
        """Notes the state of a part and wakes who waits for it."""
        with self._changed:
            part = self._parts[name]
            before = asdict(part)
            part.state, part.detail = state, detail
            part.once_ready = part.once_ready or state == "ready"
            part.restarts += restarted
            if pid is not None:
                part.pid = pid
            if asdict(part) != before:
                if state == "ready" and before["state"] != "ready":
                    say(f"{name}: ready after {time.monotonic() - self._began:.2f} s")
                if self._ready_after_s is None and self._all_ready():
                    self._ready_after_s = round(time.monotonic() - self._began, 2)
                    write_json(self._complete, {"at": time.time()})
                self._write()
                self._changed.notify_all()

    def note(self, **values: Any) -> None:
        """Adds values to the file, for instance which images are in."""
        with self._changed:
            self._extra.update(values)
            self._write()

    def wait_for(self, names: Iterable[str]) -> None:
        """Returns when each of these parts has been ready once."""
        with self._changed:
            self._changed.wait_for(lambda: all(self._parts[name].once_ready for name in names))

    def restarts_before_ready(self, name: str) -> int:
        """How often a part ended that has never been ready yet."""
        with self._changed:
            part = self._parts[name]
            return 0 if part.once_ready else part.restarts

    def write(self) -> None:
        """Writes the file, as a sign of life."""
        with self._changed:
            self._write()

    def _all_ready(self) -> bool:
        return all(part.state == "ready" for part in self._parts.values())

    def _write(self) -> None:
        states = {part.state for part in self._parts.values()}
        phase = "ready" if states == {"ready"} else "failed" if "failed" in states else "starting"
        if phase == "starting" and self._ready_after_s is not None:
            phase = "degraded"
        parts = [asdict(part) for part in self._parts.values()]
        write_json(self._path, {
            "phase": phase, "written": time.time(), "ready_after_s": self._ready_after_s,
            "parts": parts, **self._extra,
        })  # fmt: skip


def say(text: str) -> None:
    """A line to the supervisor's own log."""
    print(time.strftime("%Y-%m-%dT%H:%M:%S"), text, file=sys.stderr, flush=True)
