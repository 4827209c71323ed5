"""Monitoring: the operator with rights in one namespace, the server, and whom it asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from support.charts import module_of, rendered
from support.engine import Recorder
from support.rights import granted
from support.specs import PRICED, gpu_pool, minimal, with_gpus
from support.strict import problems, schemas
from support.targets import built, had_on, registered

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.layers.monitoring import kubelets, operator, states
from fairlead.layers.monitoring.place import (
    NAMESPACE,
    OPERATOR,
    PORT,
    RECLAIMER_LABELS,
    SERVER,
    SERVERS,
    USER,
)
from fairlead.layers.objects import DNS
from fairlead.layers.tool import Measured
from fairlead.layers.tools import measured
from fairlead.plan.layer_rows import ROWS
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.monitoring_model import CHART
from fairlead.plan.monitoring_model import SERVER as IMAGE

ALL = {
    **{tool.layer: {"enabled": True} for tool in had_on("local")},
    "scaling": {"enabled": True},
    "workflows": {"enabled": True, "archive_days": 30},
}
ITSELF = {"alertmanager", "kube-state-metrics", "prometheus", "prometheus-operator", "tenants"}
"""Whom the layer asks where no other tells of itself."""
MADE_BY_OPERATORS = {
    "alertmanager",
    "envoy",
    "prometheus",
    "fairlead-tracking-database",
    "fairlead-workflows-database",
    "fairlead-katib-database",
    "fairlead-model-registry-database",
}
"""Measured pods of which no layer has the objects: an operator makes them."""


def plan(layers: Mapping[str, Any]) -> PlatformPlan:
    return load_plan(minimal(layers=layers, **PRICED), "test", load())


@pytest.fixture(scope="module")
def engine() -> Recorder:
    return registered(plan(ALL), "local")


@pytest.fixture(scope="module")
def alone() -> Recorder:
    """Of all layers of tools this one alone."""
    return registered(plan({"monitoring": {"enabled": True, "interval": "15s", "retention": "2d"}}), "local")


def ours(engine: Recorder) -> list[dict[str, Any]]:
    return [
        made.object
        for made in engine.registered.values()
        if made.object and made.object["metadata"].get("namespace") == NAMESPACE
    ]


def pods(engine: Recorder, one: Measured) -> list[Mapping[str, Any]]:
    """Templates of the workloads that a monitor would find."""
    templates = [
        made.object["spec"]["template"]
        for kind in ("Deployment", "StatefulSet", "DaemonSet")
        for made in engine.of_kind(kind)
        if made.object["metadata"]["namespace"] == one.namespace
    ]
    return [each for each in templates if one.pods.items() <= each["metadata"]["labels"].items()]


# ---- whom it asks ------------------------------------------------------------------------------


def test_every_layer_with_programs_of_its_own_is_asked() -> None:
    """What runs on nodes is asked with its accelerators."""
    asked = {one.namespace for one in measured(plan(ALL))}
    silent = {"gpu", "health"}
    for layer in plan(ALL).layers:
        if layer.enabled and layer.name not in silent:
            assert set(ROWS[layer.name].namespaces) <= asked, layer.name


@pytest.mark.parametrize("one", measured(plan(ALL)), ids=lambda one: one.name)
def test_what_is_asked_is_one_program_and_its_door_is_open(engine: Recorder, one: Measured) -> None:
    found = pods(engine, one)
    assert len(found) == (0 if one.name in MADE_BY_OPERATORS else 1)
    answers(engine, one, found)


def answers(engine: Recorder, one: Measured, found: list[Mapping[str, Any]]) -> None:
    """found: the templates of its pods, where a layer has them and no operator makes them."""
    clusters = [made.object for made in engine.of_kind("Cluster")]
    worn = found[0]["metadata"]["labels"] if found else {**one.pods, **databases(clusters, one)}
    # A port that no container names is not found.
    for template in found:
        named = [
            port["containerPort"] for box in template["spec"]["containers"] for port in box.get("ports", [])
        ]
        assert one.port in named
    fences = [
        made.object["spec"]
        for made in engine.of_kind("NetworkPolicy")
        if made.object["metadata"]["namespace"] == one.namespace
        and "Ingress" in made.object["spec"]["policyTypes"]
        and (made.object["spec"]["podSelector"].get("matchLabels") or {}).items() <= worn.items()
    ]
    assert not fences or any(opened(spec, one.port) for spec in fences)


GROWING = with_gpus(gpu_pool(min=0, max=2), layers={"monitoring": {"enabled": True}})


@pytest.mark.parametrize(
    ("engine", "plan"),
    [
        pytest.param(lambda: built("aws").recorder, lambda: built("aws").plan, id="aws"),
        pytest.param(
            lambda: registered(load_plan(GROWING, "test", load()), "local"),
            lambda: load_plan(GROWING, "test", load()),
            id="local, a pool grows",
        ),
    ],
)
def test_what_makes_nodes_is_asked_where_it_runs_inside_the_cluster(
    engine: Callable[[], Recorder], plan: Callable[[], PlatformPlan]
) -> None:
    [karpenter] = [one for one in measured(plan()) if one.name == "karpenter"]
    found = pods(engine(), karpenter)
    assert len(found) == 1
    [box] = found[0]["spec"]["containers"]
    assert {"name": "http-metrics", "containerPort": karpenter.port, "protocol": "TCP"} in box["ports"]
    answers(engine(), karpenter, found)


def test_where_nothing_grows_nobody_is_asked_about_it() -> None:
    assert "karpenter" not in {one.name for one in measured(plan(ALL))}


def databases(clusters: list[dict[str, Any]], one: Measured) -> dict[str, str]:
    """The further label of a database's pods."""
    names = [obj["metadata"]["name"] for obj in clusters if obj["metadata"]["namespace"] == one.namespace]
    return {"cnpg.io/cluster": names[0]} if "cnpg.io/podRole" in one.pods else {}


