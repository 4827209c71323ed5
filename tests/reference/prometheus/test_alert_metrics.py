"""No alert asks for a series that nobody tells."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import tomli

from fairlead import series
from fairlead.catalog import lock
from fairlead.catalog.alerts import AlertRow
from fairlead.catalog.exporters import ExporterRow
from fairlead.catalog.readings import MEASURES
from fairlead.layers.monitoring import alert_records, kubelets, states
from reference.gomodule import go_module
from reference.prometheus.alert_cases import CATALOG, LAYERS, PLAN, records

ROWS = tuple(CATALOG.alerts.values())
TOLD = tomli.loads(Path(__file__).with_name("metrics.toml").read_text(encoding="utf-8"))
BY_OTHERS = frozenset(name for one in TOLD.values() for name in one["names"])
WORDS = frozenset({"and", "or", "unless", "offset", "bool"})
SELECTED = re.compile(r'__name__=~"([^"]+)"')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
NAME = re.compile(r"(?<![\w:.$])[A-Za-z_:][\w:]*(?![\w:]*\s*\()")


def asked_for(expression: str) -> tuple[set[str], set[str]]:
    """Names of series in an expression of PromQL, and patterns of names."""
    patterns = set(SELECTED.findall(expression))
    plain = re.sub(r'"[^"]*"', "", expression)
    plain = re.sub(r"\{[^}]*\}|\[[^]]*\]", "", plain)
    return set(NAME.findall(GROUPING.sub("", plain))) - WORDS, patterns


@cache
def recorded() -> frozenset[str]:
    """By us: what rules make, and what the contract names."""
    named = {
        value for value in vars(series).values() if isinstance(value, str) and value.startswith("fairlead:")
    }
    return frozenset({one.name for one in records()} | named)


@cache
def documented() -> frozenset[str]:
    """What kube-state-metrics says that it tells."""
    build = lock.images()["kube-state-metrics"].build
    assert build is not None
    assert build.go is not None
    module = build.go.module
    assert module is not None
    pages = Path(go_module(f"{module.path}@{module.version}", module.sum)).glob("docs/metrics/*/*.md")
    return frozenset(
        name for page in pages for name in re.findall(r"^\| (kube_\w+) ", page.read_text(), re.MULTILINE)
    )


def known(name: str) -> bool:
    if name.startswith("kube_"):
        return name in documented() and any(re.fullmatch(one, name) for one in states.KEPT)
    return name in recorded() | BY_OTHERS


def unknown(expression: str) -> set[str]:
    names, patterns = asked_for(expression)
    blind = {one for one in patterns if not any(re.fullmatch(one, name) for name in BY_OTHERS)}
    return {name for name in names if not known(name)} | blind


def test_names_are_read_out_of_an_expression() -> None:
    told = 'max by (a) (label_replace(x_total{b="c"} == 1, "d", "$1", "e", "x")) / on (f) group_left (g) h:i[5m] > 1e9'
    assert asked_for(told) == ({"x_total", "h:i"}, set())
    assert asked_for('rate({__name__=~"a|b", c="d"}[1h] offset 15m)') == (set(), {"a|b"})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_an_alert_asks_for_is_told_by_somebody(row: AlertRow) -> None:
    assert unknown(row.expr) == set()


def test_what_is_recorded_for_alerts_is_made_of_what_somebody_tells() -> None:
    made = alert_records.records(PLAN, LAYERS)
    assert len(made) > 10
    assert {name for one in made for name in unknown(one.expression)} == set()


def test_an_invented_name_is_found() -> None:
    assert unknown(
        "max(kube_node_status_happiness) > 1 or kube_pod_ips or neuron_temperature or fairlead:a:b"
    ) == {
        "kube_node_status_happiness",
        # It exists and is not kept.
        "kube_pod_ips",
        "neuron_temperature",
        "fairlead:a:b",
    }
    assert unknown('{__name__=~"gpu_violated_.+"}') == {"gpu_violated_.+"}


def test_no_name_is_listed_that_nobody_asks_for() -> None:
    asked = [row.expr for row in ROWS] + [one.expression for one in alert_records.records(PLAN, LAYERS)]
    named = set[str]()
    for expression in asked:
        names, patterns = asked_for(expression)
        named |= names | {name for name in BY_OTHERS for one in patterns if re.fullmatch(one, name)}
    assert BY_OTHERS - named == set()


def test_an_alert_that_others_exporters_are_silent_about_says_so() -> None:
    for row in ROWS:
        more = asked_for(row.expr)[0] & set(TOLD["dcgm-more"]["names"])
        assert not more or "default counters" in row.silent, row.name


@pytest.mark.parametrize(
    "row", [one for one in CATALOG.exporters.values() if one.tells], ids=lambda row: row.name
)
def test_a_targets_own_exporter_that_tells_less_tells_what_every_measure_needs(row: ExporterRow) -> None:
    for measure in MEASURES:
        ways = CATALOG.readings[row.vendor].measure(measure)
        assert any(asked_for(one)[0] <= set(row.tells) for one in ways), measure


def test_where_a_targets_own_exporter_tells_less_no_alert_of_that_vendors_hardware_can_fire() -> None:
    """As the page of metrics says: what they ask for is not among what it tells. That of drivers asks for a label."""
    [row] = [one for one in CATALOG.exporters.values() if one.tells]
    found = {
        alert.name: {name for name in asked_for(alert.expr)[0] if name.startswith("DCGM_")}
        for alert in ROWS
        if alert.vendors == (row.vendor,)
    }
    assert len([names for names in found.values() if names]) > 10
    assert [alert for alert, names in found.items() if names and names <= set(row.tells)] == [
        "NvidiaDriversDiffer"
    ]


def test_of_kubelets_is_kept_what_alerts_ask_for() -> None:
    kept = "|".join(kubelets.ASKED["kubelet"][1])
    assert all(re.fullmatch(kept, name) for name in TOLD["kubelet"]["names"])
