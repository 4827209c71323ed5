"""What a set-up tells its user: which step of how many, its usual time, and what it took."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TextIO

Mode = Literal["auto", "plain", "quiet"]
HEARTBEAT_SECONDS = 60.0


def spoken(seconds: float) -> str:
    """A duration as one reads it: `3 s`, `4 min`, `1 h 5 min`."""
    if seconds < 90:
        return f"{max(seconds, 0):.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class StoppedError(Exception):
    """A step was ended because another one failed or the user asked to stop."""


@dataclass
class _Running:
    label: str
    usual: float
    began: float
    told: float = field(default=0.0)


class Progress:
    """Prints steps, one line at the start and one at the end; steps may run side by side.

    mode: auto is coloured on a terminal and plain elsewhere; quiet prints nothing but notes of
    failed steps. A step that runs long says every minute that it still does, so that neither a
    user nor a CI system takes it for dead.
    """

    def __init__(
        self, stream: TextIO | None = None, mode: Mode = "auto", heartbeat: float = HEARTBEAT_SECONDS
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._quiet = mode == "quiet"
        self._colour = mode == "auto" and self._stream.isatty()
        self._heartbeat = heartbeat
        self._running: dict[int, _Running] = {}
        self._lock = threading.Lock()
        self._ticker: threading.Thread | None = None
        self._idle = threading.Event()

    def note(self, text: str) -> None:
        """Print a line that belongs to no step."""
        if not self._quiet:
            with self._lock:
                self._line(text)

    @contextmanager
    def step(self, n: int, of: int, title: str, usual_seconds: float) -> Generator[None]:
        """Print step n of `of` when it begins and ends; an error passes through, marked as failed."""
        label = f"[{n}/{of}] {title}"
        running = _Running(label, usual_seconds, time.monotonic())
        self._begin(n, running)
        try:
            yield
        except StoppedError:
            self._end(n, running, "stopped")
            raise
        except BaseException:
            self._end(n, running, "failed")
            raise
        self._end(n, running, "done")

    def _begin(self, n: int, running: _Running) -> None:
        with self._lock:
            self._running[n] = running
            if self._quiet:
                return
            self._line(f"{running.label} … usually {spoken(running.usual)}", "2")
            if self._ticker is None:
                self._idle.clear()
                self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
                self._ticker.start()

    def _end(self, n: int, running: _Running, word: str) -> None:
        took = spoken(time.monotonic() - running.began)
        with self._lock:
            self._running.pop(n, None)
            if not self._running:
                self._idle.set()
                self._ticker = None
            if word == "failed" or not self._quiet:
                self._line(f"{running.label} {word} after {took}", "31" if word == "failed" else "32")

    def _tick(self) -> None:
        idle = self._idle
        while not idle.wait(self._heartbeat):
            now = time.monotonic()
            with self._lock:
                for running in self._running.values():
                    if now - max(running.began, running.told) >= self._heartbeat * 0.9:
                        running.told = now
                        passed = spoken(now - running.began)
                        self._line(f"{running.label} … {passed} of usually {spoken(running.usual)}", "2")

    def _line(self, text: str, colour: str = "") -> None:
        shown = f"\033[{colour}m{text}\033[0m" if colour and self._colour else text
        self._stream.write(shown + "\n")
        self._stream.flush()