def opened(spec: Mapping[str, Any], port: int) -> bool:
    """Whether who gathers metrics may call this port."""
    rules = [rule for rule in spec["ingress"] if port in [one["port"] for one in rule.get("ports", [])]]
    return any("from" not in rule or NAMESPACE in str(rule["from"]) or own(rule) for rule in rules)


def own(rule: Mapping[str, Any]) -> bool:
    return {"podSelector": {"matchLabels": dict(SERVERS)}} in rule["from"]


def test_a_door_that_is_shut_is_found() -> None:
    shut = {"ingress": [{"ports": [{"port": 1}], "from": [{"podSelector": {"matchLabels": {"a": "b"}}}]}]}
    assert not opened(shut, 1)
    assert not opened({"ingress": []}, 1)


def test_the_server_calls_whom_it_asks_and_nobody_else(engine: Recorder) -> None:
    egress = engine.named("NetworkPolicy", f"{SERVER}-calls").object["spec"]["egress"]
    named: set[tuple[str, int]] = set()
    for rule in egress:
        for peer in rule.get("to", []):
            for term in peer["namespaceSelector"].get("matchExpressions", []):
                ports = [port["port"] for port in rule.get("ports", [])]
                named |= {(space, port) for space in term["values"] for port in ports}
    assert named == {(one.namespace, one.port) for one in measured(plan(ALL))}
    rest = [rule for rule in egress if "to" not in rule]
    assert [sorted(one["port"] for one in rule["ports"]) for rule in rest] == [[443, 6443], [10250]]
    dns, anywhere = [rule for rule in egress if "ports" not in rule]
    assert dns == DNS
    [those] = anywhere["to"]
    assert those["namespaceSelector"]["matchExpressions"][0]["values"] == ["team-a"]


def test_it_finds_pods_where_it_asks_and_reads_nothing_else(engine: Recorder) -> None:
    account = {"kind": "ServiceAccount", "name": SERVER, "namespace": NAMESPACE}
    given = {
        (bound.object["metadata"].get("namespace", ""), bound.object["roleRef"]["name"])
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for bound in engine.of_kind(kind)
        if account in bound.object["subjects"]
    }
    everywhere = {name for space, name in given if not space}
    assert everywhere == {"fairlead:monitoring:metrics", kubelets.ROLE}
    wide = engine.named("ClusterRole", "fairlead:monitoring:metrics").object
    assert wide["rules"] == [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]
    spaces = {space for space, _ in given if space}
    assert spaces == {one.namespace for one in measured(plan(ALL))} | {"team-a"}
    for role in engine.of_kind("Role"):
        if role.object["metadata"]["name"] == f"{NAMESPACE}-{SERVER}":
            assert {(kind, verb) for _, kind, verb in granted(role.object["rules"])} == {
                ("pods", "get"),
                ("pods", "list"),
                ("pods", "watch"),
            }


