"""The REST API of a forge: GitHub or GitLab. Its token stands in the environment and goes to that one server only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from http.client import HTTPMessage, HTTPResponse
from typing import IO, Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from fairlead.errors import FairleadError

Json = Mapping[str, Any]
SECONDS = 30
"""That an answer may take."""
MOST_PAGES = 100
"""Of 100 each, before a list is given up."""
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')


class ApiRefused(FairleadError):
    """The forge answers no; code: the HTTP status, 0 without an answer."""

    def __init__(self, what: str, why: str, code: int, fix: str) -> None:
        self.code = code
        super().__init__(f"{what}: {why}\n    fix:     {fix}")


class Api:
    """Calls of one server. headers: what says who asks, and which form of answer is wanted."""

    def __init__(self, server: str, headers: Mapping[str, str]) -> None:
        self.server = server.rstrip("/")
        self._headers = headers
        self._opener = build_opener(_Stay())
        parts = urlsplit(self.server)
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
            raise FairleadError(
                f"{server}: a token is not sent without TLS\n    fix:     the API's address begins with https://"
            )

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """The answer, an object. Raises ApiRefused."""
        found, _ = self._send(method, self.server + path, body)
        if not isinstance(found, dict):
            raise ApiRefused(f"{method} {path}", "the answer is no object", 0, _ADDRESS)
        return cast("Json", found)

    def all(self, path: str) -> Iterator[Json]:
        """Every object of a list, page after page, as the server's `Link` leads. Raises ApiRefused."""
        url = f"{self.server}{path}{'&' if '?' in path else '?'}per_page=100"
        for _ in range(MOST_PAGES):
            found, more = self._send("GET", url, None)
            if not isinstance(found, list):
                raise ApiRefused(f"GET {path}", "the answer is no list", 0, _ADDRESS)
            yield from cast("list[Json]", found)
            if not more:
                return
            if not more.startswith(self.server + "/"):
                raise ApiRefused(f"GET {path}", f"its next page lies elsewhere: {more}", 0, _ADDRESS)
            url = more
        raise ApiRefused(f"GET {path}", f"more than {MOST_PAGES} pages", 0, "close what is old")

    def _send(self, method: str, url: str, body: Json | None) -> tuple[object, str]:
        """The answer and where the next page is."""
        data = None if body is None else json.dumps(body).encode()
        kind = {} if data is None else {"Content-Type": "application/json"}
        request = Request(url, data, {**self._headers, **kind}, method=method)  # noqa: S310 - https, or this machine
        what = f"{method} {url.partition('?')[0]}"
        try:
            with cast("HTTPResponse", self._opener.open(request, timeout=SECONDS)) as answer:
                text = answer.read()
                found: object = json.loads(text) if text else {}
                next_page = _NEXT.search(answer.headers.get("Link") or "")
        except HTTPError as error:
            with error:
                said = error.read(2000).decode(errors="replace")
            raise ApiRefused(what, f"{error.code} {_message(said)}", error.code, _fix(error.code)) from error
        except (URLError, OSError, ValueError) as error:
            raise ApiRefused(what, str(error) or type(error).__name__, 0, _ADDRESS) from error
        return found, next_page[1] if next_page else ""


class _Stay(HTTPRedirectHandler):
    """Follows nothing: urllib would take the token along."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


_ADDRESS = "the API's address must be that of the forge: GITHUB_API_URL, or CI_API_V4_URL"


def _message(said: str) -> str:
    """What the forge has against a call."""
    try:
        body = json.loads(said)
        told = body.get("message") or body.get("error") or said
        more = body.get("errors")
    except (ValueError, AttributeError):
        return said[:300]
    return str(told) + (f" {json.dumps(more)}" if more else "")


def _fix(code: int) -> str:
    if code == 401:
        return "the token is wrong or has expired"
    if code in (403, 404):
        return (
            "the token may not do that. GitHub: the job needs `pull-requests: write`, or `issues: write` for an issue;"
            " a run for a fork's pull request never has it, so that the comment is made in a run of its own"
            " (docs/ci.md). GitLab: a project access token with scope api"
        )
    if 300 <= code < 400:
        return "the repository has moved: name it as it is called now"
    return "what the forge says must be mended; to run it again does no harm"
