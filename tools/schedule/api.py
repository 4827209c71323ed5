"""The API server over plain HTTPS: a thousand objects a minute are too many for a process each."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

Object = Mapping[str, Any]
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
MANAGER = "fairlead"
DISCOVERED_WITHIN = 20.0


class RefusedError(Exception):
    """The API server's answer, where it is no success."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:400]}")
        self.status = status


class Api:
    """One cluster by its kubeconfig, which holds the certificates. Each thread has a connection of its own."""

    def __init__(self, kubeconfig: Path) -> None:
        found = json.loads(kubeconfig.read_text())
        cluster, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
        where = urlsplit(str(cluster["server"]))
        self._host, self._port = where.hostname or "", where.port or 443
        self._user = {name: base64.b64decode(user[f"client-{name}-data"]) for name in ("certificate", "key")}
        self._authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._own = threading.local()
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self._authority)
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(self._user["certificate"] + b"\n" + self._user["key"])
            pair.flush()
            context.load_cert_chain(pair.name)
        return context

    def _connection(self, timeout: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)

    def ask(self, method: str, path: str, body: Object | None = None, kind: str = "application/json") -> Any:
        """One request and its answer. Raises RefusedError, and OSError where nobody answers."""
        text = None if body is None else json.dumps(body)
        for last in (False, True):
            line = getattr(self._own, "line", None)
            if line is None:
                line = self._own.line = self._connection(60)
            try:
                line.request(method, path, text, {"Content-Type": kind, "Accept": "application/json"})
                answer = line.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                # The server closes lines that were idle: one fresh one is tried.
                line.close()
                self._own.line = None
                if last:
                    raise
                continue
            if answer.status >= http.client.BAD_REQUEST:
                raise RefusedError(answer.status, said.decode(errors="replace"))
            return json.loads(said)
        raise AssertionError("both tries return or raise")

    def path(self, obj: Object) -> str:
        """Where an object lives."""
        plural, inside = self._place(obj["apiVersion"], obj["kind"])
        metadata = obj["metadata"]
        space = metadata.get("namespace") if inside else None
        return f"{self.collection(plural, obj['apiVersion'], space)}/{metadata['name']}"

    @staticmethod
    def collection(plural: str, version: str, namespace: str | None = None) -> str:
        """Path of all objects of a kind, in one namespace or everywhere."""
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"

    def _place(self, version: str, kind: str) -> tuple[str, bool]:
        """Plural name of a kind, and whether it lives in namespaces. Raises KeyError if the server has none such."""
        end = time.monotonic() + DISCOVERED_WITHIN
        while kind not in self._kinds.get(version, {}):
            if time.monotonic() > end:
                raise KeyError(f"{version} {kind}")
            self._discover(version)
        return self._kinds[version][kind]

    def _discover(self, version: str) -> None:
        """A definition that has just been established is told of a moment later."""
        try:
            rows: list[dict[str, Any]] = self.ask(
                "GET", f"/apis/{version}" if "/" in version else f"/api/{version}"
            )["resources"]
        except RefusedError as error:
            if error.status != http.client.NOT_FOUND:
                raise
            rows = []
        self._kinds[version] = {
            row["kind"]: (row["name"], row["namespaced"]) for row in rows if "/" not in row["name"]
        }
        if not rows:
            time.sleep(0.2)

    def apply(self, obj: Object) -> Object:
        """Server-side apply."""
        return self.ask("PATCH", f"{self.path(obj)}?fieldManager={MANAGER}&force=true", obj, APPLY)

    def listed(self, path: str) -> tuple[list[dict[str, Any]], str]:
        """All objects of a collection, and the version from which to watch on."""
        found = self.ask("GET", path)
        return found["items"], found["metadata"]["resourceVersion"]

    def watch(self, path: str, version: str) -> Watch:
        """Changes of a collection after a version."""
        return Watch(lambda: self._connection(600), path, version)


class Watch:
    """Changes as the server tells them, until it is closed from another thread."""

    def __init__(self, connect: Callable[[], http.client.HTTPSConnection], path: str, version: str) -> None:
        self._connect, self._path, self._version = connect, path, version
        self._line: http.client.HTTPSConnection | None = None
        self._closed = False

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Kind of change and object. Raises RefusedError if the server does not know what comes next.

        A server under load ends the watch of whoever reads too slowly: it goes on after what was told last.
        """
        while not self._closed:
            try:
                yield from self._told()
            except (OSError, ValueError, http.client.HTTPException):
                if not self._closed:
                    raise

    def _told(self) -> Iterator[tuple[str, dict[str, Any]]]:
        asked = {
            "watch": "1",
            "resourceVersion": self._version,
            "timeoutSeconds": "7200",
            "allowWatchBookmarks": "true",
        }
        self._line = self._connect()
        self._line.request("GET", f"{self._path}{'&' if '?' in self._path else '?'}{urlencode(asked)}")
        answer = self._line.getresponse()
        if answer.status != http.client.OK:
            raise RefusedError(answer.status, answer.read().decode(errors="replace"))
        rest = b""
        while part := answer.read1(1 << 16):
            *whole, rest = (rest + part).split(b"\n")
            for one in whole:
                kind, obj = _event(one)
                self._version = obj["metadata"]["resourceVersion"]
                yield kind, obj

    def close(self) -> None:
        """Ends it: whoever iterates comes to the end."""
        self._closed = True
        if self._line and self._line.sock is not None:
            with suppress(OSError):
                self._line.sock.shutdown(socket.SHUT_RDWR)


def _event(line: bytes) -> tuple[str, dict[str, Any]]:
    event = cast("dict[str, Any]", json.loads(line))
    if event["type"] == "ERROR":
        raise RefusedError(410, json.dumps(event["object"]))
    return event["type"], event["object"]
