"""What is recorded: the same names for every vendor, and who holds how much of what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairlead import series
from fairlead.catalog.read import load
from fairlead.layers.monitoring import rules
from fairlead.plan.monitoring_model import MonitoringPlan, NodePrice
from reference.prometheus.cluster import LONG, TENANT, dcgm, node, pod, tenant
from reference.prometheus.promtool import Series, expected, wrong

CATALOG = load()
PRICE = 98.32
"""USD an hour of a node of the pool."""
PLAN = MonitoringPlan(
    True,
    "1m",
    "15d",
    "20Gi",
    "2Gi",
    tuple(CATALOG.readings.values()),
    tuple(sorted({row.resource for row in CATALOG.accelerators.values()})),
    prices=(NodePrice("h100", "spot", PRICE), NodePrice("h100", "on-demand", 3 * PRICE)),
    budgets={TENANT: 150.0},
)


def groups() -> list[Mapping[str, Any]]:
    return [group for obj in rules.objects(PLAN, {"queue", "gateway"}) for group in obj["spec"]["groups"]]


def holds(told: Series, *checks: Mapping[str, Any]) -> None:
    said = wrong(groups(), told, *checks)
    assert said == "", said


SCRAPED = 'node="n1", namespace="exporters", pod="exporter-n1"'
POD = f'exported_namespace="{TENANT}", exported_pod="train-0"'
VENDORS: Mapping[str, tuple[str, Series, str]] = {
    "NVIDIA": (
        "nvidia_com_gpu",
        {
            dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0, "train-0"): f"0.5{LONG}",
            dcgm("DCGM_FI_DEV_GPU_UTIL", 0, "train-0"): f"97{LONG}",
            dcgm("DCGM_FI_DEV_FB_USED", 0, "train-0"): f"60{LONG}",
            dcgm("DCGM_FI_DEV_FB_FREE", 0, "train-0"): f"10{LONG}",
            dcgm("DCGM_FI_DEV_FB_RESERVED", 0, "train-0"): f"10{LONG}",
            dcgm("DCGM_FI_DEV_POWER_USAGE", 0, "train-0"): f"400{LONG}",
        },
        'device="GPU-n1-0", model="NVIDIA H100"',
    ),
    "AMD": (
        "amd_com_gpu",
        {
            f'{name}{{{SCRAPED}, gpu_id="0", gpu_partition_id="0", card_model="MI300X", hostname="n1", {POD}}}': value
            for name, value in {
                "gpu_gfx_activity": f"50{LONG}",
                "gpu_used_vram": f"144000{LONG}",
                "gpu_total_vram": f"192000{LONG}",
                "gpu_package_power": f"400{LONG}",
                "gpu_average_package_power": f"0{LONG}",
            }.items()
        },
        'device="0/0", model="MI300X"',
    ),
    "Google": (
        "google_com_tpu",
        {
            f'{name}{{{SCRAPED}, make="cloud-tpu", accelerator_id="12-0", model="tpu-v6e-slice", {POD}}}': value
            for name, value in {
                "duty_cycle": f"50{LONG}",
                "tensorcore_utilization": f"20{LONG}",
                "memory_used": f"24{LONG}",
                "memory_total": f"32{LONG}",
            }.items()
        },
        'device="12-0", model="tpu-v6e-slice"',
    ),
    "AWS": (
        "aws_amazon_com_neuron",
        {
            f'neuroncore_utilization_ratio{{{SCRAPED}, neuroncore="0", instance_type="trn1.32xlarge"}}': f"0.5{LONG}",
            f'neuron_hardware_info{{{SCRAPED}, instance_type="trn1.32xlarge"}}': f"1{LONG}",
        },
        'device="0", model="trn1.32xlarge"',
    ),
}
"""Vendor -> its resource, what its exporter says of an accelerator that is used half of the time, and its labels."""
OF_POD = (
    f'namespace="{TENANT}", pod="train-0", node="n1", pool="h100", accelerator="H100", tenant="{TENANT}", '
    'workload="train-node-0", training_job="train", stage="training"'
)


def recorded(name: str, vendor: str) -> str:
    return f'{name}{{vendor="{vendor}", {VENDORS[vendor][2]}, {OF_POD}}}'


@pytest.mark.parametrize("vendor", CATALOG.readings)
def test_the_same_use_has_the_same_name_and_figure_whoever_made_the_accelerator(vendor: str) -> None:
    resource, told, _ = VENDORS[vendor]
    row = CATALOG.readings[vendor]
    figures = {
        series.ACCELERATOR_UTILIZATION: (0.5, row.utilization),
        series.ACCELERATOR_MEMORY: (0.75, row.memory_used),
        series.ACCELERATOR_POWER: (400, row.power),
    }
    holds(
        {**node(resource=resource), **tenant(), **pod("train-0", resource=resource), **told},
        *(
            expected(name, "30m", {recorded(name, vendor): value} if words else {})
            for name, (value, words) in figures.items()
        ),
    )


def test_a_wrong_figure_is_found() -> None:
    told = {**node(), **tenant(), **pod("train-0"), **VENDORS["NVIDIA"][1]}
    name = series.ACCELERATOR_UTILIZATION
    assert "5.1E-01" in wrong(groups(), told, expected(name, "30m", {recorded(name, "NVIDIA"): 0.51}))


def test_an_accelerator_that_does_nothing_is_idle_from_its_last_use_or_from_when_the_pod_had_it() -> None:
    used = dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0, "train-0")
    never = dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 1, "train-0")
    told = {**node(), **tenant(), **pod("train-0"), used: "0.9x20 0x100", never: "_x10 0x110"}
    holds(
        told,
        expected(
            f"sum by (device) ({series.ACCELERATOR_IDLE})",
            "80m",
            {'{device="GPU-n1-0"}': 3600, '{device="GPU-n1-1"}': 4200},
        ),
        expected(
            f"sum by (device) ({series.ACCELERATOR_IDLE})",
            "15m",
            {'{device="GPU-n1-0"}': 0, '{device="GPU-n1-1"}': 300},
        ),
    )


def test_a_short_use_ends_the_idle_time() -> None:
    used = dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0, "train-0")
    told = {**node(), **tenant(), **pod("train-0"), used: "0x30 0.02 0x60"}
    holds(told, expected(f"sum({series.ACCELERATOR_IDLE})", "61m", {"{}": 1800}))


def test_an_accelerator_that_nobody_holds_is_nobodys_idle_one() -> None:
    told = {**node(), **tenant(), dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0): f"0{LONG}"}
    of = 'vendor="NVIDIA", node="n1", pool="h100", device="GPU-n1-0", model="NVIDIA H100"'
    holds(
        told,
        expected(series.ACCELERATOR_IDLE, "60m", {}),
        expected(series.DEVICE_UTILIZATION, "60m", {f"{series.DEVICE_UTILIZATION}{{{of}}}": 0}),
    )


def test_parts_of_one_accelerator_are_told_apart() -> None:
    """A parted accelerator has no figure of DCGM's plain kind, and each part has its pod."""
    parts = {
        dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0, "train-0").replace(
            "gpu=", f'GPU_I_ID="{part}", gpu='
        ): f"{busy}{LONG}"
        for part, busy in {"1": 0.25, "2": 0.75}.items()
    }
    resource = "nvidia_com_mig_1g_10gb"
    told = {**node(resource=resource), **tenant(), **pod("train-0", resource=resource, count=2), **parts}
    holds(
        told,
        expected(
            f"sum by (device) ({series.ACCELERATOR_UTILIZATION})",
            "30m",
            {'{device="GPU-n1-0/1"}': 0.25, '{device="GPU-n1-0/2"}': 0.75},
        ),
        expected(
            series.POOL_HELD,
            "30m",
            {f'{series.POOL_HELD}{{pool="h100", accelerator="H100", resource="{resource}"}}': 2},
        ),
    )


