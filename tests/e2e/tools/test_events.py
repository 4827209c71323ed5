"""Events: the real controller, a real bus, and pods of a tenant under its fence that start a real workflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from e2e.stage import IMAGE, ROOT, Stage, until
from fairlead.layers.events import place

pytestmark = pytest.mark.e2e

TENANT = "team-a"
EVENT, SENSOR = yaml.safe_load_all((ROOT / "examples" / "events" / "nightly.yaml").read_text())
SMALL = {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}}
PORT = 12000


@pytest.fixture
def stage(tools: Stage) -> Iterator[Stage]:
    """A platform with events, and none of them afterwards."""
    yield tools
    tools.kubectl("delete", "eventsources,sensors", "-n", TENANT, "--all", "--timeout=120s")
    tools.kubectl("delete", "workflows", "-n", TENANT, "-l", "events.argoproj.io/sensor", "--timeout=120s")


def source(name: str, **spec: Any) -> dict[str, Any]:
    """The example's event source under another name, for other events."""
    made = deepcopy(EVENT)
    made["metadata"]["name"] = name
    del made["spec"]["calendar"]
    made["spec"] |= spec
    return made


def sensor(name: str, event: str) -> dict[str, Any]:
    """The example's sensor, which sends a workflow of one step."""
    made = deepcopy(SENSOR)
    made["metadata"]["name"] = name
    made["spec"]["dependencies"] = [{"name": "it", "eventSourceName": name, "eventName": event}]
    step = {"image": IMAGE, "command": ["python3", "-c", "print('started by an event')"], "resources": SMALL}
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": f"{name}-"},
        "spec": {"entrypoint": "say", "templates": [{"name": "say", "container": step}]},
    }
    made["spec"]["triggers"] = [
        {"template": {"name": "say", "k8s": {"operation": "create", "source": {"resource": workflow}}}}
    ]
    return made


def started(stage: Stage, name: str) -> list[dict[str, Any]]:
    chosen = f"events.argoproj.io/sensor={name}"
    return json.loads(stage.kubectl("get", "workflows", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]


def ready(stage: Stage, label: str) -> bool:
    found = json.loads(stage.kubectl("get", "pods", "-n", TENANT, "-l", label, "-o", "json"))["items"]
    return bool(found) and all(
        one["status"] == "True"
        for pod in found
        for one in pod["status"].get("conditions", [])
        if one["type"] == "Ready"
    )


def test_the_layer_is_healthy_and_each_tenant_has_a_bus(stage: Stage) -> None:
    [line] = [one for one in stage.fairlead("status").splitlines() if one.startswith("events ")]
    assert "healthy" in line
    for tenant in (TENANT, "team-b"):
        [found] = stage.objects("eventbus", tenant)
        told = {one["type"]: one["status"] for one in found["status"]["conditions"]}
        assert told["Deployed"] == "True"


def test_the_calendar_starts_a_workflow_that_runs(stage: Stage) -> None:
    stage.sent(sensor("clock", "tick"))
    until("the sensor runs", lambda: ready(stage, f"{place.SENSOR}=clock"), 300)
    stage.sent(source("clock", calendar={"tick": {"interval": "10s"}}))
    [first, *_] = until("a workflow is there", lambda: started(stage, "clock"), 300)
    name = first["metadata"]["name"]

    def phase() -> str:
        found = json.loads(stage.kubectl("get", "workflow", name, "-n", TENANT, "-o", "json"))
        return found.get("status", {}).get("phase", "")

    until("it ends", lambda: phase() in ("Succeeded", "Failed", "Error"), 400)
    assert phase() == "Succeeded"


def test_a_call_starts_a_workflow(stage: Stage) -> None:
    """By a pod of the same tenant; nobody else reaches it."""
    stage.sent(sensor("called", "trained"))
    web = {"trained": {"port": str(PORT), "endpoint": "/trained", "method": "POST"}}
    service = {"ports": [{"port": PORT, "targetPort": PORT}]}
    stage.sent(source("called", webhook=web, service=service))
    for label in (f"{place.SENSOR}=called", "eventsource-name=called"):
        until(f"{label} runs", lambda label=label: ready(stage, label), 300)
    host = f"called-eventsource-svc.{TENANT}"
    address = f"http://{host}:{PORT}/trained"
    said = "data=b'{}', headers={'Content-Type': 'application/json'}"
    ask = f"import urllib.request as u; print(u.urlopen(u.Request('{address}', {said}), timeout=20).status)"
    step = {"image": IMAGE, "command": ["python3", "-c", ask], "resources": SMALL}
    caller = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "caller", "namespace": TENANT},
        "spec": {"entrypoint": "ask", "templates": [{"name": "ask", "container": step}]},
    }
    stage.sent(caller)
    assert until("a workflow is there", lambda: started(stage, "called"), 300)
    stage.kubectl("delete", "workflow", "caller", "-n", TENANT, "--timeout=120s")
