"""Calls of the gateway from this machine, and what a tenant may serve behind it."""

from __future__ import annotations

import base64
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from e2e.stage import IMAGE, Stage
from fairlead import labels
from fairlead.layers.certificates.authority import ROOT
from fairlead.layers.gateway.place import HTTPS, SERVICE
from fairlead.plan.certificates_model import NAMESPACE as CERTIFICATES
from fairlead.plan.gateway_model import NAMESPACE

DOMAIN = "fairlead.internal"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Web:
    """The gateway, as somebody sees it who believes the platform's authority and nobody else."""

    port: int
    trust: ssl.SSLContext

    def open(self, host: str) -> ssl.SSLSocket:
        """A connection; the host is asked for and checked."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return self.trust.wrap_socket(plain, server_hostname=host)

    def call(
        self, host: str, path: str = "/", body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """GET, or POST of a body as JSON, over a connection of its own."""
        with self.open(host) as link:
            return exchange(link, host, path, body, headers)


def exchange(
    link: socket.socket, host: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One call over a connection that is there; headers: further ones."""
    data = b"" if body is None else json.dumps(body).encode()
    verb = "GET" if body is None else "POST"
    head = f"{verb} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {len(data)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    link.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + data)
    answer = HTTPResponse(link)
    answer.begin()
    return Answer(answer.status, dict(answer.getheaders()), answer.read())


@contextmanager
def web(stage: Stage) -> Iterator[Web]:
    """The gateway's door for TLS."""
    found = json.loads(stage.kubectl("get", "secret", ROOT, "-n", CERTIFICATES, "-o", "json"))["data"]
    trust = ssl.create_default_context(cadata=base64.b64decode(found["tls.crt"]).decode())
    with stage.forwarded(NAMESPACE, SERVICE, HTTPS) as port:
        yield Web(port, trust)


def pod(name: str, namespace: str, script: str, **spec: Any) -> dict[str, Any]:
    """A pod that runs a script in Python on the real node, under the restricted standard."""
    box = {
        "name": "main",
        "image": IMAGE,
        "command": ["python3", "-u", "-c", script],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    own = {
        "containers": [box],
        "nodeSelector": {labels.POOL: "system"},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **spec,
    }
    meta = {"name": name, "namespace": namespace, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": own}


def service(name: str, namespace: str, port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": port}]},
    }
