"""A stand-in of Prometheus' HTTP API on this machine, and of an API server that leads to one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.kubeconfigs import written

Series = tuple[Mapping[str, str], float]
Answering = Callable[[str], Sequence[Series]]
"""Query -> labels and value of each series, the same at all times."""
DOOR = "/api/v1/namespaces/fairlead-monitoring/services/metrics:9090/proxy"


@dataclass
class StandIn:
    """Where it answers, and what it was asked."""

    url: str
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    refuses: tuple[int, str] | None = None
    """Status and body of every answer, where it has nothing else to say."""


@contextmanager
def answering(answer: Answering, door: str = "") -> Iterator[StandIn]:
    """A server that answers behind a path until the end of the block."""
    made = StandIn("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = {name: values[0] for name, values in parse_qs(parts.query).items()}
            made.asked.append((parts.path, given))
            if made.refuses:
                self._say(*made.refuses)
            elif not parts.path.startswith(f"{door}/api/v1/query"):
                self._say(404, json.dumps({"message": "the server could not find the requested resource"}))
            else:
                self._say(
                    200, json.dumps({"status": "success", "data": _data(answer(given["query"]), given)})
                )

        def _say(self, code: int, body: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _data(found: Sequence[Series], given: Mapping[str, str]) -> Mapping[str, Any]:
    if "step" not in given:
        result = [{"metric": dict(labels), "value": [0, str(value)]} for labels, value in found]
        return {"resultType": "vector", "result": result}
    times = range(int(given["start"]), int(given["end"]) + 1, int(given["step"]))
    lines = [
        {"metric": dict(labels), "values": [[at, str(value)] for at in times]} for labels, value in found
    ]
    return {"resultType": "matrix", "result": lines}


def kubeconfig(folder: Path, url: str) -> Path:
    """Of an API server that answers there."""
    return written(folder, url, {"token": "t"})