def test_cores_of_which_nobody_says_whose_they_are_stay_nobodys_where_two_pods_share_a_node() -> None:
    resource, told, _ = VENDORS["AWS"]
    two = {**pod("train-0", resource=resource, count=8), **pod("train-1", resource=resource, count=8)}
    holds(
        {**node(resource=resource, count=16), **tenant(), **two, **told},
        expected(series.ACCELERATOR_UTILIZATION, "30m", {}),
        expected(f"count({series.DEVICE_UTILIZATION})", "30m", {"{}": 1}),
    )


def test_held_hardware_of_which_no_process_makes_use_is_idle() -> None:
    """neuron-monitor tells of cores only while a process has them."""
    resource = "aws_amazon_com_neuron"
    hardware = f'neuron_hardware_info{{{SCRAPED}, instance_type="trn1.32xlarge"}}'
    told = {**node(resource=resource), **tenant(), **pod("train-0", resource=resource), hardware: f"1{LONG}"}
    holds(told, expected(f"max({series.ACCELERATOR_IDLE})", "90m", {"{}": 5400}))


def test_a_pod_of_a_deployment_is_of_the_deployment_and_not_of_its_replica_set() -> None:
    through = 'created_by_kind="ReplicaSet", created_by_name="chat-7d9"'
    of = f'namespace="{TENANT}", replicaset="chat-7d9"'
    owner = f'kube_replicaset_owner{{{of}, owner_kind="Deployment", owner_name="chat"}}'
    told = {
        **node(),
        **tenant(),
        **pod("chat-7d9-x", job="", stage="inference", owner=through, count=1),
        owner: f"1{LONG}",
        dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0, "chat-7d9-x"): f"0.5{LONG}",
    }
    holds(
        told,
        expected(
            f"sum by (namespace, workload, stage) ({series.ACCELERATOR_UTILIZATION})",
            "30m",
            {f'{{namespace="{TENANT}", workload="chat", stage="inference"}}': 0.5},
        ),
    )


