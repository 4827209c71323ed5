"""Questions to a component: is it ready? An answer of no is an answer; only a mistake of ours raises."""

from __future__ import annotations

import fcntl
import http.client
import json
import socket
import ssl
import struct
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from fairlead.targets.local.host.components import Http, Link, Probe, Socket
from fairlead.targets.local.host.config import API_PORT

_TIMEOUT_S = 2.0
_SIOCGIFADDR = 0x8915  # linux/sockios.h


class ApiError(Exception):
    """The API server refused a request, or did not answer it."""


def _client(pki: Path) -> ssl.SSLContext:
    # a cluster that was removed and started again has another authority at the same path
    return _client_of(pki, (pki / "ca.crt").stat().st_mtime_ns, (pki / "supervisor.crt").stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _client_of(pki: Path, _authority: int, _certificate: int) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(str(pki / "supervisor.crt"), str(pki / "supervisor.key"))
    return context


@cache
def _unchecked() -> ssl.SSLContext:
    # for health addresses on loopback whose certificate the component makes for itself at each start
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def ready(probe: Probe, pki: Path) -> str:
    """Empty when ready, else what was seen instead."""
    match probe:
        case Http(url, credentials):
            return _http(url, pki if credentials else None)
        case Socket(path):
            return _socket(path)
        case Link(name):
            return _link(name)


def _http(url: str, pki: Path | None) -> str:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    connection = (
        http.client.HTTPSConnection(
            host, port, timeout=_TIMEOUT_S, context=_client(pki) if pki else _unchecked()
        )
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
    )
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        body = answer.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    else:
        return "" if answer.status == http.client.OK else f"{answer.status} {body.strip()[-300:]}"
    finally:
        connection.close()


def _socket(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_TIMEOUT_S)
        try:
            client.connect(str(path))
        except OSError as error:
            return str(error)
    return ""


def _link(name: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            fcntl.ioctl(any_socket, _SIOCGIFADDR, struct.pack("256s", name.encode()))
        except OSError as error:
            return f"{name}: {error}"
    return ""


def api(
    pki: Path, method: str, path: str, body: dict[str, Any] | None = None, kind: str = "application/json"
) -> dict[str, Any]:
    """One request to the API server with the supervisor's certificate. Raises ApiError."""
    connection = http.client.HTTPSConnection("127.0.0.1", API_PORT, timeout=10, context=_client(pki))
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": kind})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise ApiError(f"{method} {path}: {error}") from error
    finally:
        connection.close()
    if answer.status >= http.client.BAD_REQUEST:
        raise ApiError(f"{method} {path}: {answer.status} {text[:500]}")
    return cast(dict[str, Any], json.loads(text))
