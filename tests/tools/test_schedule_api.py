"""The watch of the replayed day goes on where the server ended it, so that nothing is told twice or not at all."""

from __future__ import annotations

import http.client
import io
import json
from typing import Any, cast

import pytest

from schedule.api import RefusedError, Watch


class Line:
    """A connection whose answer is written down."""

    sock = None

    def __init__(self, asked: list[str], status: int, events: list[tuple[str, str]]) -> None:
        self._asked, self.status = asked, status
        lines = [
            json.dumps({"type": kind, "object": {"metadata": {"resourceVersion": version}}})
            for kind, version in events
        ]
        self._body = io.BytesIO("".join(f"{line}\n" for line in lines).encode())

    def request(self, method: str, path: str) -> None:
        assert method == "GET"
        self._asked.append(path.partition("resourceVersion=")[2].partition("&")[0])

    def getresponse(self) -> Line:
        return self

    def read1(self, size: int) -> bytes:
        return self._body.read1(min(size, 7))

    def read(self) -> bytes:
        return b"too old"


def test_an_ended_watch_goes_on_after_what_was_told_last() -> None:
    asked: list[str] = []
    lines = [
        Line(asked, 200, [("ADDED", "5"), ("BOOKMARK", "9")]),
        Line(asked, 200, [("MODIFIED", "12"), ("DELETED", "13")]),
    ]
    watch = Watch(lambda: cast("http.client.HTTPSConnection", lines.pop(0)), "/api/v1/pods", "3")
    told: list[tuple[str, Any]] = []
    for kind, obj in watch:
        told.append((kind, obj["metadata"]["resourceVersion"]))
        if len(told) == 4:
            watch.close()
    assert told == [("ADDED", "5"), ("BOOKMARK", "9"), ("MODIFIED", "12"), ("DELETED", "13")]
    assert asked == ["3", "9"]


def test_a_server_that_does_not_know_what_comes_next_is_not_asked_again() -> None:
    asked: list[str] = []
    line = Line(asked, 410, [])
    watch = Watch(lambda: cast("http.client.HTTPSConnection", line), "/api/v1/pods", "3")
    with pytest.raises(RefusedError, match="too old"):
        list(watch)
    assert asked == ["3"]