def test_pools_and_tenants_are_counted_and_who_has_ended_holds_nothing() -> None:
    gone = pod("old-0", "n2")
    ended = {
        name: values if 'phase="Running"' not in name else f"0{LONG}"
        for name, values in gone.items()
        if 'phase="Succeeded"' not in name
    }
    told = {**node(), **node("n2"), **tenant(), **pod("train-0"), **ended}
    of_pool = 'pool="h100", accelerator="H100", resource="nvidia_com_gpu"'
    holds(
        told,
        expected(series.POOL_ACCELERATORS, "30m", {f"{series.POOL_ACCELERATORS}{{{of_pool}}}": 16}),
        expected(series.POOL_HELD, "30m", {f"{series.POOL_HELD}{{{of_pool}}}": 8}),
        expected(
            series.TENANT_HELD,
            "30m",
            {f'{series.TENANT_HELD}{{tenant="{TENANT}", stage="training", {of_pool}}}': 8},
        ),
        expected(f"sum by (node) ({series.NODE_EMPTY})", "30m", {'{node="n1"}': 0, '{node="n2"}': 1800}),
    )


def test_a_pool_of_which_nothing_is_held_is_counted_as_such() -> None:
    told = {**node(), **tenant()}
    holds(told, expected(f"sum({series.POOL_HELD})", "30m", {"{}": 0}))


def test_a_workload_waits_from_when_it_was_made_until_it_has_its_place_and_again_when_it_loses_it() -> None:
    of = f'namespace="{TENANT}", name="job-train-1", queue="training", owner="train", owner_kind="Job"'
    reserved = f'type="QuotaReserved", reason="r", {of}'
    told = {
        **tenant(),
        f"fairlead_workload_created{{{of}}}": f"0{LONG}",
        f"fairlead_workload_condition{{{reserved}}}": "_x9 1x50 0x60",
        f"fairlead_workload_condition_since{{{reserved}}}": "_x9 600x50 3660x60",
    }
    waits = f"sum by (name, tenant) ({series.WORKLOAD_WAITING})"
    name = f'{{name="job-train-1", tenant="{TENANT}"}}'
    holds(
        told,
        expected(waits, "8m", {name: 480}),
        expected(waits, "30m", {}),
        expected(waits, "70m", {name: 540}),
    )


def test_what_is_asked_of_a_service_is_counted_for_each_version_by_itself() -> None:
    """Two versions behind one route, the second a quarter of the calls; two proxies count together."""
    of = f'namespace="{TENANT}", route="chat"'
    told: dict[str, str] = {}
    for number, (service, weight) in enumerate({"chat-one-predictor": 75, "chat-two-predictor": 25}.items()):
        told[f'fairlead_route_backend{{{of}, backend="{number}", service="{service}"}}'] = f"{weight}{LONG}"
        for proxy in ("a", "b"):
            cluster = f'envoy_cluster_name="httproute/{TENANT}/chat/rule/0/backend/{number}", pod="{proxy}"'
            told[f"envoy_cluster_upstream_rq_total{{{cluster}}}"] = f"0+{6 * weight}{LONG}"
            told[f"envoy_cluster_upstream_rq_active{{{cluster}}}"] = f"2{LONG}"
            told[f"envoy_cluster_upstream_rq_pending_active{{{cluster}}}"] = f"0{LONG}"
    one, two = (f'namespace="{TENANT}", workload="chat-{name}-predictor"' for name in ("one", "two"))
    holds(
        told,
        expected(
            series.SERVICE_REQUESTS,
            "30m",
            {f"{series.SERVICE_REQUESTS}{{{one}}}": 15, f"{series.SERVICE_REQUESTS}{{{two}}}": 5},
        ),
        expected(f"sum({series.SERVICE_CONCURRENCY})", "30m", {"{}": 8}),
        expected(f"sum({series.SERVICE_QUEUE})", "30m", {"{}": 0}),
    )


