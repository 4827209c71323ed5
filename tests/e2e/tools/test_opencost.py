"""OpenCost: on a real cluster its figures are the plan's, and what tenants' pods have cost stands under their names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest

from e2e.stage import PRICE, Stage, until
from e2e.tools.stranger import stranger
from fairlead import labels
from fairlead.layers.monitoring import place as monitoring
from fairlead.layers.opencost.place import NAME, PORT
from fairlead.plan.opencost_model import NAMESPACE
from fairlead.workload.model import TrainingJob

pytestmark = pytest.mark.e2e

POOL, HELD, ALL = "h100", 2, 8
"""The pool of simulated accelerators; how many the job holds, of how many on the node."""
PATIENCE = 300
"""Seconds: it counts once a minute, and is asked for what two answers of Prometheus tell."""


@pytest.fixture(scope="module")
def prometheus(tools: Stage) -> Iterator[str]:
    with tools.forwarded(monitoring.NAMESPACE, monitoring.SERVICE, monitoring.PORT) as port:
        yield f"http://127.0.0.1:{port}/api/v1/query?query="


@pytest.fixture(scope="module")
def api(tools: Stage) -> Iterator[str]:
    with tools.forwarded(NAMESPACE, NAME, PORT) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def job(tools: Stage) -> Iterator[TrainingJob]:
    """Holds a quarter of the node's accelerators."""
    made = tools.submit(name="costs", accelerators=f"H100:{HELD}", run_for="7200s")
    until("it runs", lambda: tools.phase(made) == "Running", 180)
    yield made
    tools.client.cancel(made.tenant, made.name)


def asked(prometheus: str, query: str) -> list[tuple[dict[str, str], float]]:
    with urlopen(prometheus + quote(query), timeout=10) as answer:
        found = json.load(answer)["data"]["result"]
    return [(one["metric"], float(one["value"][1])) for one in found]


def allocated(api: str, **words: str) -> dict[str, Any]:
    """What is allocated to each name, over the last quarter of an hour."""
    wanted = urlencode({"window": "15m", "resolution": "1m", "accumulate": "true", **words})
    try:
        with urlopen(f"{api}/allocation/compute?{wanted}", timeout=60) as answer:
            sets = json.load(answer)["data"]
    except HTTPError as error:
        raise AssertionError(error.read().decode()) from error
    return (sets[0] if sets else None) or {}


def node_of(tools: Stage) -> str:
    [node] = [
        one["metadata"]["name"]
        for one in tools.objects("nodes")
        if one["metadata"]["labels"].get(labels.POOL) == POOL
    ]
    return node


def test_the_layer_is_healthy(tools: Stage) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith("opencost")]
    assert "healthy" in line


def test_a_node_costs_what_the_plan_says(tools: Stage, prometheus: str) -> None:
    [price] = [one.price for one in tools.plan().opencost.prices if one.pool == POOL]
    assert price == PRICE
    node = node_of(tools)
    query = f'node_total_hourly_cost{{node="{node}"}}'
    [(_, told)] = until("its price is told", lambda: asked(prometheus, query), PATIENCE)
    assert told == pytest.approx(price, rel=1e-3)
    [(_, each)] = asked(prometheus, f'node_gpu_hourly_cost{{node="{node}"}}')
    assert 0.99 * price / ALL < each < price / ALL


def test_a_node_without_a_price_costs_nothing(tools: Stage, prometheus: str) -> None:
    """Nobody says what the real node costs: what it would cost somewhere else is not made its price."""
    priced = node_of(tools)
    query = f'node_cpu_hourly_cost{{node!="{priced}"}}'
    found = until("the real node is told of", lambda: asked(prometheus, query), PATIENCE)
    assert [metric["node"] for metric, usd in found if usd > 1e-6] == []


def test_what_it_tells_is_told_once(tools: Stage, prometheus: str, job: TrainingJob) -> None:
    """Objects that kube-state-metrics tells of too would be counted twice by the platform's rules."""
    query = f'kube_pod_container_resource_requests{{namespace="{job.tenant}",resource="nvidia_com_gpu"}}'
    found = until("it is told", lambda: asked(prometheus, query), 120)
    jobs = {metric["job"] for metric, _ in found}
    assert len(jobs) == 1
    assert not jobs & {metric["job"] for metric, _ in asked(prometheus, "node_gpu_count")}


def test_a_tenants_pods_stand_under_their_namespace_with_their_part_of_the_node(
    tools: Stage, prometheus: str, api: str, job: TrainingJob
) -> None:
    query = f'container_gpu_allocation{{namespace="{job.tenant}"}}'
    until("its pods are counted", lambda: asked(prometheus, query), PATIENCE)

    def found() -> dict[str, Any]:
        shown = allocated(api, aggregate="namespace")
        return one if (one := shown.get(job.tenant, {})).get("gpuCost") else {}

    one = until("they have cost something", found, PATIENCE)
    assert one["cpuCost"] > 0
    assert one["totalCost"] >= one["gpuCost"]
    hours = one["gpuHours"]
    assert hours > 0
    assert one["gpuCost"] / hours == pytest.approx(PRICE / ALL, rel=0.02)
    assert "kube-system" in allocated(api, aggregate="namespace")


@pytest.mark.parametrize(
    ("label", "value"), [(labels.TENANT, "team-a"), (labels.JOB, "costs"), (labels.POOL, POOL)]
)
def test_the_contracts_labels_are_asked_by(api: str, job: TrainingJob, label: str, value: str) -> None:
    assert job.name == "costs"

    def found() -> float:
        return allocated(api, aggregate=f"label:{label}").get(value, {}).get("gpuCost", 0)

    assert until(f"{value} has cost something", found, PATIENCE) > 0


def test_what_nobody_used_stands_beside_what_tenants_held(api: str, job: TrainingJob) -> None:
    assert job.tenant

    def rates() -> tuple[float, float]:
        shown = allocated(api, aggregate="namespace", includeIdle="true")
        costs = {name: one.get("gpuCost", 0) for name, one in shown.items()}
        return sum(costs.values()), sum(usd for name, usd in costs.items() if name.endswith("__idle__"))

    whole, idle = until("something lay idle", lambda: (found := rates())[1] and found, PATIENCE)
    assert 0 < idle < whole


def test_nobody_of_a_tenant_reaches_it(tools: Stage) -> None:
    address = f"http://{NAME}.{NAMESPACE}.svc:{PORT}/healthz"
    assert "URLError" in stranger(tools, address)
