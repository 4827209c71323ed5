"""What is said of the layer that scales services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from support.golden import REPO
from support.specs import minimal

from fairlead.catalog.read import load
from fairlead.operate import status
from fairlead.plan.load import load_plan
from fairlead.workload.api import Api

SPACE, API = "fairlead-scaling", "v1beta1.external.metrics.k8s.io"


def with_condition(name: str, space: str | None, **conditions: bool) -> dict[str, Any]:
    held = [{"type": kind, "status": "True" if holds else "False"} for kind, holds in conditions.items()]
    metadata = {"name": name, **({"namespace": space} if space else {})}
    return {"metadata": metadata, "status": {"conditions": held}}


def service(name: str, **conditions: bool) -> dict[str, Any]:
    return with_condition(name, "team-a", **{"Ready": True, "Fallback": False, **conditions})


def layer(monkeypatch: pytest.MonkeyPatch, **changes: list[dict[str, Any]]) -> status.LayerStatus:
    """The layer's status in a cluster where all of it stands, but for the changes."""
    quiet = {"enabled": False}
    layers = {"scaling": {"enabled": True}, "queue": quiet, "jobs": quiet, "health": quiet}
    plan = load_plan(minimal(layers=layers), "test", load())
    objects: Mapping[str, list[dict[str, Any]]] = {
        "Node": [],
        "Pod": [],
        "Deployment": [with_condition("keda-operator", SPACE, Available=True)],
        "StatefulSet": [],
        "Namespace": [{"metadata": {"name": name}} for name in ("team-a", SPACE)],
        "APIService": [with_condition(API, None, Available=True), with_condition("other", None)],
        "ScaledObject": [],
        **changes,
    }
    monkeypatch.setattr(Api, "__init__", lambda *_, **__: None)
    monkeypatch.setattr(Api, "list", lambda _, kind, __: (objects[kind], "1"))
    monkeypatch.setattr(Api, "close", lambda _: None)
    return next(one for one in status.read(REPO, plan).layers if one.name == "scaling")


def test_it_is_healthy_when_its_parts_stand_and_external_metrics_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = layer(monkeypatch, ScaledObject=[service("chat"), service("code")])
    assert (found.healthy, found.detail) == (True, "keda-operator, 2 services scaled")


def test_services_that_nobody_measures_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    services = [service("a"), service("b", Fallback=True), service("c", Ready=False)]
    found = layer(monkeypatch, ScaledObject=services)
    assert found.healthy
    assert found.detail == "keda-operator, 3 services scaled, without metrics: team-a/b, team-a/c"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"APIService": []}, "external metrics are not answered"),
        ({"APIService": [with_condition(API, None, Available=False)]}, "external metrics are not answered"),
        (
            {"Deployment": [with_condition("keda-operator", SPACE, Available=False)]},
            "not available: keda-operator",
        ),
        ({"Namespace": [{"metadata": {"name": "team-a"}}]}, f"not installed: {SPACE}"),
    ],
)
def test_whatever_does_not_stand_makes_it_ill(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], why: str
) -> None:
    found = layer(monkeypatch, **changes)
    assert (found.healthy, found.detail) == (False, why)
