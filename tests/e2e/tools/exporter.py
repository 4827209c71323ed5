"""A synthetic exporter: a pod that speaks the words of accelerators' exporters, and says what a test tells it.

The accelerators are simulated and have none. Namespace, pod and node of what it says are the test's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from e2e.stage import IMAGE, Stage
from fairlead import labels
from fairlead.layers.monitoring.place import API, NAMESPACE, RECLAIMER_PORT, SERVERS
from fairlead.layers.objects import HARDENED, unprivileged

EXPORTER = "synthetic-exporter"
SPEAKER = """\
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

said = [""]

class Answers(BaseHTTPRequestHandler):
    def say(self, text):
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.say(said[0])

    def do_POST(self):
        said[0] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.say("")

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("", %d), Answers).serve_forever()
"""
TELL = """\
import sys, urllib.request
urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:%d/", sys.stdin.buffer.read()), timeout=10)
"""


def objects() -> list[dict[str, Any]]:
    """The exporter, whom it lets in, and how it is asked. Its port is one that the server may call in its namespace."""
    chosen = {"app": EXPORTER}
    meta = {"name": EXPORTER, "namespace": NAMESPACE}
    box = {
        "name": "exporter",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", SPEAKER % RECLAIMER_PORT],
        "ports": [{"name": "metrics", "containerPort": RECLAIMER_PORT}],
        "resources": {"requests": {"cpu": "5m", "memory": "24Mi"}},
        "securityContext": dict(HARDENED),
        "readinessProbe": {"httpGet": {"path": "/", "port": RECLAIMER_PORT}, "timeoutSeconds": 5},
    }
    pod = {
        "containers": [box],
        "nodeSelector": {labels.POOL: "system"},
        "securityContext": unprivileged(65_534),
        "terminationGracePeriodSeconds": 1,
    }
    way = {"portNumber": RECLAIMER_PORT, "honorLabels": True}
    door = {"from": [{"podSelector": {"matchLabels": dict(SERVERS)}}], "ports": [{"port": RECLAIMER_PORT}]}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {
                "selector": {"matchLabels": chosen},
                "template": {"metadata": {"labels": chosen}, "spec": pod},
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": meta,
            "spec": {"podSelector": {"matchLabels": chosen}, "policyTypes": ["Ingress"], "ingress": [door]},
        },
        {
            "apiVersion": API,
            "kind": "PodMonitor",
            "metadata": meta,
            "spec": {"selector": {"matchLabels": chosen}, "podMetricsEndpoints": [way]},
        },
    ]


@contextmanager
def speaking(stage: Stage) -> Iterator[Callable[[str], None]]:
    """While it stands: what it is told, it says from then on."""
    stage.apply(*objects())
    rolled = ("rollout", "status", f"deployment/{EXPORTER}", "-n", NAMESPACE, "--timeout=110s")
    stage.kubectl(*rolled)
    call = ("exec", "-i", f"deployment/{EXPORTER}", "-n", NAMESPACE, "--", "python3", "-c")
    try:
        yield lambda text: stage.kubectl(*call, TELL % RECLAIMER_PORT, given=text) and None
    finally:
        for kind in ("podmonitor", "networkpolicy", "deployment"):
            stage.kubectl("delete", kind, EXPORTER, "-n", NAMESPACE, "--ignore-not-found")


def dcgm(pod: dict[str, Any], use: Sequence[int]) -> str:
    """Lines as DCGM's exporter writes them, of a pod and its node. use: of each accelerator, percent."""
    meta = pod["metadata"]
    held = f'exported_namespace="{meta["namespace"]}",exported_pod="{meta["name"]}"'
    of = f'node="{pod["spec"]["nodeName"]}",{held}'
    return "".join(
        f'DCGM_FI_DEV_GPU_UTIL{{gpu="{place}",UUID="{meta["name"]}-{place}",modelName="NVIDIA H100",{of}}} {value}\n'
        for place, value in enumerate(use)
    )


def xid(pod: dict[str, Any], number: int) -> str:
    """The same of the last fault that the driver has told of the first accelerator that a pod holds."""
    meta = pod["metadata"]
    of = f'gpu="0",UUID="{meta["name"]}-0",modelName="NVIDIA H100",node="{pod["spec"]["nodeName"]}"'
    return f"DCGM_FI_DEV_XID_ERRORS{{{of}}} {number}\n"
