"""What the program says of itself: lines of JSON on its output, and figures in Prometheus' words."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from fairlead import series
from fairlead.reclaim.decide import stamp


def line(what: str, **more: object) -> None:
    """One line of the log."""
    print(json.dumps({"time": stamp(time.time()), "what": what, **more}), flush=True)


@dataclass
class Figures:
    """What is counted from the program's start on."""

    namespaces: Sequence[str]
    action: str
    reclaims: dict[str, int] = field(default_factory=dict[str, int])
    """Namespace -> how often."""
    looked: float = 0
    """When it last saw everything, in seconds since 1970."""
    turned: float = 0
    """When it last tried to, by a clock that nobody sets."""
    failures: int = 0
    accelerators: int = 0
    """That are told of, idle or not."""
    lock: Lock = field(default_factory=Lock)

    def text(self) -> str:
        """All of them."""
        with self.lock:
            took = [
                f'{series.RECLAIMS}{{namespace="{space}",action="{self.action}"}} {self.reclaims.get(space, 0)}'
                for space in sorted(self.namespaces)
            ]
            lines = [
                f"# TYPE {series.RECLAIMS} counter",
                *took,
                "# TYPE fairlead_reclaimer_failures_total counter",
                f"fairlead_reclaimer_failures_total {self.failures}",
                "# TYPE fairlead_reclaimer_accelerators gauge",
                f"fairlead_reclaimer_accelerators {self.accelerators}",
                "# TYPE fairlead_reclaimer_last_look_timestamp_seconds gauge",
                f"fairlead_reclaimer_last_look_timestamp_seconds {self.looked}",
            ]
        return "\n".join(lines) + "\n"


def serve(figures: Figures, port: int, healthy: Callable[[], bool]) -> ThreadingHTTPServer:
    """Answers at /metrics and /healthz from now on, in threads that end with the program."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._say(200, figures.text())
            elif self.path == "/healthz":
                self._say(*((200, "ok\n") if healthy() else (503, "it does not turn any more\n")))
            else:
                self._say(404, "metrics are at /metrics\n")

        def _say(self, code: int, text: str) -> None:
            data = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Calls are not logged: the log is the record of what was taken back."""

    class Door(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Who went away before the answer was out. By itself this prints a traceback among the log's lines."""
            line("call failed", why=repr(sys.exc_info()[1]))

    server = Door(("", port), Answers)
    Thread(target=server.serve_forever, name="figures", daemon=True).start()
    return server
