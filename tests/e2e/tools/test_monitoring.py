"""Monitoring: a real Prometheus asks every program of every layer, and what they say can be asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from e2e.stage import Stage, until
from e2e.tools.stranger import stranger
from fairlead import labels, series
from fairlead.layers.monitoring.place import ALERTMANAGER, NAMESPACE, OPERATOR, PORT, SERVER, SERVERS, SERVICE
from fairlead.layers.monitoring.tenants import MONITOR as TENANTS
from fairlead.layers.tracking.place import HOSTS
from fairlead.layers.tracking.place import NAME as MLFLOW
from fairlead.layers.tracking.place import PORT as MLFLOW_PORT
from fairlead.plan.tracking_model import NAMESPACE as TRACKING

pytestmark = pytest.mark.e2e

POD = f"prometheus-{SERVER}-0"
TELLS = """\
import http.server
class Tells(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"fairlead_checkpoint_timestamp_seconds %d\\n")
http.server.HTTPServer(("", 9000), Tells).serve_forever()
"""
"""A program that has written a checkpoint once and says so."""
FIRST = f'min(min_over_time(timestamp(up{{pod="{POD}"}})[1h:1s]))'
"""When it was asked first."""


@pytest.fixture(scope="module")
def address(tools: Stage) -> Iterator[str]:
    with tools.forwarded(NAMESPACE, SERVICE, PORT) as port:
        yield f"http://127.0.0.1:{port}/api/v1"


def read(address: str, path: str) -> Any:
    with urlopen(f"{address}/{path}", timeout=10) as answer:
        return json.load(answer)["data"]


def asked(address: str, query: str) -> list[dict[str, Any]]:
    return read(address, f"query?query={quote(query)}")["result"]


def figure(address: str, query: str, none: float = -1) -> float:
    """The one number that a query gives; none: what it is where nobody tells."""
    found = asked(address, query)
    return float(found[0]["value"][1]) if found else none


def monitors(tools: Stage) -> set[str]:
    return {one["metadata"]["name"] for one in tools.objects("podmonitors", NAMESPACE)}


def told(address: str) -> dict[str, str]:
    """Monitor -> what went wrong with the last of its pods that did not answer; empty where all have."""
    found: dict[str, str] = {}
    for one in read(address, "targets?state=active")["activeTargets"]:
        name = one["scrapePool"].split("/")[2]
        found[name] = found.get(name) or ("" if one["health"] == "up" else one["lastError"] or one["health"])
    return found


def test_the_layer_is_healthy(tools: Stage) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith("monitoring")]
    assert "healthy" in line


def test_every_program_that_is_asked_answers(tools: Stage, address: str) -> None:
    """Also those that ask who asks, and those that other operators have made."""
    # Of tenants' own pods there is one only where a test sends it; who tells people waits for their addresses.
    names = monitors(tools) - {TENANTS, ALERTMANAGER}
    known = {"kueue", "jobset", "trainer", "lws", "envoy", "fairlead-tracking-database", "store", "mlflow"}
    assert known <= names

    def silent() -> dict[str, str]:
        found = told(address)
        missing = {name: found.get(name, "no pod of it was found") for name in names}
        wrong = {name: why for name, why in missing.items() if why}
        print(wrong)  # shown where this fails
        return wrong

    until("all answer", lambda: not silent(), 120)


@pytest.mark.parametrize(
    "query",
    [
        "kueue_cluster_queue_status",
        'controller_runtime_reconcile_total{namespace="jobset-system"}',
        "certmanager_controller_sync_call_count",
        "envoy_cluster_membership_healthy",
        "cnpg_collector_up",
        "keda_build_info",
        "argo_workflows_gauge",
        "SeaweedFS_build_info",
        "prometheus_operator_managed_resources",
        "mlflow_exporter_info",
        'kube_pod_info{namespace="fairlead-monitoring"}',
    ],
)
def test_what_a_program_says_can_be_asked_for(address: str, query: str) -> None:
    found = until(f"there is {query}", lambda: asked(address, query), 60)
    assert {one["metric"]["namespace"] for one in found}


def test_what_a_queue_admits_is_counted(tools: Stage, address: str) -> None:
    """A job goes through the queue, and the figures of the queue say so."""
    query = f'sum(kueue_admitted_workloads_total{{cluster_queue="{queue(tools)}"}})'
    before = figure(address, query, none=0)
    job = tools.submit(name="counted", run="echo counted", timeout="5m")
    assert tools.finished(job) == "Succeeded"
    until("one more was admitted", lambda: figure(address, query, none=0) > before, 60)


def test_what_is_asked_of_mlflow_is_counted(tools: Stage, address: str) -> None:
    """By all of its workers together, whichever of them answers."""
    query = f'sum(mlflow_http_request_total{{namespace="{TRACKING}",status="200"}})'
    before, sent = figure(address, query, none=0), 6
    given = {"Host": HOSTS[0], "X-MLFLOW-WORKSPACE": "team-a", "Content-Type": "application/json"}
    with tools.forwarded(TRACKING, MLFLOW, MLFLOW_PORT) as port:
        url = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search"
        for _ in range(sent):
            with urlopen(Request(url, b'{"max_results": 1}', given), timeout=30) as answer:
                assert answer.status == 200
    until("they are counted", lambda: figure(address, query, none=0) >= before + sent, 60)


def test_what_pools_have_and_tenants_hold_has_the_contracts_names(tools: Stage, address: str) -> None:
    """Out of what the cluster's objects are, by rules that the server computes."""
    pool = f'{series.POOL_ACCELERATORS}{{pool="h100",accelerator="H100"}}'
    until("the pool's accelerators are counted", lambda: figure(address, pool) == 8, 120)
    job = tools.submit(name="holds", accelerators="H100:2", run_for="600s")
    held = f'{series.TENANT_HELD}{{tenant="team-a",pool="h100"}}'
    until("the tenant holds two", lambda: figure(address, held) == 2, 180)
    [pod] = asked(address, f'{series.POD}{{training_job="{job.name}"}}')
    assert (pod["metric"]["tenant"], pod["metric"]["pool"]) == ("team-a", "h100")
    tools.client.cancel(job.tenant, job.name)
    until("it holds none", lambda: figure(address, held) <= 0, 180)
    assert figure(address, f'{series.POOL_HELD}{{pool="h100"}}') == 0


