"""What Prometheus is asked from outside, and what is said where it does not answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from reclaim.stand_ins import serving

from fairlead.errors import FairleadError, InputError
from fairlead.operate.prometheus import DOOR, Prometheus, Sample
from fairlead.workload.api import Api

sys.path.insert(0, str(Path(__file__).parents[1] / "workload"))

from fake_cluster import SERVER, kubeconfig

Answer = httpx2.Response | Mapping[str, Any]


def vector(*found: tuple[Mapping[str, str], str]) -> dict[str, Any]:
    result = [{"metric": dict(names), "value": [1.5, value]} for names, value in found]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def door(tmp_path: Path, answer: Answer, seen: list[httpx2.Request] | None = None) -> Prometheus:
    """Prometheus behind an API server that gives this answer."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        if seen is not None:
            seen.append(request)
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    return Prometheus(Api(kubeconfig(tmp_path), transport=httpx2.MockTransport(handle), patience=0))


def test_an_answer_is_samples_with_labels(tmp_path: Path) -> None:
    seen: list[httpx2.Request] = []
    asked = door(tmp_path, vector(({"tenant": "team-a"}, "8"), ({}, "0.5")), seen)
    assert asked.query('x{a="b"}') == [Sample({"tenant": "team-a"}, 8), Sample({}, 0.5)]
    assert asked.query("x")[0].label("tenant") == "team-a"
    assert asked.query("x")[0].label("pod") == ""
    url = seen[0].url
    assert url.path == f"{DOOR}/api/v1/query"
    assert DOOR == "/api/v1/namespaces/fairlead-monitoring/services/metrics:9090/proxy"
    assert dict(url.params) == {"query": 'x{a="b"}'}


def test_a_time_is_asked_for_with_its_zone(tmp_path: Path) -> None:
    seen: list[httpx2.Request] = []
    door(tmp_path, vector(), seen).query("x", at=datetime(2026, 12, 1, tzinfo=UTC))
    assert seen[0].url.params["time"] == "2026-12-01T00:00:00+00:00"


def test_one_number_is_a_number_and_none_is_none(tmp_path: Path) -> None:
    assert door(tmp_path, vector(({}, "3"))).number("x") == 3
    assert door(tmp_path, vector()).number("x") is None
    scalar = {"status": "success", "data": {"resultType": "scalar", "result": [1.5, "42"]}}
    assert door(tmp_path, scalar).number("42") == 42
    with pytest.raises(ValueError, match="2 values"):
        door(tmp_path, vector(({}, "1"), ({"a": "b"}, "2"))).number("x")


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
def test_what_is_no_number_is_left_out(tmp_path: Path, value: str) -> None:
    assert door(tmp_path, vector(({}, value), ({"a": "b"}, "1"))).query("x") == [Sample({"a": "b"}, 1)]


@pytest.mark.parametrize(
    ("code", "said", "fix"),
    [
        (404, 'services "metrics" not found', "platform.layers.monitoring.enabled: true"),
        (403, "cannot get resource", "`get services/proxy` in fairlead-monitoring"),
        (400, "parse error", "no PromQL"),
        (503, "no endpoints", "port-forward service/metrics 9090`, then --prometheus http://127.0.0.1:9090"),
        (502, "dial tcp: i/o timeout", "a network policy may keep the API server out"),
    ],
)
def test_no_answer_says_where_what_and_what_to_do(tmp_path: Path, code: int, said: str, fix: str) -> None:
    asked = door(tmp_path, httpx2.Response(code, json={"kind": "Status", "message": said}))
    with pytest.raises(FairleadError) as told:
        asked.query("x")
    text = str(told.value)
    assert text.startswith(f"Prometheus of the cluster at {SERVER}: ")
    assert str(code) in text
    assert said in text
    assert fix in text.partition("fix:")[2]


@pytest.mark.parametrize(
    "answer", [{}, {"status": "success", "data": {}}, [], {"data": {"resultType": "vector"}}]
)
def test_an_answer_of_somebody_else_is_told(tmp_path: Path, answer: Any) -> None:
    with pytest.raises(FairleadError, match="no answer of Prometheus"):
        door(tmp_path, httpx2.Response(200, json=answer)).query("x")


def test_an_address_is_asked_in_its_place() -> None:
    def answer(method: str, path: str, query: dict[str, Any], _: Any) -> tuple[int, Any]:
        assert (method, path, query["query"]) == ("GET", "/api/v1/query", "x")
        return 200, vector(({"a": "b"}, "1"))

    with serving(answer) as address:
        assert Prometheus(address=address).query("x") == [Sample({"a": "b"}, 1)]
    with pytest.raises(FairleadError, match="port-forward"):
        Prometheus(address=address).query("x")


@pytest.mark.parametrize("address", ["127.0.0.1:9090", "ftp://x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"http://127\.0\.0\.1:9090"):
        Prometheus(address=address)


def test_one_of_both_is_asked() -> None:
    with pytest.raises(ValueError, match="either"):
        Prometheus()


def test_the_answer_is_what_the_server_sends(tmp_path: Path) -> None:
    """The door is a path of the API server: what it cannot read is no answer either."""
    response = httpx2.Response(200, text=json.dumps("text"))
    with pytest.raises(FairleadError, match="no answer of Prometheus"):
        door(tmp_path, response).query("x")
