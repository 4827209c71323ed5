"""A forge on this machine: the few calls of GitHub's and GitLab's REST APIs that comments need, as they document them.

Pages have two entries, so that a list of five has three of them.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 2
LONGEST = 65_536
BOT = {"login": "github-actions[bot]", "id": 41898282}
TOKEN = "secret-of-the-test"


@dataclass
class State:
    """What the forge holds, and what it was asked."""

    url: str = ""
    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    may_write: bool = True
    elsewhere: str = ""
    """Where every call is sent to, if anywhere."""

    @property
    def writes(self) -> list[tuple[str, str]]:
        """What was asked that changes something."""
        return [one for one in self.asked if one[0] != "GET"]

    def add(self, body: str, author: str = BOT["login"]) -> dict[str, Any]:
        """A comment that stands already."""
        key = 100 + len(self.comments)
        one = {"id": key, "body": body, "user": {"login": author}, "html_url": f"{self.url}/c/{key}"}
        self.comments.append(one)
        return one


class Handler(BaseHTTPRequestHandler):
    """Answers as the forge of `state` would."""

    state: State

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        state, parts = self.state, urlsplit(self.path)
        state.asked.append((self.command, parts.path))
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
        if state.elsewhere:
            return self._send(301, {"message": "Moved Permanently"}, {"Location": state.elsewhere})
        if token.removeprefix("Bearer ") != TOKEN:
            return self._send(401, {"message": "Bad credentials"})
        if self.command != "GET" and not state.may_write:
            return self._send(403, {"message": "Resource not accessible by integration"})
        if len(body.get("body") or "") > LONGEST:
            errors = [{"message": "body is too long (maximum is 65536 characters)"}]
            return self._send(422, {"message": "Validation Failed", "errors": errors})
        for method, pattern, answer in ROUTES:
            found = re.fullmatch(pattern, parts.path)
            if found and method == self.command:
                result = answer(state, found, body, query)
                return (
                    self._list(result, parts.path, query)
                    if isinstance(result, list)
                    else self._send(200, result)
                )
        return self._send(404, {"message": "Not Found"})

    do_GET = do_POST = do_PATCH = do_PUT = _answer

    def _list(self, found: list[Any], path: str, query: dict[str, str]) -> None:
        page = int(query.get("page", "1"))
        shown = found[(page - 1) * PAGE : page * PAGE]
        links: dict[str, str] = {}
        if page * PAGE < len(found):
            base = f"{self.state.url}{path}?per_page={query['per_page']}"
            links = {"Link": f'<{base}&page={page + 1}>; rel="next", <{base}&page=9>; rel="last"'}
        self._send(200, shown, links)

    def _send(self, code: int, found: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(found).encode()
        self.send_response(code)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def _pulls(state: State, found: re.Match[str], body: dict[str, Any], query: dict[str, str]) -> list[Any]:
    return [
        one for one in state.pulls if one["head"]["label"] == query["head"] and one["state"] == query["state"]
    ]


def _pull(state: State, found: re.Match[str], body: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    return next(one for one in state.pulls if one["number"] == int(found[1]))


def _post_comment(
    state: State, found: re.Match[str], body: dict[str, Any], query: dict[str, str]
) -> dict[str, Any]:
    return state.add(body["body"])


def _patch_comment(
    state: State, found: re.Match[str], body: dict[str, Any], query: dict[str, str]
) -> dict[str, Any]:
    one = next(one for one in state.comments if one["id"] == int(found[1]))
    one["body"] = body["body"]
    return one


def _post_issue(
    state: State, found: re.Match[str], body: dict[str, Any], query: dict[str, str]
) -> dict[str, Any]:
    number = 1 + len(state.issues)
    page = f"{state.url}/i/{number}"
    one = {
        "id": 900 + number,
        "number": number,
        "iid": number,
        "state": "open",
        "user": BOT,
        "html_url": page,
    }
    state.issues.append({**one, "web_url": page, **body})
    return state.issues[-1]


def _change_issue(
    state: State, found: re.Match[str], body: dict[str, Any], query: dict[str, str]
) -> dict[str, Any]:
    one = state.issues[int(found[1]) - 1]
    one.update({"state": "closed"} if body.get("state_event") == "close" else body)
    return one


def _open_issues(
    state: State, found: re.Match[str], body: dict[str, Any], query: dict[str, str]
) -> list[Any]:
    return [one for one in state.issues if one["state"] == "open"]


def _notes(state: State, found: re.Match[str], body: dict[str, Any], query: dict[str, str]) -> list[Any]:
    return [
        {**one, "author": {"id": 7 if one["user"] == {"login": BOT["login"]} else 8}}
        for one in state.comments
    ]


REPO, PROJECT = "/repos/lab/infra", "/projects/lab%2Finfra"
ROUTES = (
    ("GET", f"{REPO}/pulls", _pulls),
    ("GET", f"{REPO}/pulls/(\\d+)", _pull),
    ("GET", f"{REPO}/issues/\\d+/comments", lambda state, *_: state.comments),
    ("POST", f"{REPO}/issues/\\d+/comments", _post_comment),
    ("PATCH", f"{REPO}/issues/comments/(\\d+)", _patch_comment),
    ("GET", f"{REPO}/issues", _open_issues),
    ("POST", f"{REPO}/issues", _post_issue),
    ("PATCH", f"{REPO}/issues/(\\d+)", _change_issue),
    ("GET", "/user", lambda *_: {"id": 7}),
    ("GET", f"{PROJECT}/merge_requests/(\\d+)", _pull),
    ("GET", f"{PROJECT}/merge_requests/\\d+/notes", _notes),
    ("POST", f"{PROJECT}/merge_requests/\\d+/notes", _post_comment),
    ("PUT", f"{PROJECT}/merge_requests/\\d+/notes/(\\d+)", _patch_comment),
    ("GET", f"{PROJECT}/issues", _open_issues),
    ("POST", f"{PROJECT}/issues", _post_issue),
    ("PUT", f"{PROJECT}/issues/(\\d+)", _change_issue),
)


@contextmanager
def forge() -> Iterator[State]:
    """A forge that stands until the block ends."""
    state = State()
    handler = type("OfThisState", (Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
