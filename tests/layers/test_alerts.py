"""Alerts: which come with which plan, what they are as objects, and that they know what the product knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import jsonschema
import pytest
from support.charts import rendered
from support.specs import gpu_pool, minimal, with_gpus
from support.strict import schemas
from support.targets import registered

from fairlead.catalog import faults
from fairlead.catalog.alerts import SEVERITIES, AlertRow
from fairlead.catalog.read import load
from fairlead.layers.measured import ACCELERATORS
from fairlead.layers.monitoring import alerts
from fairlead.layers.monitoring.place import API, NAMESPACE
from fairlead.plan import monitoring_model
from fairlead.plan.layer_rows import ROWS
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.monitoring_model import CHART, LAYER

ALERTS = load().alerts
ON = {LAYER: {"enabled": True}}
SPACES = re.compile(r'namespace=~"([^"]+)"')


def plan(spec: Mapping[str, Any]) -> PlatformPlan:
    return load_plan(spec, "test", load())


def names(planned: PlatformPlan) -> set[str]:
    layers = {layer.name for layer in planned.layers if layer.enabled}
    return {row.name for row in alerts.applying(planned.monitoring, layers, ALERTS.values())}


def codes(row: AlertRow) -> list[set[str]]:
    return [set(found.split("|")) for found in re.findall(r'xid(?:=~?|!~)"([\d|]+)"', row.expr)]


def matching(part: str) -> Collection[AlertRow]:
    found = [row for row in ALERTS.values() if part in row.expr]
    assert found
    return found


# ---- which come with which plan -----------------------------------------------------------------


def test_there_are_at_least_thirty_and_few_of_them_wake_anybody() -> None:
    assert len(ALERTS) >= 30
    critical = {name for name, row in ALERTS.items() if row.severity == "critical"}
    assert critical == {
        "CertificateExpires",
        "DatabaseDown",
        "EndpointBurns",
        "EndpointBurnsFast",
        "MetricsBlind",
        "PlatformProgramDown",
        "PoolUnhealthy",
    }


def test_a_platform_without_accelerators_is_not_warned_of_them() -> None:
    found = names(plan(minimal(layers=ON)))
    assert {"NodeNotReady", "PlatformProgramDown", "GangWaiting", "CheckpointTooOld"} <= found
    assert not {name for name in found if ALERTS[name].vendors}
    assert not {"EndpointBurnsFast", "CertificateExpires", "DatabaseDown"} & found


def test_alerts_of_a_vendor_come_with_its_accelerators_alone() -> None:
    found = names(plan(with_gpus(gpu_pool(), layers=ON)))
    assert {"XidGpuLost", "AcceleratorHot", "JobStalled"} <= found
    assert not {name for name in found if ALERTS[name].vendors and "NVIDIA" not in ALERTS[name].vendors}


@pytest.mark.parametrize(
    ("layer", "alert"),
    [
        ("gateway", "EndpointBurnsFast"),
        ("certificates", "CertificateExpires"),
        ("secrets", "SecretNotFetched"),
        ("scaling", "ScalingBlind"),
        ("store", "StoreFilling"),
        ("databases", "DatabaseDown"),
    ],
)
def test_an_alert_of_a_layer_comes_with_the_layer(layer: str, alert: str) -> None:
    needed = {layer, *ROWS[layer].needs}
    told = plan(minimal(layers={**ON, **{name: {"enabled": True} for name in needed}}))
    assert alert in names(told)
    assert alert not in names(plan(minimal(layers=ON)))


def test_without_jobs_nobody_is_warned_of_jobs() -> None:
    off = {**ON, "jobs": {"enabled": False}, "queue": {"enabled": False}}
    assert not {"GangWaiting", "JobStalled", "CheckpointTooOld"} & names(plan(minimal(layers=off)))


# ---- the objects --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> list[dict[str, Any]]:
    engine = registered(plan(with_gpus(layers={**ON, "certificates": {"enabled": True}})), "local")
    return [one.object for one in engine.of_kind("PrometheusRule")]


def test_every_object_is_one_that_the_operator_takes(made: list[dict[str, Any]]) -> None:
    kinds = {key: one for crd in rendered(CHART) for key, one in schemas(crd).items()}
    assert len(made) > 8
    for obj in made:
        jsonschema.validate(obj, kinds[API, "PrometheusRule"])
    misspelt = {**made[0], "spec": {"groups": [{"name": "a", "rules": [{"expresion": "up"}]}]}}
    with pytest.raises(jsonschema.ValidationError, match="expresion"):
        jsonschema.validate(misspelt, kinds[API, "PrometheusRule"])


def test_each_topic_is_an_object_in_the_servers_namespace(made: list[dict[str, Any]]) -> None:
    found = {obj["metadata"]["name"]: obj for obj in made}
    assert {f"{alerts.NAME}-nodes", f"{alerts.NAME}-nvidia", f"{alerts.NAME}-queues", alerts.RECORDS} <= set(
        found
    )
    assert f"{alerts.NAME}-amd" not in found
    assert {obj["metadata"]["namespace"] for obj in made} == {NAMESPACE}


def test_an_alert_says_how_urgent_it_is_and_where_its_runbook_lies(made: list[dict[str, Any]]) -> None:
    [rule] = [
        rule
        for obj in made
        for group in obj["spec"]["groups"]
        for rule in group["rules"]
        if rule.get("alert") == "NodeNotReady"
    ]
    assert rule["labels"] == {"severity": "warning"}
    assert rule["for"] == "5m"
    assert rule["annotations"]["runbook"] == "docs/runbooks/NodeNotReady.md"
    assert "{{ $labels.node }}" in rule["annotations"]["summary"]
    assert "\n" not in rule["annotations"]["description"]


# ---- what the rest of the product knows ----------------------------------------------------------


def test_layers_and_severities_are_those_that_there_are() -> None:
    for row in ALERTS.values():
        assert set(row.layers) <= set(ROWS) - {LAYER}, row.name
    assert set(SEVERITIES) == set(monitoring_model.SEVERITIES)


def test_classes_of_xids_are_those_of_the_faults_and_the_rest_is_of_no_class() -> None:
    known = faults.load().faults
    for alert, fault in (
        ("XidGpuLost", "gpu-lost"),
        ("XidGpuLink", "gpu-link"),
        ("XidNeedsReset", "gpu-reset"),
        ("XidApplication", "gpu-application"),
    ):
        assert codes(ALERTS[alert])
        assert all(found == set(known[fault].xids) for found in codes(ALERTS[alert])), alert
    every = {code for row in known.values() for code in row.xids}
    assert codes(ALERTS["XidUnclassified"]) == [every]


def test_conditions_of_nodes_are_those_that_detectors_set() -> None:
    rows = faults.load()
    shown = {
        row.condition
        for name, repairs in rows.repairs.items()
        for row in repairs.values()
        if rows.faults[row.name].grade != "application" and faults.CONDITION.fullmatch(row.condition)
    } - {"Ready"}
    bad, good = re.findall(r'condition=~"([^"]+)"', ALERTS["NodeFault"].expr)
    assert set(bad.split("|")) | set(good.split("|")) == shown
    assert all(word.endswith("Ready") for word in good.split("|"))
    assert not any(word.endswith("Ready") for word in bad.split("|"))


def test_every_namespace_of_the_platform_is_looked_at_and_no_tenants() -> None:
    spaces = {space for row in ROWS.values() for space in row.namespaces}
    for row in matching('namespace=~"fairlead-.+|'):
        for pattern in SPACES.findall(row.expr):
            assert all(re.fullmatch(pattern, space) for space in spaces), row.name
            assert not re.fullmatch(pattern, "team-a")


def test_every_exporter_of_accelerators_is_known_by_the_name_of_its_monitor() -> None:
    monitors = {one.name for one in (*ACCELERATORS.values(), *load().exporters.values())}
    [told] = re.findall(r'job=~"fairlead-monitoring/\(([^)]+)\)"', ALERTS["ExporterDown"].expr)
    assert set(told.split("|")) == monitors
    [apart] = re.findall(r'job!~"fairlead-monitoring/\(([^)]+)\)"', ALERTS["TargetDown"].expr)
    assert set(apart.split("|")) == monitors | {"tenants", "kube-state-metrics"}
