"""What takes idle accelerators back: when it runs, what its pod is, who may call it and whom it calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pod_security import restricted_violations
from reference.gomodule import go_module
from support.engine import Recorder
from support.specs import minimal, with_gpus
from support.strict import problems
from support.targets import registered

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.layers import queue_controller
from fairlead.layers.monitoring import reclaimer
from fairlead.layers.monitoring.place import (
    NAMESPACE,
    PORT,
    RECLAIMER,
    RECLAIMER_LABELS,
    RECLAIMER_PORT,
    SERVER,
    SERVERS,
)
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.reclaim import look
from fairlead.reclaim.seen import JOBS

OFF = {"enabled": False}
SERVES = {("ray.io", "RayService"), ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"), ("", "Pod")}
"""Kinds that wait in queues and are never taken back."""


def plan(idle: Mapping[str, Any] | None = None, *, gpus: bool = True, **layers: Any) -> PlatformPlan:
    of = {"monitoring": {"enabled": True, **({"idle": idle} if idle else {})}, **layers}
    return load_plan((with_gpus if gpus else minimal)(layers=of), "test", load())


@pytest.fixture(scope="module")
def engine() -> Recorder:
    return registered(plan({"policy": "suspend", "after": "2h"}), "local")


# ---- when it runs ------------------------------------------------------------------------------


def test_as_it_is_left_out_people_are_told_after_an_hour() -> None:
    idle = plan().monitoring.idle
    assert (idle.policy, idle.after) == ("warn", 3600)
    assert reclaimer.runs(plan())


@pytest.mark.parametrize(
    "off",
    [
        plan({"policy": "off"}),
        plan(gpus=False),
        plan(queue=OFF, jobs=OFF),
        load_plan(with_gpus(), "test", load()),
    ],
    ids=["switched off", "no accelerators", "no queue", "no metrics"],
)
def test_where_there_is_nothing_to_do_for_it_there_is_nothing_of_it(off: PlatformPlan) -> None:
    assert not reclaimer.runs(off)
    made = registered(off, "local").objects()
    assert [one for one in made if RECLAIMER in json.dumps(one["metadata"])] == []


@pytest.mark.parametrize(
    ("idle", "where", "words"),
    [
        ({"policy": "kill"}, "policy", "suspend"),
        ({"after": "59s"}, "after", "between 1m and 30d"),
        ({"after": "31d"}, "after", "between 1m and 30d"),
        ({"after": "soon"}, "after", "a whole number with a unit"),
        ({"limit": "1h"}, "limit", "unknown"),
    ],
)
def test_a_setting_that_it_cannot_keep_is_refused_by_its_path(
    idle: Mapping[str, Any], where: str, words: str
) -> None:
    with pytest.raises(InputError, match=words) as told:
        plan(idle)
    assert f"platform.layers.monitoring.idle.{where}" in str(told.value)


# ---- what it takes back ------------------------------------------------------------------------


def test_every_kind_of_work_that_waits_in_queues_is_taken_back_or_said_to_serve() -> None:
    named = [
        *queue_controller.KINDS,
        *(kind for kinds in queue_controller.MORE.values() for kind in kinds.values()),
    ]
    waiting = {tuple(reversed(one.split(".", 1))) if "." in one else ("", one) for one in named}
    assert waiting == set(JOBS) | SERVES


def test_plurals_are_those_that_kueue_may_touch() -> None:
    """Out of the roles of its own chart."""
    module = lock.charts()["kueue"].module
    assert module is not None
    text = (Path(go_module(module.query, module.sum)) / "charts/kueue/templates/rbac/role.yaml").read_text()
    for (group, _), plural in JOBS.items():
        assert f"- {group}\n" in text
        assert f"- {plural}\n" in text


def test_a_pods_workload_is_found_by_words_that_kueue_has() -> None:
    module = lock.charts()["kueue"].module
    assert module is not None
    root = Path(go_module(module.query, module.sum))
    texts = [
        (root / name).read_text()
        for name in ("apis/kueue/v1beta2/topology_types.go", "pkg/constants/constants.go")
    ]
    assert f'WorkloadAnnotation = "{look.WORKLOAD}"' in texts[0]
    assert f'PodSetLabel = "{look.OF_A_QUEUE}"' in texts[1]
    gates = (root / "pkg/features/kube_features.go").read_text()
    told = gates.partition("\tTopologyAwareScheduling: {")[2].partition("},\n\t}")[0]
    assert "Default: true" in told.splitlines()[-1], "pods are marked where this is on"
    assert "TopologyAwareScheduling" not in queue_controller.FEATURES


# ---- the objects -------------------------------------------------------------------------------


def test_its_pod_keeps_the_standard_and_every_object_its_schema(engine: Recorder) -> None:
    template = engine.named("Deployment", RECLAIMER).object["spec"]["template"]
    assert restricted_violations(template) == []
    [box] = template["spec"]["containers"]
    assert box["image"] == lock.images()["python"].reference
    assert set(box["resources"]["requests"]) == {"cpu", "memory"}
    made = [one for one in engine.objects() if RECLAIMER in json.dumps(one["metadata"])]
    assert {one["kind"] for one in made} >= {"Deployment", "ConfigMap", "NetworkPolicy", "RoleBinding"}
    assert [problem for one in made if one["kind"] != "PodMonitor" for problem in problems(one)] == []


def test_every_file_lies_where_python_looks_for_it(engine: Recorder) -> None:
    spec = engine.named("Deployment", RECLAIMER).object["spec"]["template"]["spec"]
    [volume], [box] = spec["volumes"], spec["containers"]
    data = engine.named("ConfigMap", RECLAIMER).object["data"]
    items = {one["key"]: one["path"] for one in volume["configMap"]["items"]}
    assert set(items) == set(data)
    assert items["fairlead.reclaim.__main__.py"] == "fairlead/reclaim/__main__.py"
    assert items["fairlead.labels.py"] == "fairlead/labels.py"
    [mount] = box["volumeMounts"]
    assert box["env"][0] == {"name": "PYTHONPATH", "value": mount["mountPath"]}
    assert box["command"][-1] == f"{mount['mountPath']}/{items['settings.json']}"
    assert sum(map(len, data.values())) < 2**19, "a ConfigMap has room for 1 MiB"


def test_another_policy_starts_it_anew(engine: Recorder) -> None:
    def mark(made: Recorder) -> str:
        template = made.named("Deployment", RECLAIMER).object["spec"]["template"]
        return template["metadata"]["annotations"][reclaimer.SENT]

    assert mark(engine) == mark(registered(plan({"policy": "suspend", "after": "2h"}), "local"))
    assert mark(engine) != mark(registered(plan({"policy": "suspend", "after": "3h"}), "local"))


def test_its_rights_end_with_the_tenants_namespaces(engine: Recorder) -> None:
    account = {"kind": "ServiceAccount", "name": RECLAIMER, "namespace": NAMESPACE}
    bound = [
        one.object
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for one in engine.of_kind(kind)
        if account in one.object["subjects"]
    ]
    assert [(one["kind"], one["metadata"]["namespace"], one["roleRef"]["name"]) for one in bound] == [
        ("RoleBinding", "team-a", reclaimer.ROLE)
    ]
    assert bound[0]["metadata"]["labels"] == {labels.TENANT: "team-a"}


def test_it_calls_prometheus_and_the_api_server_and_is_called_for_its_figures(engine: Recorder) -> None:
    inward = engine.named("NetworkPolicy", RECLAIMER).object["spec"]
    servers = {"podSelector": {"matchLabels": dict(SERVERS)}}
    assert inward["podSelector"]["matchLabels"] == dict(RECLAIMER_LABELS)
    assert inward["ingress"] == [{"ports": [{"protocol": "TCP", "port": RECLAIMER_PORT}], "from": [servers]}]
    outward = engine.named("NetworkPolicy", f"{RECLAIMER}-calls").object["spec"]
    dns, api, prometheus = outward["egress"]
    assert "kube-dns" in json.dumps(dns)
    assert [one["port"] for one in api["ports"]] == [443, 6443]
    assert prometheus == {"to": [servers], "ports": [{"protocol": "TCP", "port": PORT}]}
    [door] = engine.named("NetworkPolicy", SERVER).object["spec"]["ingress"]
    assert {"podSelector": {"matchLabels": dict(RECLAIMER_LABELS)}} in door["from"]


def test_its_figures_are_gathered(engine: Recorder) -> None:
    spec = engine.named("PodMonitor", RECLAIMER).object["spec"]
    assert spec["selector"] == {"matchLabels": dict(RECLAIMER_LABELS)}
    assert spec["namespaceSelector"] == {"matchNames": [NAMESPACE]}
    [way] = spec["podMetricsEndpoints"]
    assert (way["portNumber"], way["path"]) == (RECLAIMER_PORT, "/metrics")
