"""What a report says, held against a Prometheus that has a week of series, and against sums made without it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from support.usage import Page, value_in, values_of
from support.week import DAY, END, HOUR, LOOK, POOLS, START, TENANTS, Week, week

from fairlead import series
from fairlead.operate import top
from fairlead.operate.prometheus import Prometheus, Sample
from fairlead.operate.report import queries
from fairlead.operate.report.model import Period, Report
from fairlead.operate.report.page import page
from fairlead.operate.report.period import period
from fairlead.operate.report.read import read
from fairlead.operate.report.waits import WORST
from reference.prometheus.server import serving

IDLE = 900
BUSY = 0.01
BY_HAND = pytest.approx


@dataclass
class Served:
    """A week, who answers about it, and the report of it."""

    told: Week
    url: str
    report: Report
    page: Page

    def asked(self, path: str, **given: object) -> list[Mapping[str, Any]]:
        """The server's own answer, not read by this product."""
        with urlopen(f"{self.url}/api/v1/{path}?{urlencode(given)}", timeout=60) as answer:
            return json.load(answer)["data"]["result"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    told = week()
    with serving(told.openmetrics(), tmp_path_factory.mktemp("prometheus")) as url:
        over = period("7d", "now", "auto", END + 7)
        assert over == Period(START, END, HOUR, LOOK)
        found = read(Prometheus(address=url), "prod", over, IDLE)
        yield Served(told, url, found, Page(page(found)))


# ---- the page says what the server says ------------------------------------------------------------


def test_every_number_of_the_page_is_what_its_query_gives(served: Served) -> None:
    answers: dict[str, list[Mapping[str, Any]]] = {}
    for number in served.page.numbers:
        if number.query not in answers:
            answers[number.query] = served.asked("query", query=number.query, time=END)
        assert number.value == BY_HAND(value_in(answers[number.query], number.labels)), number.query
    assert len(served.page.numbers) > 140
    assert len(answers) > 45
    assert sum(number.value is not None for number in served.page.numbers) > 130


def test_every_line_of_a_plot_is_what_its_query_gives(served: Served) -> None:
    for given, labels in served.page.lines:
        step, start = int(given["data-step"]), int(given["data-start"])
        answer = served.asked("query_range", query=given["data-query"], start=start, end=END, step=step)
        told = {int(at): float(v) for one in answer if one["metric"] == labels for at, v in one["values"]}
        values = values_of(given)
        assert len(values) == 168
        assert values == BY_HAND([told.get(at) for at in range(start, END + 1, step)])
    assert len(served.page.lines) == 3 * 4 + 4 * 4 + 3 + 4


# ---- and what was so -------------------------------------------------------------------------------


def points(told: Week, name: str, **labels: str) -> Iterator[tuple[Mapping[str, str], int, float]]:
    wanted = set(labels.items())
    for (one, given), found in told.points.items():
        if one == name and wanted <= set(given):
            yield from ((dict(given), at, value) for at, value in found)


def hours(told: Week, name: str, least: float, **labels: str) -> float:
    """Hours in which a series was above a number."""
    return sum(value > least for _, _, value in points(told, name, **labels)) * LOOK / HOUR


def test_hours_are_those_that_were(served: Served) -> None:
    told, found = served.told, served.report
    for of in ({}, *({"pool": one} for one in POOLS), *({"tenant": one} for one in TENANTS)):
        kind = next(iter(of), "")
        held = series.TENANT_HELD if kind == "tenant" else series.POOL_HELD
        sums = {
            "held": told.sums(held, **of),
            "busy": hours(told, series.ACCELERATOR_UTILIZATION, BUSY, **of),
            "idle": hours(told, series.ACCELERATOR_IDLE, IDLE, **of),
        }
        if kind != "tenant":
            sums["there"] = told.sums(series.POOL_ACCELERATORS, **of)
        for name, value in sums.items():
            assert found.value(f"{kind} {name}".strip(), **of) == BY_HAND(value), (name, of)
        assert sums["held"] > sums["busy"] > sums["idle"] > 0
    assert found.value("other") == BY_HAND(found.value("held") - found.value("busy") - found.value("idle"))
    assert found.value("free") == BY_HAND(found.value("there") - found.value("held"))
    assert found.value("held part") == BY_HAND(found.value("held") / found.value("there"))
    assert (found.value("covered"), found.value("told")) == (1, BY_HAND(1))


def test_spend_is_what_it_cost(served: Served) -> None:
    told, found = served.told, served.report
    assert found.value("spend") == BY_HAND(told.sums(series.POOL_SPEND))
    assert found.value("spend") == BY_HAND(sum(found.value("pool spend", pool=one) for one in POOLS))
    for tenant in TENANTS:
        cost = told.sums(series.TENANT_SPEND, tenant=tenant)
        assert found.value("tenant spend", tenant=tenant) == BY_HAND(cost)
        assert found.value("tenant spend idle", tenant=tenant) == BY_HAND(_idle_cost(told, tenant))
    last = {of["pool"]: value for of, at, value in points(told, series.POOL_SPEND) if at == END}
    assert found.value("spend rate") == BY_HAND(sum(last.values()))


def _idle_cost(told: Week, tenant: str) -> float:
    costs, idle, held = dict[int, float](), dict[int, int](), dict[int, int]()
    for _, at, value in points(told, series.TENANT_SPEND, tenant=tenant):
        costs[at] = costs.get(at, 0) + value
    for _, at, value in points(told, series.ACCELERATOR_IDLE, tenant=tenant):
        held[at] = held.get(at, 0) + 1
        idle[at] = idle.get(at, 0) + (value > IDLE)
    return sum(cost * idle[at] / held[at] for at, cost in costs.items()) * LOOK / HOUR


def test_the_histogram_has_every_held_hour_once(served: Served) -> None:
    edges = [*queries.BINS, 10.0]
    counts = [0] * (len(edges))
    for _, _, value in points(served.told, series.ACCELERATOR_UTILIZATION):
        # What is just as busy as nothing does nothing; from there on an edge is the first of the higher part.
        place = 0 if value <= BUSY else next(n for n, edge in enumerate(edges) if n and value < edge)
        counts[place] += 1
    shown = [served.report.value(queries.bin_name(place)) for place in range(len(edges))]
    assert shown == BY_HAND([count * LOOK / HOUR for count in counts])
    assert sum(shown) == BY_HAND(served.report.value("held"))


def test_waits_are_those_that_were(served: Served) -> None:
    told, found = served.told, served.report
    for tenant in TENANTS:
        waits = [value for _, _, value in points(told, series.WORKLOAD_WAITING, tenant=tenant)]
        assert found.value("wait longest", tenant=tenant) == max(waits)
        count, total = (
            [
                value
                for _, _, value in points(
                    told, f"kueue_admission_wait_time_seconds_{what}", cluster_queue=tenant
                )
            ]
            for what in ("count", "sum")
        )
        # The first value is not seen to rise, and what lies at the edges is guessed by Prometheus.
        assert found.value("wait admitted", tenant=tenant) == BY_HAND(count[-1] - count[0], rel=0.01)
        mean = (total[-1] - total[0]) / (count[-1] - count[0])
        assert found.value("wait mean", tenant=tenant) == BY_HAND(mean, rel=0.001)
    assert found.value("longest") == max(found.value("wait longest", tenant=one) for one in TENANTS)
    assert found.value("waiting") == sum(
        at == END for _, at, _ in points(told, series.WORKLOAD_WAITING)
    )  # fmt: skip
    assert found.value("waiting") > 0


def test_the_worst_jobs_are_those_that_held_most_for_nothing(served: Served) -> None:
    idle = dict[str, float]()
    for of, _, value in points(served.told, series.ACCELERATOR_IDLE):
        if value > IDLE:
            name = of.get("training_job", of["workload"])
            idle[name] = idle.get(name, 0) + LOOK / HOUR
    worst = sorted(idle.values(), reverse=True)
    found = served.report.answers["job idle"]
    assert sorted(found.values.values(), reverse=True) == BY_HAND(worst)
    shown = [one for one in served.page.numbers if one.query == found.query]
    assert [one.value for one in shown] == BY_HAND(worst[:WORST])
    first = shown[0].labels
    assert (first["name"], first["tenant"], first["pool"]) == ("pretrain-v4", "vision", "h100")


def test_plots_add_up_to_the_sums(served: Served) -> None:
    """A point is the mean of its hour: there is no gap in this week."""
    for course, label in (
        ("pool held", "pool"),
        ("pool busy", "pool"),
        ("pool there", "pool"),
        ("tenant held", "tenant"),
    ):
        for name, values in served.report.lines(course, label):
            assert sum(one or 0 for one in values) == BY_HAND(served.report.value(course, **{label: name})), (
                course
            )


class At:
    """A Prometheus that is asked about one moment."""

    def __init__(self, url: str, at: datetime) -> None:
        self._server, self._at = Prometheus(address=url), at

    def query(self, expression: str, at: datetime | None = None) -> list[Sample]:
        return self._server.query(expression, at or self._at)


def test_the_table_of_a_moment_says_what_was_then(served: Served) -> None:
    moment = START + 5 * DAY + 12 * HOUR
    found = top.read(At(served.url, served.report.period.when(moment)), [], [], IDLE)

    def then(name: str, **of: str) -> list[float]:
        return [value for _, at, value in points(served.told, name, **of) if at == moment]

    for pool in found.pools:
        of = {"pool": pool.name}
        assert (pool.nodes, pool.there) == (
            len(then(series.NODE, **of)),
            sum(then(series.POOL_ACCELERATORS, **of)),
        )
        assert pool.held == sum(then(series.POOL_HELD, **of))
        assert pool.busy == sum(value > BUSY for value in then(series.ACCELERATOR_UTILIZATION, **of))
        assert pool.idle == sum(value > IDLE for value in then(series.ACCELERATOR_IDLE, **of))
        assert pool.usd_an_hour == BY_HAND(sum(then(series.POOL_SPEND, **of)))
    for tenant in found.tenants:
        of = {"tenant": tenant.name}
        assert (
            tenant.held
            == sum(then(series.TENANT_HELD, **of))
            == sum(one or 0 for one in tenant.by_stage.values())
        )
        assert tenant.waiting == len(then(series.WORKLOAD_WAITING, **of))
        assert tenant.longest_wait == max(then(series.WORKLOAD_WAITING, **of), default=0)
    assert [one.name for one in found.pools] == sorted(POOLS)
    assert [one.name for one in found.tenants] == list(TENANTS)
    assert sum(one.idle or 0 for one in found.pools) > 0