def test_the_token_is_shown_to_those_alone_that_ask_for_it(engine: Recorder) -> None:
    asking = {one.name for one in measured(plan(ALL)) if one.asks}
    assert asking == {"kueue", "jobset", "trainer", "lws"}
    for made in engine.of_kind("PodMonitor"):
        spec = made.object["spec"]
        [way] = spec["podMetricsEndpoints"]
        assert (spec.get("scrapeClass") == "own-account") == (made.object["metadata"]["name"] in asking)
        assert (way.get("scheme") == "https") == (made.object["metadata"]["name"] in asking)


def test_alone_it_asks_the_platforms_controllers_and_itself(alone: Recorder) -> None:
    names = {made.object["metadata"]["name"] for made in alone.of_kind("PodMonitor")}
    assert names == {"kueue", "jobset", "trainer", *ITSELF}


def test_without_those_that_ask_it_has_no_right_beyond_namespaces() -> None:
    off = {"queue": {"enabled": False}, "jobs": {"enabled": False}, "monitoring": {"enabled": True}}
    made = registered(plan(off), "local")
    assert {one.object["metadata"]["name"] for one in made.of_kind("PodMonitor")} == ITSELF
    roles = {one.object["metadata"]["name"] for one in made.of_kind("ClusterRole")}
    assert {name for name in roles if "monitoring" in name} == {
        operator.EVERYWHERE,
        states.ROLE,
        kubelets.ROLE,
    }


# ---- the objects -------------------------------------------------------------------------------


def test_every_object_keeps_its_schema(engine: Recorder) -> None:
    kinds = {key: one for crd in rendered(CHART) for key, one in schemas(crd).items()}
    custom = [obj for obj in ours(engine) if (obj["apiVersion"], obj["kind"]) in kinds]
    assert len(custom) > 10 + len(measured(plan(ALL)))
    for obj in custom:
        # Some patterns of parts that are not used here are in the words of Go alone: the schemas are not judged.
        jsonschema.Draft202012Validator(kinds[obj["apiVersion"], obj["kind"]]).validate(obj)
    plain = [obj for obj in ours(engine) if obj not in custom]
    assert len(plain) >= 11
    assert [problem for obj in plain for problem in problems(obj)] == []


def test_a_misspelt_field_of_the_server_is_found(alone: Recorder) -> None:
    kinds = {key: one for crd in rendered(CHART) for key, one in schemas(crd).items()}
    made = alone.named("Prometheus", SERVER).object
    wrong = {**made, "spec": {**made["spec"], "retensions": "2d"}}
    with pytest.raises(jsonschema.ValidationError, match="retensions"):
        jsonschema.validate(wrong, kinds[made["apiVersion"], "Prometheus"])


def test_the_server_is_what_the_spec_says_and_a_release_that_its_operator_knows(alone: Recorder) -> None:
    spec = alone.named("Prometheus", SERVER).object["spec"]
    assert (spec["scrapeInterval"], spec["evaluationInterval"], spec["retention"]) == ("15s", "15s", "2d")
    claim = spec["storage"]["volumeClaimTemplate"]["spec"]
    assert claim["resources"]["requests"]["storage"] == "20Gi"
    # Prometheus counts a megabyte as Kubernetes a Mi.
    assert spec["retentionSize"] == f"{20 * 1024 * 4 // 5}MB"
    assert spec["version"] == lock.images()[IMAGE].tag
    known = (module_of(CHART) / "pkg/operator/defaults.go").read_text()
    assert f'"{spec["version"]}"' in known
    security = spec["securityContext"]
    assert (security["runAsNonRoot"], security["runAsUser"], security["fsGroup"]) == (True, USER, USER)