def test_a_job_that_tells_of_itself_is_asked_at_the_port_that_it_names(tools: Stage, address: str) -> None:
    """And what it says of its checkpoints becomes the contract's figure, with its tenant and its name."""
    written = int(time.time()) - 1000
    job = tools.submit(name="tells", run=f"python3 -c '{TELLS % written}'", metrics_port=9000, timeout="5m")
    query = f'{series.CHECKPOINT_AGE}{{training_job="{job.name}"}}'
    [found] = until("its age is known", lambda: asked(address, query), 180)
    assert found["metric"]["tenant"] == "team-a"
    assert 1000 <= float(found["value"][1]) < 1400
    [told] = asked(address, f'{series.CHECKPOINT_TOLD}{{namespace="team-a"}}')
    assert told["metric"]["node"] == "node-0"
    tools.client.cancel(job.tenant, job.name)
    until("it ends with the job", lambda: not asked(address, query), 120)


def test_a_workload_that_waits_is_seen_waiting(tools: Stage, address: str) -> None:
    """More accelerators than there are: it waits, and the figure says how long."""
    job = tools.submit(name="waits", accelerators="H100:8", num_nodes=2)
    query = f'{series.WORKLOAD_WAITING}{{owner="{job.name}"}}'
    [found] = until("it is seen", lambda: asked(address, query), 120)
    assert (found["metric"]["tenant"], found["metric"]["queue"]) == ("team-a", "training")
    tools.client.cancel(job.tenant, job.name)
    until("it is gone", lambda: not asked(address, query), 120)


def queue(tools: Stage) -> str:
    [found] = tools.objects("localqueues.kueue.x-k8s.io", "team-a")[:1]
    return found["spec"]["clusterQueue"]


def test_who_is_not_let_in_cannot_ask_the_server(tools: Stage) -> None:
    assert "URLError" in stranger(tools, f"http://{labels.METRICS_HOST}:{PORT}/-/healthy")


def test_what_was_gathered_outlives_the_server(tools: Stage, address: str) -> None:
    [began] = asked(address, FIRST)
    old = tools.kubectl("get", "pod", POD, "-n", NAMESPACE, "-o", "jsonpath={.metadata.uid}")
    tools.kubectl("delete", "pod", POD, "-n", NAMESPACE, "--wait=true")

    def again() -> bool:
        uid = tools.kubectl("get", "pod", POD, "-n", NAMESPACE, "-o", "jsonpath={.metadata.uid}", check=False)
        return bool(uid) and uid != old and "NotFound" not in uid

    until("there is a new one", again, 60)
    tools.kubectl("wait", "--for=condition=Ready", f"pod/{POD}", "-n", NAMESPACE, "--timeout=120s")
    with tools.forwarded(NAMESPACE, SERVICE, PORT) as port:
        [kept] = asked(f"http://127.0.0.1:{port}/api/v1", FIRST)
    assert float(kept["value"][1]) <= float(began["value"][1]) + 1


def test_the_operator_has_no_right_outside_its_namespace(tools: Stage) -> None:
    account = f"system:serviceaccount:{NAMESPACE}:{OPERATOR}"
    for wish in (("list", "secrets"), ("create", "pods"), ("list", "nodes"), ("get", "configmaps")):
        said = tools.kubectl("auth", "can-i", *wish, "-n", "team-a", f"--as={account}", check=False)
        assert said.strip().startswith("no"), wish


def test_its_pods_are_those_that_the_fence_and_the_service_name(tools: Stage) -> None:
    chosen = ",".join(f"{key}={value}" for key, value in SERVERS.items())
    assert tools.kubectl("get", "pods", "-n", NAMESPACE, "-l", chosen, "-o", "name").split() == [f"pod/{POD}"]
