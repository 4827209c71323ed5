"""KEDA in a platform: what stands before what, what is asked before use, and nothing of it where it is off."""

from __future__ import annotations

from typing import Any

import pytest
from support.charts import renderer
from support.clouds import cloud_plan, cloud_spec, system
from support.engine import Recorder, recorded, run
from support.specs import minimal
from support.targets import TARGETS, built

from fairlead.catalog.read import load
from fairlead.layers import readiness
from fairlead.layers.scaling import keda, place
from fairlead.operate.wanted import wanted
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.scaling_model import IMAGES
from fairlead.platform import Platform, controllers
from fairlead.program import charts_of

ON = {"scaling": {"enabled": True}}


@pytest.fixture(scope="module")
def plan() -> PlatformPlan:
    return load_plan(minimal(layers=ON), "test", load())


@pytest.fixture(scope="module")
def engine(plan: PlatformPlan) -> Recorder:
    render = renderer(charts_of(plan), plan.kubernetes)

    def program() -> None:
        Platform(plan, TARGETS["local"].cluster(plan), render).build()

    return recorded(program, "scaling")[1]


def own(engine: Recorder, kind: str) -> dict[str, str]:
    """URNs of KEDA's objects of a kind, by name."""
    return {
        one.object["metadata"]["name"]: one.urn
        for one in engine.of_kind(kind)
        if one.object["metadata"].get("namespace") in (None, place.NAMESPACE)
    }


def test_every_kind_of_keda_is_established_before_its_operator_starts(engine: Recorder) -> None:
    crds = {urn for name, urn in own(engine, "CustomResourceDefinition").items() if name.endswith("keda.sh")}
    assert len(crds) == 6
    assert crds <= engine.behind(own(engine, "Deployment")[place.OPERATOR])


def test_rights_and_fence_stand_before_any_pod(engine: Recorder) -> None:
    before = {
        urn
        for kind in ("ServiceAccount", "ClusterRole", "Role", "NetworkPolicy")
        for urn in own(engine, kind).values()
    }
    assert len(before) >= 10
    for part in (place.OPERATOR, place.ADAPTER, place.WEBHOOKS):
        mine = {urn for urn in before if part in urn} | {own(engine, "NetworkPolicy")["default-deny"]}
        assert mine <= engine.behind(own(engine, "Deployment")[part])


def test_the_metrics_api_comes_last_when_webhooks_and_adapter_have_answered(
    engine: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    [api] = [
        one for one in engine.of_kind("APIService") if one.object["metadata"]["name"] == place.API_SERVICE
    ]
    assert set(own(engine, "Deployment").values()) & engine.behind(api.urn) >= {
        own(engine, "Deployment")[part] for part in place.IMAGE_OF
    }
    assert api.object["metadata"]["annotations"]["pulumi.com/waitFor"] == "condition=Available"
    assert api.hooks == ("keda-webhook-answers",)
    asked: list[Any] = []
    monkeypatch.setattr(readiness, "dry_run", lambda path, obj, context: asked.append(obj))
    run(engine.hooks["keda-webhook-answers"](None))  # type: ignore[arg-type]
    assert asked == [keda.probe()]


def test_tenants_come_after_it_so_that_their_services_let_go_while_it_stands(engine: Recorder) -> None:
    needed = {*own(engine, "Deployment").values(), own(engine, "APIService")[place.API_SERVICE]}
    [tenant] = [one for one in engine.of_kind("Namespace") if one.object["metadata"]["name"] == "team-a"]
    assert needed <= engine.behind(tenant.urn)


def test_it_is_off_unless_asked_for_and_then_nothing_of_it_is_built_or_installed() -> None:
    local = built("local")
    assert not local.plan.scaling.enabled
    assert "keda" not in {one.name for one in controllers(local.plan, renderer(charts_of(local.plan)))}
    found = wanted(local.plan, samples=True)
    assert not set(IMAGES) & set(found.images)
    assert "keda" not in found.charts


def test_where_it_is_on_its_programs_and_kinds_are_brought_each_once(plan: PlatformPlan) -> None:
    found = wanted(plan, samples=False)
    assert set(IMAGES) <= set(found.images)
    assert len(found.images) == len(set(found.images))
    assert "keda" in found.charts


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_on_clouds_there_are_two_of_each_for_there_are_two_nodes_to_run_them(cloud: str) -> None:
    assert cloud_plan(cloud, layers=ON).scaling.replicas == 2
    one = {"scaling": {"enabled": True, "replicas": 1}}
    assert cloud_plan(cloud, layers=one).scaling.replicas == 1
    assert not cloud_plan(cloud).scaling.enabled


def test_on_one_node_there_is_one_of_each(plan: PlatformPlan) -> None:
    assert plan.scaling.replicas == 1


def test_nodes_with_accelerators_are_no_place_for_controllers_and_do_not_count() -> None:
    gpu = {"name": "gpu", "accelerators": "H100:8", "min": 1, "max": 1}
    one = [{**system("aws"), "min": 1}, gpu]
    assert load_plan({**cloud_spec("aws", layers=ON), "pools": one}, "test", load()).scaling.replicas == 1


def test_a_plan_says_that_nobody_measures(plan: PlatformPlan) -> None:
    [note] = [note for note in plan.notes if "fairlead-monitoring" in note]
    assert "keep the replicas that they have" in note
    off = load_plan(minimal(), "test", load())
    assert not [note for note in off.notes if "fairlead-monitoring" in note]
