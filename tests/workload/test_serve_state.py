"""What a model does, out of the objects that the controllers keep."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead import labels
from fairlead.workload.serve_state import ADMISSION, SERVICE_LABEL, derive


def service(name: str = "chat-1", tenant: str = "team-a", **status: Any) -> dict[str, Any]:
    marks = {labels.ENDPOINT: name.rpartition("-")[0]}
    return {
        "metadata": {"name": name, "namespace": tenant, "labels": marks},
        "spec": {"predictor": {"model": {"storageUri": "s3://models/1"}}},
        "status": status,
    }


def pod(of: str, tenant: str = "team-a", *, ready: bool = False, waits: bool = False) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    gates = [{"name": ADMISSION}] if waits else []
    return {
        "metadata": {"name": "p", "namespace": tenant, "labels": {SERVICE_LABEL: of}},
        "spec": {"schedulingGates": gates},
        "status": {"conditions": conditions},
    }


def route(**weights: int) -> dict[str, Any]:
    backends = [{"name": f"chat-{name}-predictor", "weight": one} for name, one in weights.items()]
    meta = {"name": "chat", "namespace": "team-a"}
    return {"metadata": meta, "spec": {"hostnames": ["chat.x"], "rules": [{"backendRefs": backends}]}}


YES = {"conditions": [{"type": "Ready", "status": "True"}]}


def why(status: dict[str, Any], *pods: dict[str, Any]) -> str:
    [model] = derive([service(**status)], [], pods)
    return model.versions[0].reason


def test_replicas_count_that_answer_and_are_the_versions_own() -> None:
    pods = [
        pod("chat-1", ready=True),
        pod("chat-1"),
        pod("chat-2", ready=True),
        pod("chat-1", "team-b", ready=True),
    ]
    [model] = derive([service(**YES)], [route(**{"1": 3})], pods)
    [version] = model.versions
    assert (version.running, version.weight, version.ready, version.reason) == (1, 3, True, "")


def test_a_version_that_no_route_names_has_no_weight_and_its_model_no_url() -> None:
    [model] = derive([service(**YES)], [], [])
    assert (model.url, model.versions[0].weight) == ("", None)


def test_models_of_one_name_in_two_tenants_are_two() -> None:
    found = derive([service("chat-1"), service("chat-1", "team-b"), service("chat-2")], [], [])
    assert [(one.tenant, [v.name for v in one.versions]) for one in found] == [
        ("team-a", ["1", "2"]),
        ("team-b", ["1"]),
    ]


@pytest.mark.parametrize(
    ("status", "pods", "said"),
    [
        (YES, [pod("chat-1", waits=True)], ""),
        ({}, [], "starts"),
        ({}, [pod("chat-1", waits=True)], "waits in the queue"),
        (
            {"modelStatus": {"lastFailureInfo": {"message": "no such key"}}},
            [pod("chat-1")],
            "no such key",
        ),
        (
            {"conditions": [{"type": "PredictorReady", "status": "False", "message": "minimum lacks"}]},
            [],
            "minimum lacks",
        ),
    ],
)
def test_why_it_is_not_ready_is_said_in_the_controllers_words(
    status: dict[str, Any], pods: list[dict[str, Any]], said: str
) -> None:
    assert why(status, *pods) == said
