"""The controllers of queues and jobs: nobody of the node, whose files stay as they are, and called by doors alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pod_security import restricted_violations
from support.engine import Recorder
from support.targets import built

from fairlead.layers import woven
from fairlead.layers.objects import MONITORING

SPACES = {"kueue": "kueue-system", "jobset": "jobset-system", "kubeflow-trainer": "kubeflow-system"}


@pytest.fixture(scope="module")
def engine() -> Recorder:
    return built("local").recorder


def inside(engine: Recorder, kind: str, controller: str) -> list[Mapping[str, Any]]:
    space = SPACES[controller]
    return [made.object for made in engine.of_kind(kind) if made.object["metadata"].get("namespace") == space]


def test_every_controller_has_doors() -> None:
    assert woven.DOORS.keys() == SPACES.keys()


@pytest.mark.parametrize("controller", SPACES)
def test_a_controller_is_nobody_of_the_node_and_writes_no_file(engine: Recorder, controller: str) -> None:
    [one] = inside(engine, "Deployment", controller)
    template = one["spec"]["template"]
    assert restricted_violations(template) == []
    context = template["spec"]["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (woven.USER, woven.USER)
    assert all(box["securityContext"]["readOnlyRootFilesystem"] for box in template["spec"]["containers"])


@pytest.mark.parametrize("controller", SPACES)
def test_a_port_is_a_door_or_only_the_node_asks_there_how_it_is(engine: Recorder, controller: str) -> None:
    [one] = inside(engine, "Deployment", controller)
    [box] = one["spec"]["template"]["spec"]["containers"]
    named = {port.get("name"): port["containerPort"] for port in box["ports"]}
    asked = {box[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")}
    fences = {obj["metadata"]["name"]: obj["spec"] for obj in inside(engine, "NetworkPolicy", controller)}
    doors = {rule["ports"][0]["port"]: rule.get("from") for rule in fences[controller]["ingress"]}
    assert doors.keys() == set(named.values()) - {named.get(port, port) for port in asked}
    assert doors[woven.METRICS] == [MONITORING]
    assert {port for port, peers in doors.items() if peers is None} == set(woven.DOORS[controller])
    assert fences[controller]["podSelector"]["matchLabels"] == one["spec"]["selector"]["matchLabels"]
    assert fences["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
