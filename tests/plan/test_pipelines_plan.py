"""Where Kubeflow Pipelines can run, what its plan says, and what it is refused for."""

from __future__ import annotations

from typing import Any

import pytest
from support.clouds import CLOUDS, refused
from support.pipelines import DATABASE, TARGETS, plan, spec

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan import compatibility
from fairlead.plan.compatibility import lock_problems
from fairlead.plan.load import load_plan
from fairlead.plan.pipelines_model import API, LAYER, NAMESPACE
from fairlead.spec.model import Platform

ON = {"workflows": {"enabled": True}, LAYER: {"enabled": True, "database": DATABASE}}


def problem(found: dict[str, Any]) -> Any:
    with pytest.raises(InputError) as caught:
        load_plan(found, "test", load())
    [one] = caught.value.problems
    return one


def test_no_target_claims_that_it_was_seen_to_run_and_each_says_why() -> None:
    rows = {target: rows[LAYER] for target, rows in load().capabilities.items()}
    assert {target: row.status for target, row in rows.items()} == {
        **dict.fromkeys(TARGETS, "unproven"),
        **dict.fromkeys(("local", "azure"), "unsupported"),
    }
    assert all("images are only pulled" in rows[target].reason for target in (*TARGETS, "local"))
    assert "s3:// and gs:// alone" in rows["azure"].reason


@pytest.mark.parametrize("target", TARGETS)
def test_a_plan_has_what_was_asked_for(target: str) -> None:
    found = plan(target)
    assert found.pipelines.enabled
    assert found.pipelines.cache is False
    assert found.pipelines.database is not None
    assert (found.pipelines.database.host, found.pipelines.database.port) == (DATABASE["host"], 3306)
    assert found.pipelines.database.ranges == tuple(DATABASE["ranges"])
    assert found.capability(LAYER).status == "unproven"
    assert found.layer(LAYER).needs == ("tenancy", "workflows")


def test_a_layer_that_is_off_asks_for_nothing() -> None:
    found = spec("aws", enabled=False)
    assert not load_plan(found, "test", load()).pipelines.enabled


@pytest.mark.parametrize("cloud", [one for one in CLOUDS if one not in TARGETS])
def test_a_cloud_whose_store_it_does_not_read_is_refused_with_the_reason(cloud: str) -> None:
    [one] = refused(cloud, layers=ON)
    assert one.where == f"platform.layers.{LAYER}.enabled"
    assert load().capabilities[cloud][LAYER].reason in one.what


def test_a_platform_without_a_database_is_told_that_postgresql_does_not_do() -> None:
    found = spec("aws")
    del found["layers"][LAYER]["database"]
    found["layers"]["databases"] = {"enabled": True}
    one = problem(found)
    assert one.where == f"platform.layers.{LAYER}.database"
    assert "PostgreSQL only without TLS" in one.what


def test_two_servers_of_the_api_where_two_nodes_are_always_there_else_one() -> None:
    found = spec("onprem")
    assert load_plan(found, "test", load()).pipelines.replicas == 1
    [system] = found["pools"]
    system |= {"min": 2, "max": 2, "nodes": {**system["nodes"], "names": ["cpu-0", "cpu-1"]}}
    assert load_plan(found, "test", load()).pipelines.replicas == 2
    assert plan("onprem", replicas=3).pipelines.replicas == 3


def test_the_reader_is_told_what_to_bring_and_who_is_not_asked() -> None:
    text = " ".join(plan().notes)
    assert f"waits for the secret pipelines-database in {NAMESPACE}" in text
    assert "can read and change what runs of other tenants have recorded" in text
    assert "The cache of pipelines" not in text
    assert "may call any address on port 3306" not in text
    loose = " ".join(plan(cache=True, database={"host": "mysql.example.com", "port": 3307}).notes)
    assert "The cache of pipelines asks nobody" in loose
    assert "may call any address on port 3307" in loose


def test_a_kubernetes_that_it_was_not_tested_on_is_told() -> None:
    found = plan()
    assert not [one for one in found.notes if API in one]
    uses = compatibility.planned(found.layers, found.fabrics, [])
    [note] = compatibility.notes(uses, "1.32.0")
    assert f"{API} 2.17.0 (tested on 1.33 to 1.36)" in note
    asked = compatibility.asked(Platform.model_validate(spec("aws")).layers)
    assert compatibility.Use(API, LAYER) in asked


@pytest.mark.parametrize(
    ("version", "fits"), [("4.0.5", True), ("4.0.9", True), ("4.1.0", False), ("3.7.14", False)]
)
def test_an_argo_that_it_was_not_made_for_is_refused_in_the_lock(version: str, fits: bool) -> None:
    charts = dict(lock.charts())
    charts["argo-workflows"] = charts["argo-workflows"].model_copy(update={"version": version})
    found = [one for one in lock_problems(charts) if one.what.startswith(API)]
    assert bool(found) is not fits


def test_a_release_that_moves_without_its_row_is_refused_in_the_lock() -> None:
    images = dict(lock.images())
    images[API] = images[API].model_copy(update={"tag": "2.18.0"})
    [one] = lock_problems(images=images)
    assert (one.given, one.allowed) == ("2.17.0", "2.18.0")
