"""People are told: of a fault at once, by whoever they named; of what accelerators do, by a table and a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from support.browser import browser, needed
from support.usage import Number, Page, value_in

from e2e.stage import Stage, until
from e2e.tools.exporter import dcgm, speaking, xid
from e2e.tools.listener import ADDRESS, listening
from fairlead.layers.monitoring.place import NAMESPACE, PORT, SERVICE
from fairlead.plan.monitoring_model import NOTIFY
from fairlead.workload.model import TrainingJob

pytestmark = pytest.mark.e2e

PATIENCE = 240
"""Seconds: asked, computed, grouped for half a minute and sent, on a busy machine."""
RESOLVED = 480
"""The group is told of again after five minutes."""
Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def told(tools: Stage) -> Iterator[Told]:
    """Calls that the receiver `on-call` has got; its address is brought after the platform stands, as the docs say."""
    with listening(tools) as calls:
        given = ("create", "secret", "generic", NOTIFY, "-n", NAMESPACE, f"--from-literal=on-call={ADDRESS}")
        tools.kubectl(*given)
        yield calls
        tools.kubectl("delete", "secret", NOTIFY, "-n", NAMESPACE)


@pytest.fixture(scope="module")
def job(tools: Stage) -> Iterator[TrainingJob]:
    sent = tools.submit(name="shown", accelerators="H100:4", run_for="7200s")
    until("it runs", lambda: tools.phase(sent) == "Running", 180)
    yield sent
    tools.client.cancel(sent.tenant, sent.name)


@pytest.fixture(scope="module")
def say(tools: Stage, job: TrainingJob) -> Iterator[Callable[[str], None]]:
    with speaking(tools) as tell:
        yield tell


def alerts(told: Told, name: str) -> list[dict[str, Any]]:
    return [one for call in told() for one in call["alerts"] if one["labels"]["alertname"] == name]


def test_a_gpu_that_falls_off_the_bus_is_told_to_whom_the_stack_names_and_so_is_its_end(
    tools: Stage, told: Told, job: TrainingJob, say: Callable[[str], None]
) -> None:
    [pod] = tools.running(job)
    say(dcgm(pod, [50] * 4) + xid(pod, 79))
    [first, *_] = until("the receiver is called", lambda: alerts(told, "XidGpuLost"), PATIENCE)
    assert first["status"] == "firing"
    assert first["labels"]["severity"] == "warning"
    assert first["labels"]["node"] == pod["spec"]["nodeName"]
    assert "fallen off the bus, XID 79" in first["annotations"]["summary"]
    assert first["annotations"]["runbook"] == "docs/runbooks/XidGpuLost.md"
    say(dcgm(pod, [50] * 4) + xid(pod, 0))
    calls = until(
        "it is told that this is over",
        lambda: [one for one in alerts(told, "XidGpuLost") if one["status"] == "resolved"],
        RESOLVED,
    )
    assert calls[-1]["labels"]["device"] == first["labels"]["device"]


def shown(tools: Stage, part: str, name: str) -> dict[str, Any]:
    [found] = [one for one in json.loads(tools.fairlead("top", "-o", "json"))[part] if one["name"] == name]
    return found


def test_the_table_of_now_says_what_the_cluster_does(
    tools: Stage, job: TrainingJob, say: Callable[[str], None]
) -> None:
    """Four of eight are held, three of them busy; the text has the same figures."""
    [pod] = tools.running(job)
    say(dcgm(pod, [80, 80, 40, 0]))

    def pool() -> list[float | None]:
        found = shown(tools, "pools", "h100")
        return [found[key] for key in ("nodes", "there", "held")]

    until("the pool's figures are there", lambda: pool() == [1, 8, 4], PATIENCE)
    until("so is what is used", lambda: shown(tools, "pools", "h100")["busy"], PATIENCE)
    [line] = [one.split() for one in tools.fairlead("top", "--once").splitlines() if one.startswith("h100")]
    assert line[:4] == ["h100", "1", "8", "4"]
    team = shown(tools, "tenants", job.tenant)
    assert (team["held"], team["by_stage"]["training"]) == (4, 4)


@pytest.fixture(scope="module")
def page(
    tools: Stage, job: TrainingJob, say: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The page about the last quarter of an hour, as soon as it has the job: one of its four does nothing."""
    path = tmp_path_factory.mktemp("told") / "report.html"
    [pod] = tools.running(job)
    say(dcgm(pod, [80, 80, 40, 0]))

    def written() -> str:
        tools.fairlead("report", "-o", str(path), "--from", "15m", "--step", "1m", "--idle", "1m")
        return path.read_text(encoding="utf-8")

    return until("the job is listed", lambda: (found := written()) and job.name in found and found, PATIENCE)


def test_the_page_about_the_last_minutes_has_for_each_number_what_the_server_says(
    tools: Stage, page: str
) -> None:
    read = Page(page)
    [(_, _), (_, until_when)] = [one for one in read.elements if one[0] == "time"]
    at = until_when["datetime"]
    with tools.forwarded(NAMESPACE, SERVICE, PORT) as port:
        address = f"http://127.0.0.1:{port}/api/v1/query?"
        for one in read.numbers:
            assert one.value == pytest.approx(asked(address, one, at)), one.query
    told = [one for one in read.numbers if one.value]
    assert len(told) > 20
    print(f"report: {len(page)} characters, {len(read.numbers)} numbers, {len(told)} of them not 0")


def asked(address: str, number: Number, at: str) -> float | None:
    """What the server itself answers to a number's own query."""
    with urlopen(address + urlencode({"query": number.query, "time": at}), timeout=30) as answer:
        return value_in(json.load(answer)["data"]["result"], number.labels)


@needed
def test_a_browser_shows_that_page_without_a_complaint(job: TrainingJob, page: str, tmp_path: Path) -> None:
    dom, console = browser(tmp_path, page, "--dump-dom")
    assert console == []
    assert job.name in " ".join(Page(dom).words)
    assert [tag for tag, _ in Page(dom).elements].count("script") == 0
