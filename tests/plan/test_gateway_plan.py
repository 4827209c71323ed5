"""The gateway and what is served behind it, decided: who reaches it, under which names, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.specs import minimal

from fairlead.catalog import gateways
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.serving import SERVERS
from fairlead.plan.serving_model import SKLEARN

ONPREM = {"kind": "onprem", "kubeconfig": "/etc/somewhere", "context": "lab"}

NODES = {"names": ["a", "b"], "cpu": "8", "memory": "32Gi"}


def planned(target: dict[str, Any] | None = None, tenants: int = 1, **gateway: Any) -> PlatformPlan:
    layers = {
        "certificates": {"enabled": True},
        "gateway": {"enabled": True, **gateway},
        "serving": {"enabled": True},
    }
    several = [{"name": f"team-{one}", "quota": {"cpu": "10m", "memory": "1Mi"}} for one in range(tenants)]
    spec = minimal(layers=layers, tenants=several)
    if target is not None:
        spec |= {"target": target, "pools": [{"name": "system", "min": 2, "max": 2, "nodes": NODES}]}
    return load_plan(spec, "test", load())


def problems(**about: Any) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        planned(**about)
    return {one.where: one.what for one in caught.value.problems}


def test_it_is_reached_from_within_the_cluster_alone_unless_more_is_asked_for() -> None:
    plan = planned().gateway
    assert (plan.expose, plan.annotations, plan.allow) == ("cluster", {}, ())
    assert plan.namespaces == ("team-0",)
    assert plan.hosts("team-0") == "*.team-0.fairlead.internal"


def test_a_target_without_a_load_balancer_refuses_to_be_reached_from_outside() -> None:
    assert problems(expose="internal") == {
        "platform.layers.gateway.expose": "target local has no load balancer"
    }


def test_the_internet_reaches_nothing_without_a_list_of_who_may() -> None:
    found = problems(target=ONPREM, expose="internet")
    assert "say who may call" in found["platform.layers.gateway.allow"]
    assert planned(ONPREM, expose="internet", allow=["203.0.113.0/24"]).gateway.allow == ("203.0.113.0/24",)


def test_a_list_of_who_may_needs_somebody_who_lets_them_in() -> None:
    assert "no load balancer" in problems(allow=["10.0.0.0/8"])["platform.layers.gateway.allow"]


@pytest.mark.parametrize(("count", "fits"), [(63, True), (64, False)])
def test_there_are_no_more_tenants_than_listeners(count: int, fits: bool) -> None:
    if fits:
        assert len(planned(tenants=count).gateway.namespaces) == count
    else:
        assert "platform.layers.gateway.enabled" in problems(tenants=count)


@pytest.mark.parametrize(
    "domain", ["localhost", "Example.com", "a..b", "-a.b", "a.b/c", "*.a.b", "x" * 64 + ".com"]
)
def test_a_domain_that_is_none_is_refused(domain: str) -> None:
    assert list(problems(domain=domain)) == ["platform.layers.gateway.domain"]


@pytest.mark.parametrize("layer", ["certificates", "gateway"])
def test_models_are_served_only_where_what_they_stand_on_is(layer: str) -> None:
    layers = {name: {"enabled": name != layer} for name in ("certificates", "gateway", "serving")}
    with pytest.raises(InputError) as caught:
        load_plan(minimal(layers=layers), "test", load())
    assert any(layer in str(one) for one in caught.value.problems)


def test_a_local_cluster_serves_what_can_be_built_and_says_what_it_cannot() -> None:
    plan = planned()
    assert plan.serving.servers == (SKLEARN,)
    assert any("tensorflow-serving" in note and "only pulled" in note for note in plan.notes)
    assert planned(ONPREM).serving.servers == SERVERS


def test_everybody_on_the_internet_is_worth_a_note() -> None:
    assert any("Everybody" in note for note in planned(ONPREM, expose="internet", allow=["0.0.0.0/0"]).notes)
    assert not any(
        "Everybody" in note for note in planned(ONPREM, expose="internet", allow=["203.0.113.0/24"]).notes
    )


def test_off_it_is_a_capability_that_is_missing() -> None:
    plan = load_plan(minimal(), "test", load())
    [row] = [one for one in plan.capabilities if one.name == "gateway"]
    assert row.status == "unsupported"
    assert "platform.layers.gateway" in row.reason


def test_every_cloud_has_a_row_that_keeps_a_load_balancer_inside() -> None:
    rows = gateways.load()
    assert set(rows) == {"aws", "gcp", "azure", "onprem"}
    for name in ("aws", "gcp", "azure"):
        told = rows[name].annotations("internal")
        assert any(value.lower() in {"true", "internal"} for value in told.values())
        assert told != rows[name].annotations("internet")


def test_an_annotation_that_is_no_pair_is_told_with_its_row(tmp_path: Path) -> None:
    row = '[aws]\ninternal = ["nothing"]\nsource = "https://example.com"\ndate = 2026-11-29\n'
    (tmp_path / gateways.FILE).write_text(row)
    with pytest.raises(InputError, match=r"gateways.toml \[aws\]"):
        gateways.load_from(tmp_path)
