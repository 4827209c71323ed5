"""OpenCost: the plan's prices in its own words, what it cannot count, and its objects."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pod_security import restricted_violations
from support.engine import Recorder
from support.rights import granted
from support.specs import PRICED, gpu_pool, minimal, scaling_catalog, with_gpus
from support.strict import problems
from support.targets import registered

from fairlead import labels, series
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.errors import InputError, Problem
from fairlead.layers.monitoring import place as monitoring
from fairlead.layers.monitoring import states
from fairlead.layers.objects import DNS
from fairlead.layers.opencost import prices, server
from fairlead.layers.opencost.place import KEPT, LABELS, NAME, PORT, ROLE
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.opencost_model import IMAGE, NAMESPACE, SETTINGS, PoolPrice

ON: Mapping[str, Any] = {"monitoring": {"enabled": True}, "opencost": {"enabled": True}}


def plan(spec: Mapping[str, Any]) -> PlatformPlan:
    return load_plan(dict(spec), "test", load())


def refused(spec: Mapping[str, Any]) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        plan(spec)
    return list(caught.value.problems)


def told(made: PlatformPlan) -> list[str]:
    return [note for note in made.notes if note.startswith("OpenCost")]


@pytest.fixture(scope="module")
def engine() -> Recorder:
    return registered(plan(minimal(layers=ON, **PRICED)), "local")


def ours(engine: Recorder) -> list[dict[str, Any]]:
    objects = [one.object for one in engine.registered.values() if one.type.startswith("kubernetes")]
    return [
        obj
        for obj in objects
        if obj["metadata"].get("namespace") == NAMESPACE or obj["metadata"]["name"] in (NAMESPACE, ROLE)
    ]


def template(engine: Recorder) -> Any:
    return engine.named("Deployment", NAME).object["spec"]["template"]


# ---- whether it runs ------------------------------------------------------------------------------


def test_it_is_off_by_itself() -> None:
    made = plan(minimal())
    assert not made.layer("opencost").enabled
    assert made.opencost.prices == ()


def test_without_prometheus_it_is_refused_by_name() -> None:
    [problem] = refused(minimal(layers={"opencost": {"enabled": True}}, **PRICED))
    assert problem.where == "platform.layers.monitoring.enabled"
    assert "opencost needs it" in problem.what


def test_where_no_pool_has_a_price_it_is_refused_and_the_way_out_is_said() -> None:
    [problem] = refused(minimal(layers=ON))
    assert problem.where == "platform.layers.opencost.enabled"
    assert problem.given == "system"
    assert "prices: {on-demand: 4.20}" in problem.fix


@pytest.mark.parametrize("interval", ["61s", "2m", "1h", "1w"])
def test_an_interval_beyond_what_it_looks_back_is_refused(interval: str) -> None:
    layers = {**ON, "monitoring": {"enabled": True, "interval": interval}}
    [problem] = refused(minimal(layers=layers, **PRICED))
    assert problem.where == "platform.layers.monitoring.interval"
    assert problem.given == interval


@pytest.mark.parametrize("interval", ["5s", "60s", "1m"])
def test_an_interval_within_is_taken(interval: str) -> None:
    layers = {**ON, "monitoring": {"enabled": True, "interval": interval}}
    assert plan(minimal(layers=layers, **PRICED)).opencost.enabled


# ---- prices -------------------------------------------------------------------------------------


def rows(given: Sequence[PoolPrice]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(prices.table(given))))


def test_each_pool_is_a_row_by_its_label_with_the_price_of_the_bill() -> None:
    pools = [gpu_pool(prices={"on-demand": 98.32}), gpu_pool("l4", "L4:1", 2, prices={"on-demand": 0.8048})]
    made = plan(with_gpus(*pools, layers=ON))
    assert [(one.pool, one.price) for one in made.opencost.prices] == [("h100", 98.32), ("l4", 0.8048)]
    found = rows(made.opencost.prices)
    assert [(row[1], row[6]) for row in found] == [("h100", "98.32"), ("l4", "0.8048")]
    assert {(row[3], row[4]) for row in found} == {("node", "metadata.labels.fairlead.dev/pool")}
    assert {len(row) for row in found} == {8}


def test_a_price_of_the_tables_is_that_of_the_bill() -> None:
    target = {
        "kind": "aws",
        "region": "us-east-1",
        "zones": ["us-east-1a", "us-east-1b"],
        "account": "123456789012",
        "admins": ["arn:aws:iam::123456789012:role/platform"],
    }
    made = plan(minimal(target=target, pools=[{"name": "system", "min": 2, "max": 3}], layers=ON))
    [pool], [price] = made.pools, made.opencost.prices
    assert price.price == pool.price_of(pool.capacity)[0]
    assert price.price > 0
    assert told(made) == []


def test_a_type_of_instance_or_a_region_never_goes_before_the_pool() -> None:
    """No label of a node has a slash, and with a region OpenCost would look for region and label together."""
    [row] = rows([PoolPrice("h100", "on-demand", 1.5)])
    assert "/" in row[5]
    assert row[2] == ""


def test_a_price_keeps_its_digits() -> None:
    [row] = rows([PoolPrice("big", "reserved", 98765.4321)])
    assert float(row[6]) == 98765.4321


def test_pools_without_a_price_are_named_and_have_no_row() -> None:
    made = plan(with_gpus(gpu_pool(prices={"on-demand": 98.32}), layers=ON))
    assert [one.pool for one in made.opencost.prices] == ["h100"]
    [note] = told(made)
    assert "pool system as nothing" in note


LADDER = {"name": "more", "min": 0, "max": 3, "capacity": ["spot", "on-demand"], "accelerators": "L4:1"}


def laddered(**paid: float) -> PlatformPlan:
    """A pool that is bought in two ways; paid: by way."""
    pool = {**LADDER, "prices": {name.replace("_", "-"): usd for name, usd in paid.items()}}
    spec = minimal(layers=ON, pools=[*PRICED["pools"], pool])
    return load_plan(spec, "test", scaling_catalog())


def test_a_ladder_with_several_prices_is_counted_by_its_first_step_and_said() -> None:
    made = laddered(spot=0.1, on_demand=0.2)
    price = made.opencost.prices[-1]
    assert (price.pool, price.capacity, price.price) == ("more", "spot", 0.1)
    [note] = told(made)
    assert "pool more is counted as spot" in note
    assert "where it is on-demand" in note
    assert series.NODE_PRICE in note
    assert told(laddered(spot=0.2, on_demand=0.2)) == []


def test_a_ladder_whose_first_step_has_no_price_is_not_counted_by_another() -> None:
    made = laddered(on_demand=0.2)
    assert [one.pool for one in made.opencost.prices] == ["system"]
    [note] = told(made)
    assert "pool more as nothing" in note


def test_accelerators_that_it_does_not_know_are_said() -> None:
    pool = gpu_pool("mi300x", "MI300X:8", 2, prices={"on-demand": 60.0})
    made = load_plan(with_gpus(pool, layers=ON), "test", scaling_catalog())
    assert "pool mi300x is shared by processors and memory" in told(made)[-1]


# ---- nothing is invented --------------------------------------------------------------------------


def test_what_has_no_row_costs_less_than_a_millionth_even_on_the_largest_node() -> None:
    found = json.loads(prices.settings())
    for spot in ("", "spot"):
        cpu, ram, gpu = (float(found[f"{spot}{name}"]) for name in ("CPU", "RAM", "GPU"))
        assert 0 < 448 * cpu + 4096 * ram < 1e-6
        assert 0 < 2 * gpu < 1e-6
    rest = {
        name: text for name, text in found.items() if name.removeprefix("spot") not in ("CPU", "RAM", "GPU")
    }
    assert {rest["storage"], rest["internetNetworkEgress"], rest["LBIngressDataCost"]} == {"0"}
    assert {rest["discount"], rest["negotiatedDiscount"]} == {"0%"}
    assert rest["customPricesEnabled"] == "false"


@pytest.mark.parametrize(
    ("price", "gpus", "cpus", "memory"), [(98.32, 8, 192, 2048), (0.8048, 1, 4, 16), (0.06, 1, 4, 16)]
)
def test_accelerators_bear_nearly_the_whole_price_and_no_part_rounds_to_nothing(
    price: float, gpus: int, cpus: int, memory: int
) -> None:
    """GetNodeCost of pkg/costmodel/costmodel.go: by weights against memory, each part written with six digits."""
    found = json.loads(prices.settings())
    weight = {name: float(found[name]) for name in ("CPU", "RAM", "GPU")}
    to_ram = {name: one / weight["RAM"] for name, one in weight.items()}
    ram = price / (gpus * to_ram["GPU"] + cpus * to_ram["CPU"] + memory)
    parts = {name: float(f"{ram * factor:f}") for name, factor in to_ram.items()}
    assert min(parts.values()) > 0
    whole = gpus * parts["GPU"] + cpus * parts["CPU"] + memory * parts["RAM"]
    assert whole == pytest.approx(price, rel=1e-3)
    assert gpus * parts["GPU"] / whole > 0.99


# ---- the objects ----------------------------------------------------------------------------------


def test_every_object_keeps_its_schema_and_no_two_are_one(engine: Recorder) -> None:
    made = [obj for obj in ours(engine) if obj["apiVersion"] != monitoring.API]
    assert len(made) >= 12
    assert [problem for obj in made for problem in problems(obj)] == []
    names = [(obj["kind"], obj["metadata"]["name"]) for obj in made]
    assert len(names) == len(set(names))


def test_the_pod_keeps_the_standard_writes_nothing_and_stays_within_limits(engine: Recorder) -> None:
    pod = template(engine)
    assert restricted_violations(pod) == []
    [box] = pod["spec"]["containers"]
    assert box["image"] == lock.images()[IMAGE].reference
    assert box["securityContext"]["readOnlyRootFilesystem"] is True
    assert all(mount["readOnly"] for mount in box["volumeMounts"])
    assert set(box["resources"]["requests"]) == {"cpu", "memory"}
    assert box["resources"]["limits"] == {"memory": "1Gi"}
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(box)
    build = lock.images()[IMAGE].build
    assert build is not None
    assert build.user.split(":")[0] == str(pod["spec"]["securityContext"]["runAsUser"])


def test_it_stands_alone_and_another_price_starts_it_anew(engine: Recorder) -> None:
    spec = engine.named("Deployment", NAME).object["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    dearer = {"pools": [{"name": "system", "min": 1, "max": 1, "prices": {"on-demand": 0.3}}]}
    other = registered(plan(minimal(layers=ON, **dearer)), "local")
    [before, after] = [template(one)["metadata"]["annotations"][server.SENT] for one in (engine, other)]
    assert before != after


def test_the_table_lies_where_it_is_looked_for(engine: Recorder) -> None:
    data = engine.named("ConfigMap", NAME).object["data"]
    [box] = template(engine)["spec"]["containers"]
    env = {one["name"]: one["value"] for one in box["env"]}
    folder, _, name = env["CSV_PATH"].rpartition("/")
    assert folder == env["CONFIG_PATH"] == box["volumeMounts"][0]["mountPath"]
    assert data[name] == prices.table([PoolPrice("system", "on-demand", 0.2)])
    assert {*SETTINGS} == {*data} - {name}
    assert env["PROMETHEUS_SERVER_ENDPOINT"] == labels.METRICS_URL
    assert env["CLUSTER_ID"] == "lab"
    assert labels.POOL in env["ALLOCATION_NODE_LABELS_INCLUDE_LIST"].split(",")


def test_it_reads_the_cluster_and_changes_nothing_and_sees_no_secret(engine: Recorder) -> None:
    wide = set(granted(engine.named("ClusterRole", ROLE).object["rules"]))
    assert {verb for _, _, verb in wide} == {"list", "watch"}
    assert not {kind for _, kind, _ in wide} & {"secrets", "configmaps", "pods/log", "*"}
    own = [obj for obj in ours(engine) if obj["kind"] == "Role" and obj["metadata"]["name"] == NAME]
    assert [set(granted(one["rules"])) for one in own] == [
        {("", "configmaps", verb) for verb in ("get", "list", "watch")}
    ]


def test_only_prometheus_gets_in_and_it_calls_prometheus_and_the_api_server(engine: Recorder) -> None:
    fences = {obj["metadata"]["name"]: obj["spec"] for obj in ours(engine) if obj["kind"] == "NetworkPolicy"}
    assert fences["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    [rule] = fences[NAME]["ingress"]
    [peer] = rule["from"]
    assert peer["podSelector"]["matchLabels"] == dict(monitoring.SERVERS)
    assert peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] == monitoring.NAMESPACE
    assert [one["port"] for one in rule["ports"]] == [PORT]
    dns, api, asked = fences[f"{NAME}-calls"]["egress"]
    assert dns == DNS
    assert "to" not in api
    assert [one["port"] for one in asked["ports"]] == [monitoring.PORT]
    assert fences[f"{NAME}-calls"]["podSelector"] == {}


def test_prometheus_lets_it_in_and_nobody_in_its_place_where_it_is_off(engine: Recorder) -> None:
    def asking(made: Recorder) -> list[str]:
        [rule] = made.named("NetworkPolicy", monitoring.SERVER).object["spec"]["ingress"]
        return rule["from"][0]["namespaceSelector"]["matchExpressions"][0]["values"]

    assert asking(engine) == [NAMESPACE, "fairlead-scaling"]
    off = registered(plan(minimal(layers={"monitoring": {"enabled": True}}, **PRICED)), "local")
    assert asking(off) == ["fairlead-scaling"]
    assert ours(off) == []


def test_what_it_tells_is_recorded_once_and_under_its_own_names(engine: Recorder) -> None:
    """Two that tell of the same object would have its accelerators counted twice."""
    [made] = [one.object for one in engine.of_kind("PodMonitor") if one.object["metadata"]["name"] == NAME]
    [way] = made["spec"]["podMetricsEndpoints"]
    assert (way["portNumber"], way["honorLabels"]) == (PORT, True)
    [chosen, *filled] = way["metricRelabelings"]
    assert chosen == {"sourceLabels": ["__name__"], "regex": "|".join(KEPT), "action": "Keep"}
    assert made["spec"]["selector"]["matchLabels"] == dict(LABELS)
    # Nodes that no cloud made lack both, and would cost nothing.
    assert [(one["sourceLabels"], one["targetLabel"], one["regex"]) for one in filled] == [
        ([name, "node"], name, ";(.+)") for name in ("provider_id", "instance_type")
    ]
    import re

    assert [name for name in states.KEPT if re.fullmatch("|".join(KEPT), name)] == []
    wanted = ("node_total_hourly_cost", "node_gpu_hourly_cost", "container_cpu_allocation", "kube_pod_owner")
    assert all(re.fullmatch("|".join(KEPT), name) for name in wanted)


def test_labels_of_tenants_jobs_models_and_cost_centers_reach_it(engine: Recorder) -> None:
    [box] = engine.named("Deployment", monitoring.STATES).object["spec"]["template"]["spec"]["containers"]
    [argument] = [one for one in box["args"] if one.startswith("--metric-labels-allowlist")]
    shown = {
        part.rpartition("=[")[0].lstrip(","): part.rpartition("=[")[2].split(",")
        for part in argument.partition("=")[2].split("]")
        if part
    }
    assert {labels.TENANT, labels.COST_CENTER} <= {*shown["namespaces"]}
    assert {labels.JOB, labels.STAGE, "serving.kserve.io/inferenceservice"} <= {*shown["pods"]}
    assert states.told(["monitoring"]) == states.LABELS


def test_it_comes_when_prometheus_stands(engine: Recorder) -> None:
    made = engine.named("Deployment", NAME)
    assert engine.named("Prometheus", monitoring.SERVER).urn in engine.behind(made.urn)
