"""A cache, a quiet context and a web server on loopback: no test here leaves the machine."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tools.web import Answer, Web

from fairlead.tools.cache import Cache
from fairlead.tools.fetch import Reach
from fairlead.tools.progress import Progress
from fairlead.tools.steps import Context


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def told() -> io.StringIO:
    """What a progress has printed."""
    return io.StringIO()


@pytest.fixture
def context(cache: Cache, told: io.StringIO) -> Context:
    return Context(cache, Progress(told, "plain"), Reach(environ={}))


@pytest.fixture
def web() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            page = served.pages.get(self.path.split("?")[0])
            if page is None:
                answer: Answer = (404, {}, b"")
            elif isinstance(page, bytes):
                answer = (200, {}, page)
            else:
                answer = page(dict(self.headers))
            status, headers, body = answer
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()
