"""What a report and the table ask for is what the rules record: by Prometheus' own evaluation of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.boards import LAYERS, PLAN

from fairlead.layers.monitoring import rules
from fairlead.operate import usage
from fairlead.operate.report import queries
from fairlead.operate.report.model import Period
from reference.prometheus import board_sample
from reference.prometheus.cluster import LONG, TENANT
from reference.prometheus.promtool import expected, wrong

IDLE = 900
OVER = Period(0, 10_500, 300, 60)
QUEUE = f'cluster_queue="{TENANT}"'
CLUSTER = {
    **board_sample.cluster(),
    f"kueue_admission_wait_time_seconds_sum{{{QUEUE}}}": f"0+90{LONG}",
    f"kueue_admission_wait_time_seconds_count{{{QUEUE}}}": f"0+3{LONG}",
}
"""n1 is full and half of it idle, n2 is empty, n3 serves; two workloads wait in the queue, one is told by name."""


def groups() -> list[Mapping[str, Any]]:
    return [group for obj in rules.objects(PLAN, LAYERS) for group in obj["spec"]["groups"]]


def test_every_query_finds_something_of_a_cluster_of_which_the_rules_record_everything() -> None:
    asked = {**queries.answers(OVER, IDLE), **queries.courses(OVER, IDLE)}
    checks = [expected(f"count({query}) > bool 0", "175m", {"{}": 1.0}) for query in asked.values()]
    assert wrong(groups(), CLUSTER, *checks) == ""


def test_the_figures_of_that_cluster_are_those_that_can_be_counted() -> None:
    figures: Mapping[str, Mapping[str, float]] = {
        usage.NODES: {'{pool="h100"}': 3},
        usage.THERE: {'{pool="h100"}': 12},
        usage.HELD: {'{pool="h100"}': 3},
        usage.busy("pool"): {'{pool="h100"}': 2},
        usage.idle("pool", IDLE): {'{pool="h100"}': 1},
        usage.TENANT_HELD: {f'{{tenant="{TENANT}"}}': 3},
        usage.idle("tenant", IDLE): {f'{{tenant="{TENANT}"}}': 1},
        usage.PENDING: {f'{{tenant="{TENANT}"}}': 2},
        usage.STUCK: {f'{{tenant="{TENANT}"}}': 1},
        usage.WAITING: {f'{{tenant="{TENANT}"}}': 1},
        usage.LONGEST_WAIT: {f'{{tenant="{TENANT}"}}': 10_500},
    }
    checks = [expected(query, "175m", samples) for query, samples in figures.items()]
    assert wrong(groups(), CLUSTER, *checks) == ""


def test_of_a_cluster_of_which_nothing_is_told_no_figure_is_0() -> None:
    asked = {**queries.answers(OVER, IDLE), **queries.courses(OVER, IDLE)}
    checks = [expected(query, "175m", {}) for query in asked.values()]
    assert wrong(groups(), {"up": f"1{LONG}"}, *checks) == ""


def test_a_pool_that_nobody_holds_anything_of_is_0_without_any_exporter() -> None:
    empty = {
        name: values
        for name, values in CLUSTER.items()
        if "pod_" not in name.partition("{")[0] and not name.startswith("DCGM")
    }
    checks = [
        expected(usage.busy("pool"), "175m", {'{pool="h100"}': 0}),
        expected(usage.idle("pool", IDLE), "175m", {'{pool="h100"}': 0}),
        expected(usage.TENANT_HELD, "175m", {f'{{tenant="{TENANT}"}}': 0}),
    ]
    assert wrong(groups(), empty, *checks) == ""


def test_held_accelerators_that_no_exporter_tells_of_are_neither_busy_nor_idle() -> None:
    untold = {name: values for name, values in CLUSTER.items() if not name.startswith("DCGM")}
    checks = [expected(query, "175m", {}) for query in (usage.busy("pool"), usage.idle("tenant", IDLE))]
    assert wrong(groups(), untold, expected(usage.HELD, "175m", {'{pool="h100"}': 3}), *checks) == ""


def test_a_wrong_label_is_found() -> None:
    query = usage.HELD.replace("(pool)", "(pol)")
    assert wrong(groups(), CLUSTER, expected(query, "175m", {'{pool="h100"}': 3})) != ""