def test_a_route_with_one_service_and_no_filter_is_that_services() -> None:
    """As KServe writes them itself; a version without calls is there, and has none."""
    told = {
        f'fairlead_route_backend{{namespace="{TENANT}", route="m", backend="0", service="m-predictor"}}': f"1{LONG}",
        f'envoy_cluster_upstream_rq_total{{envoy_cluster_name="httproute/{TENANT}/m/rule/0"}}': f"0+60{LONG}",
        'envoy_cluster_upstream_rq_total{envoy_cluster_name="xds_cluster"}': f"0+600{LONG}",
    }
    of = f'namespace="{TENANT}", workload="m-predictor"'
    holds(told, expected(series.SERVICE_REQUESTS, "30m", {f"{series.SERVICE_REQUESTS}{{{of}}}": 1}))


def test_a_workload_that_has_ended_does_not_wait() -> None:
    of = f'namespace="{TENANT}", name="job-train-1", queue="training", owner="train", owner_kind="Job"'
    told = {
        **tenant(),
        f"fairlead_workload_created{{{of}}}": f"0{LONG}",
        f'fairlead_workload_condition{{type="Finished", reason="r", {of}}}': f"1{LONG}",
    }
    holds(told, expected(series.WORKLOAD_WAITING, "30m", {}))


# ---- money -------------------------------------------------------------------------------------


def test_a_node_costs_what_the_way_costs_by_which_it_was_bought() -> None:
    bought = {
        name.replace('capacity="spot"', 'capacity="on-demand"'): value for name, value in node("n2").items()
    }
    told = {**node(), **bought, **tenant()}
    holds(
        told,
        expected(
            f"sum by (node) ({series.NODE_PRICE})", "30m", {'{node="n1"}': PRICE, '{node="n2"}': 3 * PRICE}
        ),
        expected(series.POOL_SPEND, "30m", {f'{series.POOL_SPEND}{{pool="h100"}}': 4 * PRICE}),
    )


def test_a_tenant_pays_for_what_its_pods_hold_and_nobody_for_the_rest() -> None:
    told = {**node(), **node("n2"), **tenant(), **pod("train-0"), **pod("train-1", "n2", count=2)}
    of = f'tenant="{TENANT}", pool="h100"'
    holds(
        told,
        expected(series.TENANT_SPEND, "30m", {f"{series.TENANT_SPEND}{{{of}}}": 1.25 * PRICE}),
        expected(f"sum({series.POOL_SPEND}) - sum({series.TENANT_SPEND})", "30m", {"{}": 0.75 * PRICE}),
        expected(series.TENANT_BUDGET, "30m", {f'{series.TENANT_BUDGET}{{tenant="{TENANT}"}}': 150}),
    )


def test_parts_of_different_sizes_are_parts_of_one_node() -> None:
    """Of a node with two kinds of parts all are held: it is paid for once."""
    small, large = "nvidia_com_mig_1g_10gb", "nvidia_com_mig_3g_40gb"
    told = {
        **node(resource=small, count=4),
        **node(resource=large, count=2),
        **tenant(),
        **pod("one-0", resource=small, count=4),
        **pod("two-0", resource=large, count=2),
    }
    holds(told, expected(f"sum({series.TENANT_SPEND})", "30m", {"{}": PRICE}))


def test_what_has_no_price_is_in_no_sum() -> None:
    told = {name.replace('"h100"', '"mystery"'): value for name, value in node().items()}
    holds(
        {**told, **tenant()}, expected(series.POOL_SPEND, "30m", {}), expected(series.NODE_PRICE, "30m", {})
    )
