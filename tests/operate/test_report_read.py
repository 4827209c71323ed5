"""What a report asks, and that answers arrive in it as they were given: at an address, and by the API server's door."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.metrics import DOOR, Series, answering, kubeconfig
from support.usage import JOB, PERIOD

from fairlead.errors import FairleadError
from fairlead.operate.prometheus import Prometheus
from fairlead.operate.report import queries
from fairlead.operate.report.model import labelled
from fairlead.operate.report.page import page
from fairlead.operate.report.read import read
from fairlead.workload.api import Api


def told(query: str) -> Sequence[Series]:
    """Of each query the length, so that each has its own, and a second series without a number."""
    if "namespace, name, stage" in query:
        return [(JOB, len(query))]
    if "by (pool)" in query and not query.startswith(("sum_over_time((sum(", "(sum_over_time((sum(")):
        return [({"pool": "h100"}, len(query)), ({"pool": "l4"}, float("nan"))]
    return [({}, len(query))]


@pytest.mark.parametrize("door", ["", DOOR], ids=["address", "door"])
def test_a_report_has_what_was_answered(tmp_path: Path, door: str) -> None:
    said: list[str] = []
    with answering(told, door) as server:
        api = Api(kubeconfig(tmp_path, server.url), patience=0)
        asked = Prometheus(api) if door else Prometheus(address=server.url)
        found = read(asked, "stack", PERIOD, 900, said.append)
    for name, query in queries.answers(PERIOD, 900).items():
        assert set(found.answers[name].values.values()) == {len(query)}, name
    for name, query in queries.courses(PERIOD, 900).items():
        lines = found.courses[name].lines
        told_of = [one for one in lines.values() if one != [None] * 6]
        assert told_of == [[len(query)] * 6], name
    assert found.figure("job idle", **JOB).value == len(found.answers["job idle"].query)
    assert found.courses["pool there"].lines[labelled(pool="l4")] == [None] * 6
    times = {given.get("time") for path, given in server.asked if path.endswith("/query")}
    assert times == {"2026-11-23T06:00:00+00:00"}
    ranges = {(given["start"], given["end"], given["step"]) for _, given in server.asked if "step" in given}
    assert ranges == {(str(PERIOD.start + 3600), str(PERIOD.end), "3600")}
    assert len(said) == len(server.asked) == len(found.answers) + len(found.courses)
    assert said[0].startswith(f"[1/{len(said)}] ")
    assert "<html" in page(found)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"status": "success", "data": {}}', "it is no answer of Prometheus"),
        ('{"status": "success", "data": {"result": [{"metric": {}, "values": [[1]]}]}}', "it is no answer"),
        (
            '{"status": "success", "data": {"result": [{"metric": {}, "values": [[1, "x"]]}]}}',
            "it is no answer",
        ),
        ("[]", "no object"),
    ],
)
def test_what_is_no_answer_over_time_is_told(body: str, said: str) -> None:
    with answering(told) as server:
        server.refuses = (200, body)
        with pytest.raises(FairleadError, match=said) as error:
            Prometheus(address=server.url).over("x", PERIOD.times)
    assert "fix:" in str(error.value)


def test_a_question_that_is_too_large_is_told_with_what_to_do() -> None:
    with answering(told) as server:
        server.refuses = (422, '{"status": "error", "error": "query processing would load too many samples"}')
        with pytest.raises(FairleadError, match="too many samples"):
            Prometheus(address=server.url).over("x", PERIOD.times)


def test_what_is_added_up_is_looked_at_as_often_as_the_period_says() -> None:
    asked = queries.answers(PERIOD, 900)
    assert asked["there"] == (
        "sum_over_time((sum(sum by (pool) (fairlead:pool_accelerators:count)))[6h:1m]) / 60"
    )
    assert asked["covered"].endswith("[6h:1m]) / 360")
    assert queries.courses(PERIOD, 900)["pool held"] == (
        "avg_over_time((sum by (pool) (fairlead:pool_accelerators_held:count))[1h:1m])"
    )


def test_idleness_is_counted_from_when_somebody_says() -> None:
    assert "> bool 900)" in queries.answers(PERIOD, 900)["idle"]
    assert "> bool 3600)" in queries.answers(PERIOD, 3600)["idle"]
