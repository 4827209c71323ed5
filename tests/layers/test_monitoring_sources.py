"""Monitoring: what tells of the cluster's objects, of nodes, of tenants' pods; and who is told of alerts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from reference.gomodule import go_module
from support.charts import rendered
from support.engine import Recorder
from support.rights import granted
from support.specs import minimal
from support.strict import problems, schemas
from support.targets import registered

from fairlead import labels, series
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.catalog.readings import MEASURES
from fairlead.errors import InputError
from fairlead.layers.monitoring import alertmanager, custom, kubelets, operator, states, tenants
from fairlead.layers.monitoring.place import ALERTMANAGERS, NAMESPACE, SERVER, SERVERS
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.monitoring_model import CHART, ReceiverPlan

NOTIFY = {
    "ops": {"kind": "slack", "channel": "#gpu"},
    "pager": {"kind": "pagerduty", "severity": "critical"},
    "tickets": {"kind": "webhook", "severity": "info"},
}


def plan(**monitoring: Any) -> PlatformPlan:
    return load_plan(minimal(layers={"monitoring": {"enabled": True, **monitoring}}), "test", load())


@pytest.fixture(scope="module")
def engine() -> Recorder:
    return registered(plan(notify=NOTIFY), "local")


def source() -> Path:
    """kube-state-metrics as its image is built."""
    image = lock.images()["kube-state-metrics"].build
    assert image is not None
    assert image.go is not None
    assert image.go.module is not None
    return Path(go_module(image.go.module.query, image.go.module.sum))


# ---- the cluster's objects ---------------------------------------------------------------------


def test_it_may_look_at_its_kinds_and_change_and_read_nothing_else() -> None:
    given = granted(states.rights(custom.KINDS))
    assert {verb for _, _, verb in given} == {"list", "watch"}
    assert not {"secrets", "configmaps", "serviceaccounts"} & {kind for _, kind, _ in given}
    theirs = yaml.safe_load((source() / "examples/standard/cluster-role.yaml").read_text())
    own = {
        ("kueue.x-k8s.io", "workloads"),
        ("gateway.networking.k8s.io", "httproutes"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
    }
    for group, kind, verb in given:
        assert (group, kind, verb) in granted(theirs["rules"]) or (group, kind) in own


def test_without_queues_it_looks_for_no_workloads() -> None:
    assert "kueue.x-k8s.io" not in {group for group, _, _ in granted(states.rights(()))}
    assert not [one for one in states.arguments(()) if "custom-resource" in one]


def test_its_arguments_are_known_to_it() -> None:
    flags = (source() / "pkg/options/options.go").read_text()
    for one in states.arguments(custom.KINDS):
        name = one.removeprefix("--").partition("=")[0]
        assert f'"{name}"' in flags, name


def test_every_series_that_is_kept_is_one_that_it_has() -> None:
    text = "\n".join(path.read_text() for path in (source() / "internal/store").glob("*.go"))
    known = set(re.findall(r'"(kube_[a-z_]+)"', text))
    assert len(known) > 100
    assert set(states.KEPT) <= known
    assert tuple(sorted(states.KEPT)) == states.KEPT


def test_its_pod_keeps_the_standard_and_upstreams_probes(engine: Recorder) -> None:
    template = engine.named("Deployment", states.STATES).object["spec"]["template"]
    assert restricted_violations(template) == []
    [box] = template["spec"]["containers"]
    theirs = yaml.safe_load((source() / "examples/standard/deployment.yaml").read_text())
    [upstream] = theirs["spec"]["template"]["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in upstream["ports"]}
    assert {one["name"]: one["containerPort"] for one in box["ports"]} == ports
    for probe in ("livenessProbe", "readinessProbe"):
        want = upstream[probe]["httpGet"]
        assert box[probe]["httpGet"] == {"path": want["path"], "port": ports[want["port"]]}


# ---- nodes and tenants' pods -------------------------------------------------------------------


def test_kubelets_are_asked_for_metrics_and_for_nothing_else(engine: Recorder) -> None:
    given = granted(engine.named("ClusterRole", kubelets.ROLE).object["rules"])
    assert {one for one in given if one[1] != "nodes"} == {("", "nodes/metrics", "get")}
    kinds = {key: one for crd in rendered(CHART) for key, one in schemas(crd).items()}
    made = [one.object for one in engine.of_kind("ScrapeConfig")]
    assert {one["metadata"]["name"] for one in made} == set(kubelets.ASKED)
    for one in made:
        jsonschema.validate(one, kinds[one["apiVersion"], one["kind"]])
        [dropped, _] = one["spec"]["relabelings"]
        assert labels.SIMULATED.split("/")[1] in dropped["sourceLabels"][0]


def test_a_pod_of_a_tenant_is_asked_where_its_label_says_and_by_the_server_alone(engine: Recorder) -> None:
    monitor = engine.named("PodMonitor", tenants.MONITOR).object["spec"]
    assert monitor["namespaceSelector"] == {"matchNames": ["team-a"]}
    assert monitor["selector"]["matchExpressions"] == [{"key": labels.METRICS, "operator": "Exists"}]
    [way] = monitor["podMetricsEndpoints"]
    [address] = [one for one in way["relabelings"] if one.get("targetLabel") == "__address__"]
    assert address["sourceLabels"] == [
        "__meta_kubernetes_pod_ip",
        "__meta_kubernetes_pod_label_fairlead_dev_metrics",
    ]
    [policy] = [
        one.object
        for one in engine.of_kind("NetworkPolicy")
        if one.object["metadata"] == {**one.object["metadata"], "name": "metrics", "namespace": "team-a"}
    ]
    [rule] = policy["spec"]["ingress"]
    [peer] = rule["from"]
    assert peer["podSelector"]["matchLabels"] == dict(SERVERS)
    assert policy["spec"]["podSelector"] == monitor["selector"]
    assert problems(policy) == []


def test_a_pod_of_a_tenant_speaks_for_nobody_else(engine: Recorder) -> None:
    """Neither as an exporter, whose figures decide whose accelerators are idle, nor for another's pod."""
    [way] = engine.named("PodMonitor", tenants.MONITOR).object["spec"]["podMetricsEndpoints"]
    dropped, cut = way["metricRelabelings"]
    forged = re.compile(dropped["regex"])
    words = re.compile(r"[A-Za-z_:]+(?=[{ /)>*]|$)")
    told = {
        name
        for row in load().readings.values()
        for measure in MEASURES
        for expression in row.measure(measure)
        for name in words.findall(re.sub(r"\{.*?\}", "", expression))
    }
    names = {
        *told,
        *states.KEPT,
        "fairlead_workload_created",
        "fairlead_route_backend",
        series.POD_ACCELERATORS,
    }
    assert len(names) > 40
    assert [name for name in names if not forged.fullmatch(name)] == []
    for own in (series.CHECKPOINT_TOLD, "vllm:num_requests_running", "loss", "request_predict_seconds_count"):
        assert not forged.fullmatch(own)
    assert re.fullmatch(cut["regex"], "exported_pod")


