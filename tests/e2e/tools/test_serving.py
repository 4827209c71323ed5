"""Models behind the gateway: a job trains one, KServe serves it, and callers are answered over the net."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from e2e.stage import Stage, throughout, until
from e2e.tools.flowers import IMAGE, SETOSA, VIRGINICA, trained
from e2e.tools.web import DOMAIN, Answer, Web, pod, web
from fairlead import labels
from fairlead.layers.gateway.place import API, GROUP
from fairlead.layers.serving.place import NEW
from fairlead.plan.gateway_model import NAME, NAMESPACE
from fairlead.workload.serve_state import SERVICE_LABEL

pytestmark = pytest.mark.e2e

HOST = f"flowers.team-a.{DOMAIN}"
SDK = """
import asyncio, json
from kserve import InferenceRESTClient, RESTConfig
client = InferenceRESTClient(config=RESTConfig(protocol="v1"))
async def main():
    where = "http://flowers-predictor.team-a.svc.cluster.local"
    answer = await client.infer(where, model_name="flowers", data={"instances": [[5.1, 3.5, 1.4, 0.2]]})
    ready = await client.is_model_ready(where, model_name="flowers")
    print("SDK", json.dumps(answer), ready)
asyncio.run(main())
"""


def model(name: str, version: str, gpus: int = 0, **more: str) -> dict[str, Any]:
    """An InferenceService with one of the two versions; more: labels."""
    devices = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    small = {
        "requests": {"cpu": "50m", "memory": "256Mi", **devices},
        "limits": {"cpu": "1", "memory": "768Mi", **devices},
    }
    predictor: dict[str, Any] = {
        "serviceAccountName": labels.WORKLOAD_ACCOUNT,
        "minReplicas": 1,
        "maxReplicas": 1,
        "model": {
            "modelFormat": {"name": "sklearn"},
            "storageUri": f"s3://fairlead-team-a/models/flowers/{version}",
            "resources": small,
        },
    }
    if gpus:
        predictor["tolerations"] = [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
        predictor["nodeSelector"] = {labels.ACCELERATOR: "H100"}
    meta = {
        "name": name,
        "namespace": "team-a",
        "annotations": {"serving.kserve.io/autoscalerClass": "none"},
        "labels": {labels.QUEUE: "inference", labels.PRIORITY: "inference", **more},
    }
    return {"apiVersion": NEW, "kind": "InferenceService", "metadata": meta, "spec": {"predictor": predictor}}


@pytest.fixture(scope="module")
def served(tools: Stage) -> Iterator[Stage]:
    """A platform on which a job has trained two versions, and the first of them is served."""
    trained(tools, "train-flowers")
    tools.apply(model("flowers", "1"))
    ready(tools, "flowers")
    yield tools
    tools.kubectl("delete", "inferenceservices,httproutes,pods", "--all", "-n", "team-a", "--timeout=120s")


def ready(stage: Stage, name: str) -> None:
    done = ["wait", "--for=condition=Ready", f"inferenceservice/{name}", "-n", "team-a", "--timeout=240s"]
    said = stage.kubectl(*done, check=False)
    assert "condition met" in said, stage.kubectl("describe", "inferenceservice,pods", "-n", "team-a")[-6000:]


@pytest.fixture
def door(served: Stage) -> Iterator[Web]:
    with web(served) as found:
        yield found


def ask(door: Web, path: str, body: object = None) -> Answer:
    """The answer once the gateway has the route."""

    def asked() -> Answer | None:
        answer = door.call(HOST, path, body)
        return answer if answer.status == 200 else None

    return until(f"{path} is answered", asked, 60)


def test_the_layer_is_healthy(tools: Stage) -> None:
    line = next(one for one in tools.fairlead("status").splitlines() if one.startswith("serving"))
    assert "healthy" in line


def test_a_prediction_is_answered_through_the_gateway(door: Web) -> None:
    answer = ask(door, "/v1/models/flowers:predict", {"instances": [SETOSA, VIRGINICA]})
    assert answer.json == {"predictions": [0, 2]}


def test_the_open_inference_protocol_is_answered_too(door: Web) -> None:
    wanted = {"name": "rows", "shape": [2, 4], "datatype": "FP64", "data": [*SETOSA, *VIRGINICA]}
    answer = ask(door, "/v2/models/flowers/infer", {"inputs": [wanted]}).json
    assert answer["model_name"] == "flowers"
    assert answer["outputs"][0]["data"] == [0, 2]


def test_wrong_input_is_told_and_harms_nobody(door: Web) -> None:
    ask(door, "/v1/models/flowers:predict", {"instances": [SETOSA]})
    assert door.call(HOST, "/v1/models/flowers:predict", {"instances": [[1.0]]}).status >= 400
    assert door.call(HOST, "/v1/models/absent:predict", {"instances": [SETOSA]}).status == 404
    assert ask(door, "/v1/models/flowers:predict", {"instances": [SETOSA]}).json == {"predictions": [0]}


def test_the_server_runs_without_rights_and_without_the_keys_of_the_cluster(served: Stage) -> None:
    [found] = pods(served, "flowers")
    spec = found["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == labels.WORKLOAD_ACCOUNT
    for box in [*spec["initContainers"], *spec["containers"]]:
        assert box["securityContext"]["runAsNonRoot"] is True
        assert box["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not any("SECRET" in one["name"] for one in box.get("env", []))


def test_the_client_of_kserve_works_unchanged(served: Stage) -> None:
    caller = pod("sdk", "team-a", SDK, restartPolicy="Never")
    caller["spec"]["containers"][0] |= {
        "image": IMAGE,
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }
    served.apply(caller)

    def phase() -> str:
        return served.kubectl("get", "pod", "sdk", "-n", "team-a", "-o", "jsonpath={.status.phase}")

    until("it has ended", lambda: phase() in ("Failed", "Succeeded"), 120)
    said = served.kubectl("logs", "sdk", "-n", "team-a")
    assert 'SDK {"predictions": [0]} True' in said


def test_a_second_version_gets_the_part_of_the_calls_that_its_weight_says(served: Stage, door: Web) -> None:
    inside = {labels.ENDPOINT: "roses", "networking.kserve.io/visibility": "cluster-local"}
    for version in ("1", "2"):
        served.apply(model(f"roses-{version}", version, **inside))
    for version in ("1", "2"):
        ready(served, f"roses-{version}")
    weights = {"1": 80, "2": 20}
    refs = [
        {"name": f"roses-{one}-predictor", "port": 80, "weight": weight} for one, weight in weights.items()
    ]
    served.apply(
        {
            "apiVersion": API,
            "kind": "HTTPRoute",
            "metadata": {"name": "roses", "namespace": "team-a"},
            "spec": {
                "parentRefs": [{"group": GROUP, "kind": "Gateway", "name": NAME, "namespace": NAMESPACE}],
                "hostnames": [f"roses.team-a.{DOMAIN}"],
                "rules": [{"backendRefs": refs}],
            },
        }
    )
    host, body = f"roses.team-a.{DOMAIN}", {"instances": [SETOSA]}
    until("it is routed", lambda: door.call(host, "/v1/models/roses:predict", body).status == 200, 60)
    found = [door.call(host, "/v1/models/roses:predict", body).json["predictions"][0] for _ in range(100)]
    assert set(found) == {0, 2}
    assert 8 <= found.count(2) <= 36


def pods(stage: Stage, name: str) -> list[dict[str, Any]]:
    found = stage.kubectl("get", "pods", "-n", "team-a", "-l", f"{SERVICE_LABEL}={name}", "-o", "json")
    return json.loads(found)["items"]


def test_a_model_without_a_queue_is_refused_and_told_why(served: Stage) -> None:
    alone = model("alone", "1")
    del alone["metadata"]["labels"]
    said = served.kubectl("create", "-f", "-", given=alone, check=False)
    assert f"add the label {labels.QUEUE}: inference" in said


def test_accelerators_of_models_are_counted_and_nodes_are_the_queues_to_choose(served: Stage) -> None:
    """Tenants have four each, and lend: two models with four each, and a third that waits until one of them goes."""
    for name in ("gpu-a", "gpu-b"):
        served.apply(model(name, "1", gpus=4))
        until(f"{name} has a node", lambda name=name: _node(served, name), 90)
        assert _node(served, name).startswith("h100")
    served.apply(model("gpu-c", "1", gpus=4))
    until("its pod waits", lambda: pods(served, "gpu-c"), 60)
    throughout("it waits", lambda: not _node(served, "gpu-c"), 5)
    gates = [one["name"] for one in pods(served, "gpu-c")[0]["spec"]["schedulingGates"]]
    assert "kueue.x-k8s.io/admission" in gates
    served.kubectl("delete", "inferenceservice", "gpu-a", "-n", "team-a")
    until("it has a node", lambda: _node(served, "gpu-c"), 120)


def _node(stage: Stage, name: str) -> str:
    return next((one["spec"].get("nodeName", "") for one in pods(stage, name)), "")


def test_a_member_serves_models_and_changes_no_server_of_all(tools: Stage) -> None:
    for kind, allowed in (
        ("inferenceservices.serving.kserve.io", "yes"),
        ("servingruntimes.serving.kserve.io", "yes"),
        ("clusterservingruntimes.serving.kserve.io", "no"),
        ("clusterstoragecontainers.serving.kserve.io", "no"),
    ):
        asked = ["auth", "can-i", "create", kind, "-n", "team-a", "--as=somebody", "--as-group=team-a"]
        assert tools.kubectl(*asked, check=False).split()[0] == allowed
