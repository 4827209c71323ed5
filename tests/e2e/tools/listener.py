"""A pod that is called by a webhook and keeps what it was told: whom Alertmanager tells in the tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from e2e.stage import IMAGE, Stage
from fairlead import labels
from fairlead.layers.objects import HARDENED, unprivileged

SPACE, NAME, PORT = "on-call", "listener", 8080
KEPT = "/tmp/told"
LISTENS = """\
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Keeps(BaseHTTPRequestHandler):
    def do_POST(self):
        said = self.rfile.read(int(self.headers["Content-Length"]))
        with open("%s", "ab") as kept:
            kept.write(said + b"\\n")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("", %d), Keeps).serve_forever()
"""
ADDRESS = f"http://{NAME}.{SPACE}.svc:{PORT}/"


def objects() -> list[dict[str, Any]]:
    """A namespace of its own, as of a team that is told and has nothing else to do with the platform."""
    meta = {"name": NAME, "namespace": SPACE}
    chosen = {"app": NAME}
    box = {
        "name": "listener",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", LISTENS % (KEPT, PORT)],
        "resources": {"requests": {"cpu": "5m", "memory": "24Mi"}},
        "securityContext": {**HARDENED, "readOnlyRootFilesystem": False},
        "readinessProbe": {"tcpSocket": {"port": PORT}},
    }
    pod = {
        "containers": [box],
        "nodeSelector": {labels.POOL: "system"},
        "securityContext": unprivileged(65_534),
        "terminationGracePeriodSeconds": 1,
    }
    template = {"metadata": {"labels": chosen}, "spec": pod}
    spec = {"selector": {"matchLabels": chosen}, "template": template}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": chosen, "ports": [{"port": PORT}]},
        },
    ]


@contextmanager
def listening(stage: Stage) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """While it stands: every call so far, as Alertmanager's webhook sends it."""
    stage.apply(*objects())
    stage.kubectl("rollout", "status", f"deployment/{NAME}", "-n", SPACE, "--timeout=110s")

    def told() -> list[dict[str, Any]]:
        said = stage.kubectl(
            "exec", f"deployment/{NAME}", "-n", SPACE, "--", "sh", "-c", f"cat {KEPT} 2>/dev/null; true"
        )
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    try:
        yield told
    finally:
        stage.kubectl("delete", "namespace", SPACE, "--wait=false")
