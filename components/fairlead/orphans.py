"""Programs that outlived the run that started them: a killed engine leaves its plugins behind, waiting."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

PAUSE_SECONDS = 0.1


def running(folder: Path) -> list[int]:
    """Processes whose program lies in this folder: only we put programs there."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                program = Path(os.readlink(entry / "exe"))
            except OSError:
                continue
            if program.parent == folder:
                found.append(int(entry.name))
    return found


def end(folder: Path, patience: float) -> None:
    """Ends every process of the folder's programs.

    patience: seconds for an engine that is shutting down by itself; its plugins go with it.
    """
    _wait(folder, patience, engines_only=True)
    for pid in running(folder):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    _wait(folder, 10, engines_only=False)


def _wait(folder: Path, seconds: float, *, engines_only: bool) -> None:
    end_ = time.monotonic() + seconds
    while time.monotonic() < end_:
        left = running(folder)
        if engines_only:
            left = [pid for pid in left if _name(pid) == "pulumi"]
        if not left:
            return
        time.sleep(PAUSE_SECONDS)


def _name(pid: int) -> str:
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")).name
    except OSError:
        return ""
