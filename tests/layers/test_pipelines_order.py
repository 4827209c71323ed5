"""Kubeflow Pipelines on a whole platform: what stands before what, as the engine is told."""

from __future__ import annotations

import pytest
from support.engine import Recorder
from support.pipelines import plan
from support.targets import registered

from fairlead.layers.pipelines.place import AGENT, API, METADATA, SCHEDULES
from fairlead.plan.pipelines_model import NAMESPACE

KIND = "scheduledworkflows.kubeflow.org"


@pytest.fixture(scope="module")
def engine() -> Recorder:
    return registered(plan("onprem"), "onprem")


@pytest.mark.parametrize("controller", [AGENT, SCHEDULES])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Deployment", API),
        ("Deployment", METADATA),
        ("Deployment", "workflow-controller"),
        ("CustomResourceDefinition", KIND),
        ("CustomResourceDefinition", "workflows.argoproj.io"),
        ("NetworkPolicy", f"{API}-calls"),
        ("ClusterRole", f"fairlead:pipelines:{AGENT}"),
    ],
)
def test_the_controllers_stand_behind_what_they_call_and_watch(
    engine: Recorder, controller: str, kind: str, name: str
) -> None:
    assert engine.named(kind, name).urn in engine.behind(engine.named("Deployment", controller).urn)


def test_programs_stand_before_tenants_and_outlive_them(engine: Recorder) -> None:
    """What a namespace that is deleted still holds is released by them."""
    needed = {engine.named("Deployment", name).urn for name in (API, METADATA, AGENT, SCHEDULES)}
    assert needed <= engine.behind(engine.named("Namespace", "team-a").urn)


def test_everything_of_the_layer_lies_in_its_namespace_or_in_a_tenants(engine: Recorder) -> None:
    own = [
        made.object for made in engine.of_kind("Deployment") if "ml-pipeline" in str(made.object["metadata"])
    ]
    assert {made["metadata"]["namespace"] for made in own} == {NAMESPACE}
