"""Ready is not yet routable: tries go on until somebody answers, and a refusal is an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import lightkube
import pytest

from fairlead.errors import FairleadError
from fairlead.layers import queue, readiness


def refused(times: int) -> Any:
    left = iter(range(times))

    def probe() -> None:
        if next(left, None) is not None:
            raise ConnectionError("connection refused")

    return probe


def test_it_tries_until_there_is_an_answer() -> None:
    assert readiness.until_answered(refused(3), "webhook of x", pause=0) == 4


def test_what_answers_at_once_is_asked_once() -> None:
    assert readiness.until_answered(refused(0), "webhook of x", pause=0) == 1


def test_when_the_time_is_up_it_says_who_did_not_answer_and_the_last_reason() -> None:
    with pytest.raises(FairleadError, match=r"webhook of x did not answer within 0 s: connection refused"):
        readiness.until_answered(refused(1000), "webhook of x", limit=0, pause=0)


def test_any_other_error_is_not_tried_again() -> None:
    calls: list[int] = []

    def probe() -> None:
        calls.append(1)
        raise ValueError("no such file")

    with pytest.raises(ValueError, match="no such file"):
        readiness.until_answered(probe, "webhook of x", pause=0)
    assert len(calls) == 1


KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: "http://kubernetes.test"}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
users: [{name: test, user: {}}]
"""


class Server:
    """An API server that answers with the given statuses, one after the other."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        self.answers: Iterator[tuple[int, str]] = iter(answers)
        self.requests: list[Any] = []

    def __call__(self, request: Any) -> Any:
        self.requests.append(request)
        code, message = next(self.answers)
        body: dict[str, Any] = {"kind": "Status", "code": code, "message": message, "status": "Failure"}
        if code == 200:
            body = {**queue.probe()}
        return httpx2.Response(code, json=body)


@pytest.fixture
def kubeconfig(tmp_path: Path) -> str:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    return str(path)


def served(monkeypatch: pytest.MonkeyPatch, *answers: tuple[int, str]) -> Server:
    server, client = Server(*answers), lightkube.Client
    transport = httpx2.MockTransport(server)
    monkeypatch.setattr(lightkube, "Client", lambda **kw: client(transport=transport, **kw))
    return server


def test_the_dry_run_changes_nothing_in_the_cluster(monkeypatch: pytest.MonkeyPatch, kubeconfig: str) -> None:
    server = served(monkeypatch, (200, ""))
    readiness.dry_run(kubeconfig, queue.probe())
    (request,) = server.requests
    assert request.method == "PATCH"
    assert request.url.path.endswith("/resourceflavors/fairlead-probe")
    assert request.url.params["dryRun"] == "All"


@pytest.mark.parametrize(
    "answer",
    [
        (500, 'Internal error occurred: failed calling webhook "mresourceflavor.kb.io": connection refused'),
        (404, "the server could not find the requested resource"),
    ],
)
def test_a_webhook_that_cannot_be_reached_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, kubeconfig: str, answer: tuple[int, str]
) -> None:
    served(monkeypatch, answer)
    with pytest.raises(ConnectionError, match=answer[1][:20]):
        readiness.dry_run(kubeconfig, queue.probe())


@pytest.mark.parametrize(
    "answer",
    [(403, 'admission webhook "vresourceflavor.kb.io" denied the request'), (422, "spec: Invalid value")],
)
def test_a_refusal_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, kubeconfig: str, answer: tuple[int, str]
) -> None:
    server = served(monkeypatch, answer)
    readiness.dry_run(kubeconfig, queue.probe())
    assert len(server.requests) == 1