def test_the_server_is_asked_under_the_name_that_the_contract_has(alone: Recorder) -> None:
    """KEDA scales by what it finds there."""
    found = [obj for obj in ours(alone) if obj["kind"] == "Service"]
    assert [f"{one['metadata']['name']}.{NAMESPACE}.svc" for one in found] == [labels.METRICS_HOST]
    assert [one["port"] for one in found[0]["spec"]["ports"]] == [PORT]
    source = (module_of(CHART) / "pkg/prometheus/common.go").read_text()
    made = re.findall(r'"(operator\.prometheus\.io/name)"', source)
    [label] = SERVERS
    assert label in made


def test_keda_and_what_takes_idle_accelerators_back_call_the_server_and_nobody_else(alone: Recorder) -> None:
    policy = alone.named("NetworkPolicy", SERVER).object["spec"]
    [rule] = policy["ingress"]
    scaling, own_pods, reclaimer = rule["from"]
    assert scaling["namespaceSelector"]["matchExpressions"][0]["values"] == ["fairlead-scaling"]
    assert own_pods == {"podSelector": {"matchLabels": dict(SERVERS)}}
    assert reclaimer == {"podSelector": {"matchLabels": dict(RECLAIMER_LABELS)}}


# ---- the operator ------------------------------------------------------------------------------


def example(name: str) -> Mapping[str, Any]:
    folder = module_of(CHART) / "example/rbac/prometheus-operator"
    return yaml.safe_load((folder / f"prometheus-operator-{name}.yaml").read_text())


def test_the_operator_may_do_less_than_upstreams_and_in_one_namespace(alone: Recorder) -> None:
    own_rights = set(granted(alone.named("Role", OPERATOR).object["rules"]))
    theirs = set(granted(example("cluster-role")["rules"]))
    assert own_rights
    more = {wish for wish in own_rights if not {wish, (*wish[:2], "*")} & theirs}
    assert more == set()
    assert {kind for _, kind, _ in theirs} > {kind for _, kind, _ in own_rights}
    wide = [
        bound.object["roleRef"]["name"]
        for bound in alone.of_kind("ClusterRoleBinding")
        if OPERATOR in [one["name"] for one in bound.object["subjects"]]
    ]
    assert wide == [operator.EVERYWHERE]
    assert alone.named("ClusterRole", operator.EVERYWHERE).object["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["namespaces"],
            "verbs": ["get", "list", "watch"],
            "resourceNames": [NAMESPACE],
        }
    ]


def test_the_operators_arguments_are_known_to_it_and_bind_it_to_the_namespace() -> None:
    source = (module_of(CHART) / "cmd/operator/main.go").read_text()
    known = set(re.findall(r'fs\.\w+\((?:&?[\w.]+, )?"([\w-]+)"', source))
    told = dict(one.removeprefix("--").split("=", 1) for one in operator.arguments("reloader:1"))
    assert set(told) <= known
    assert (told["namespaces"], told["kubelet-endpoints"]) == (NAMESPACE, "false")
    assert told["prometheus-config-reloader"] == "reloader:1"


def test_the_operators_pod_keeps_the_standard(alone: Recorder) -> None:
    deployment = alone.named("Deployment", OPERATOR).object
    template = deployment["spec"]["template"]
    assert restricted_violations(template) == []
    [box] = template["spec"]["containers"]
    [theirs] = example("deployment")["spec"]["template"]["spec"]["containers"]
    assert box["ports"][0]["containerPort"] == theirs["ports"][0]["containerPort"]
    assert box["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(box["resources"]["requests"]) == {"cpu", "memory"}


@pytest.mark.parametrize(
    ("options", "where"),
    [({"interval": "30"}, "interval"), ({"retention": "two weeks"}, "retention"), ({"size": "-1"}, "size")],
)
def test_a_setting_that_is_no_amount_is_refused_by_its_path(options: Mapping[str, Any], where: str) -> None:
    with pytest.raises(InputError, match=rf"platform\.layers\.monitoring\.{where}"):
        plan({"monitoring": {"enabled": True, **options}})
