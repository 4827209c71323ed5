"""What others bring: those who need it wait, nobody else, and a run that ends without it says why and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import lightkube
import pulumi
import pytest
from support.engine import recorded

from fairlead.errors import FairleadError
from fairlead.layers import arrivals
from fairlead.layers.tool import Arrival, Part
from fairlead.platform import Platform

WISH = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "metadata": {"name": "login", "namespace": "fairlead-gateway"},
}
ARRIVAL = Arrival(WISH, ("SecurityPolicy",), "keep login in the manager, then run this again")
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: test
clusters: [{name: test, cluster: {server: "http://kubernetes.test"}}]
contexts: [{name: test, context: {cluster: test, user: test}}]
users: [{name: test, user: {}}]
"""
NONE: Any = None


@pytest.fixture
def kubeconfig(tmp_path: Path) -> str:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    return str(path)


def answering(
    monkeypatch: pytest.MonkeyPatch, wish: tuple[int, Mapping[str, Any]], *events: Any
) -> list[Any]:
    """An API server that has this object, or refuses with this code, and these events; what it was asked."""
    asked: list[Any] = []

    def answer(request: Any) -> Any:
        asked.append(request)
        if "/events" in request.url.path:
            return httpx2.Response(200, json={"kind": "EventList", "metadata": {}, "items": list(events)})
        code, status = wish
        refused = {"kind": "Status", "code": code, "message": "no", "status": "Failure"}
        return httpx2.Response(code, json={**WISH, "status": status} if code == 200 else refused)

    client, transport = lightkube.Client, httpx2.MockTransport(answer)
    monkeypatch.setattr(lightkube, "Client", lambda **kw: client(transport=transport, **kw))
    return asked


def event(message: str, when: str) -> dict[str, Any]:
    meta = {"name": f"login.{when}", "namespace": "fairlead-gateway"}
    return {"apiVersion": "v1", "kind": "Event", "metadata": meta, "message": message, "lastTimestamp": when}


def ready(status: str, message: str = "") -> Mapping[str, Any]:
    return {"conditions": [{"type": "Ready", "status": status, "message": message}]}


def test_it_looks_until_it_is_there() -> None:
    told = iter(["not yet", "not yet", ""])
    assert arrivals.until_there(lambda: next(told), ARRIVAL, pause=0) == 3


def test_when_the_time_is_up_it_says_what_is_missing_why_and_what_to_do() -> None:
    with pytest.raises(FairleadError) as raised:
        arrivals.until_there(lambda: "Secret does not exist", ARRIVAL, limit=0, pause=0)
    said = str(raised.value)
    assert "ExternalSecret login in namespace fairlead-gateway was not ready within 0 s" in said
    assert "Secret does not exist" in said
    assert ARRIVAL.fix in said


def test_what_is_ready_is_there(monkeypatch: pytest.MonkeyPatch, kubeconfig: str) -> None:
    asked = answering(monkeypatch, (200, ready("True")))
    assert arrivals.said(kubeconfig, WISH) == ""
    assert (
        asked[0].url.path == "/apis/external-secrets.io/v1/namespaces/fairlead-gateway/externalsecrets/login"
    )
    assert len(asked) == 1, "what has come needs no reason"


def test_the_newest_warning_says_more_than_the_condition(
    monkeypatch: pytest.MonkeyPatch, kubeconfig: str
) -> None:
    events = [event("AccessDenied", "2026-11-29T10:00:00Z"), event("no such key", "2026-11-29T10:00:09Z")]
    asked = answering(monkeypatch, (200, ready("False", "could not get secret data")), *events)
    assert arrivals.said(kubeconfig, WISH) == "no such key"
    chosen = asked[1].url.params["fieldSelector"]
    assert "involvedObject.name=login" in chosen
    assert "type=Warning" in chosen
    assert asked[1].url.path == "/api/v1/namespaces/fairlead-gateway/events"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ((200, ready("False", "could not get secret data")), "could not get secret data"),
        ((200, {}), arrivals.NOTHING_SAID),
        ((404, {}), arrivals.NOTHING_SAID),
    ],
    ids=["a condition", "no status", "not made yet"],
)
def test_without_a_warning_there_is_always_a_word(
    monkeypatch: pytest.MonkeyPatch, kubeconfig: str, wish: tuple[int, Mapping[str, Any]], said: str
) -> None:
    answering(monkeypatch, wish)
    assert arrivals.said(kubeconfig, WISH) == said


def test_who_may_not_look_is_told_so(monkeypatch: pytest.MonkeyPatch, kubeconfig: str) -> None:
    answering(monkeypatch, (403, {}))
    with pytest.raises(lightkube.ApiError):
        arrivals.said(kubeconfig, WISH)


def test_only_kinds_that_need_it_wait_and_one_look_does_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(path: str, obj: Mapping[str, Any], context: str | None) -> str:
        looks.append(f"{path} {obj['metadata']['name']} {context}")
        return ""

    monkeypatch.setattr(arrivals, "said", look)

    def program() -> pulumi.ResourceHookBinding:
        return arrivals.there("gateway", pulumi.Output.from_input("/kubeconfig"), [ARRIVAL], "admin")

    binding, recorder = recorded(program)
    assert (len(binding.before_create or []), binding.before_update) == (1, None)
    [hook] = recorder.hooks.values()

    async def created(*kinds: str) -> None:
        for kind in kinds:
            await hook(SimpleNamespace(type=f"kubernetes:some.group/v1:{kind}"))

    asyncio.run(created("Gateway", "Deployment"))
    assert looks == []
    asyncio.run(created("SecurityPolicy", "SecurityPolicy"))
    assert looks == ["/kubeconfig login admin"]


def test_a_part_waits_for_webhooks_or_for_what_comes_and_never_for_both() -> None:
    platform = Platform(NONE, SimpleNamespace(kubeconfig=NONE, context=None), NONE)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="two parts"):
        platform._hooks(Part("x", [], probes=[WISH], arrivals=[ARRIVAL]))