# ---- who is told -------------------------------------------------------------------------------


def told(severity: str, receivers: tuple[ReceiverPlan, ...]) -> set[str]:
    """Receivers that an alert of this severity comes to."""
    spec = alertmanager.config(receivers)["spec"]
    found: set[str] = set()
    for route in spec["route"].get("routes", []):
        [matcher] = route["matchers"]
        if re.fullmatch(matcher["value"], severity):
            found.add(route["receiver"])
    return found


@pytest.mark.parametrize(
    ("severity", "whom"),
    [("critical", {"ops", "pager", "tickets"}), ("warning", {"ops", "tickets"}), ("info", {"tickets"})],
)
def test_each_is_told_from_its_severity_on(severity: str, whom: set[str]) -> None:
    assert told(severity, plan(notify=NOTIFY).monitoring.receivers) == whom


def test_addresses_are_secrets_and_lie_in_no_object(engine: Recorder) -> None:
    made = engine.named("AlertmanagerConfig", SERVER).object
    kinds = {key: one for crd in rendered(CHART) for key, one in schemas(crd).items()}
    # A pattern of a part that is not used here is in the words of Go alone: the schema itself is not judged.
    jsonschema.Draft202012Validator(kinds[made["apiVersion"], made["kind"]]).validate(made)
    named = {
        receiver["name"]: next(
            (
                value
                for config in receiver.values()
                if isinstance(config, list)
                for value in _secrets(config[0])
            ),
            None,
        )
        for receiver in made["spec"]["receivers"]
    }
    assert named.pop(alertmanager.NOBODY) is None
    assert named == {name: {"name": "notify", "key": name} for name in NOTIFY}


def _secrets(config: Mapping[str, Any]) -> list[Any]:
    return [value for value in config.values() if isinstance(value, dict) and "key" in value]


def test_where_nobody_is_named_alerts_are_shown_alone() -> None:
    spec = alertmanager.config(())["spec"]
    assert "routes" not in spec["route"]
    assert spec["receivers"] == [{"name": alertmanager.NOBODY}]


def test_the_alertmanager_is_a_release_that_its_operator_knows_and_keeps_its_schema(engine: Recorder) -> None:
    made = engine.named("Alertmanager", SERVER).object
    kinds = {key: one for crd in rendered(CHART) for key, one in schemas(crd).items()}
    jsonschema.validate(made, kinds[made["apiVersion"], made["kind"]])
    chart = lock.charts()[CHART].module
    assert chart is not None
    known = Path(go_module(chart.query, chart.sum), "pkg/operator/defaults.go").read_text()
    assert f'DefaultAlertmanagerVersion = "{made["spec"]["version"]}"' in known
    assert {"alertmanagers", "alertmanagerconfigs"} <= set(operator.KINDS)
    fence = engine.named("NetworkPolicy", "alertmanager").object["spec"]
    assert fence["podSelector"]["matchLabels"] == dict(ALERTMANAGERS)
    [rule] = fence["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": dict(SERVERS)}}]


@pytest.mark.parametrize(
    ("receiver", "words"),
    [
        ({"kind": "slack"}, "must have a channel with kind slack"),
        ({"kind": "webhook", "channel": "#x"}, "must have a channel with kind slack"),
        ({"kind": "mail"}, "webhook"),
        ({"kind": "webhook", "severity": "loud"}, "critical"),
    ],
)
def test_a_receiver_that_cannot_be_told_is_refused_by_its_path(
    receiver: Mapping[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words) as told:
        plan(notify={"ops": receiver})
    assert "platform.layers.monitoring.notify" in str(told.value)


def test_what_is_kept_outside_comes_to_the_receivers() -> None:
    """With Secrets of the platform brought, the addresses are too."""
    layers = {
        "monitoring": {"enabled": True, "notify": NOTIFY},
        "certificates": {"enabled": True},
        "secrets": {"enabled": True, "platform": True, "vault": {"server": "https://vault.example.com"}},
    }
    made = load_plan(minimal(layers=layers), "test", load())
    wanted = made.secrets.wanted_by("monitoring")
    assert wanted is not None
    assert (wanted.namespace, wanted.name, wanted.keys) == (NAMESPACE, "notify", ("ops", "pager", "tickets"))
