"""Calls of other programs by HTTP whose answers are JSON."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

Json = dict[str, Any]
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SECONDS = 20
"""That an answer may take."""
PAGE = 500
"""Objects of a list that come at a time."""
MERGE = "application/merge-patch+json"


class CallFailed(Exception):
    """No answer, or one that says no; code: the HTTP status, 0 without an answer."""

    def __init__(self, what: str, why: str, code: int = 0) -> None:
        self.code = code
        super().__init__(f"{what}: {why}")


class Caller:
    """Calls of one server."""

    def __init__(
        self, server: str, token: Callable[[], str] = str, context: ssl.SSLContext | None = None
    ) -> None:
        self.server = server.rstrip("/")
        self._token = token
        handlers = [ProxyHandler({}), *([HTTPSHandler(context=context)] if context else [])]
        self._opener: OpenerDirector = build_opener(*handlers)

    def get(self, path: str, **query: object) -> Json:
        """What is at a path."""
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def send(self, method: str, path: str, body: Json | None = None, kind: str = "application/json") -> Json:
        """Another call; its answer. Raises CallFailed."""
        headers = {"Accept": "application/json", **({"Content-Type": kind} if body is not None else {})}
        if token := self._token():
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.server}{path}", data, headers, method=method)  # noqa: S310 - our own servers
        what = f"{method} {self.server}{path.partition('?')[0]}"
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                found: Any = json.load(answer)
        except HTTPError as error:
            with error:
                said = error.read(2000).decode(errors="replace")
            raise CallFailed(what, f"{error.code} {_message(said)}", error.code) from error
        except (URLError, OSError, ValueError) as error:
            raise CallFailed(what, str(error) or type(error).__name__) from error
        if not isinstance(found, dict):
            raise CallFailed(what, "the answer is no object")
        return cast("Json", found)

    def all(self, path: str, **query: object) -> Iterator[Json]:
        """Every object of a list."""
        more = ""
        while True:
            page = self.get(path, limit=PAGE, **query, **({"continue": more} if more else {}))
            yield from page.get("items") or []
            more = page["metadata"].get("continue") or ""
            if not more:
                return


def _message(said: str) -> str:
    """What the API server, or Prometheus, has against a call."""
    try:
        body: Mapping[str, Any] = json.loads(said)
        return str(body.get("message") or body.get("error") or said)
    except (ValueError, AttributeError):
        return said


def api_server() -> Caller:
    """The cluster's own, as this pod's account. Its token is read anew for each call: the kubelet renews it."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    where = f"[{host}]" if ":" in host else host
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    return Caller(f"https://{where}:{port}", lambda: (ACCOUNT / "token").read_text().strip(), context)
