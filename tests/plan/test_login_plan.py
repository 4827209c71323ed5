"""Login, decided: nothing of the platform's own is reached without it, and somebody can log in."""

from __future__ import annotations

from typing import Any

import pytest
from support.login import LOGIN, TENANTS, with_login
from support.specs import minimal

from fairlead.catalog.read import load
from fairlead.errors import InputError
from fairlead.plan.load import load_plan

WHERE = "platform.layers.gateway.login"
ONPREM = {
    "target": {"kind": "onprem", "kubeconfig": "/etc/somewhere", "context": "lab"},
    "pools": [
        {
            "name": "system",
            "min": 2,
            "max": 2,
            "nodes": {"names": ["a", "b"], "cpu": "8", "memory": "32Gi"},
        }
    ],
}


def problems(spec: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        load_plan(spec, "test", load())
    return {one.where: one.what for one in caught.value.problems}


def test_mlflow_has_a_host_beside_those_of_the_tenants() -> None:
    plan = load_plan(with_login(), "test", load())
    assert plan.gateway.page("mlflow") == "mlflow.ml.example.com"
    assert plan.gateway.page("another") == ""
    assert any("mlflow.ml.example.com" in note for note in plan.notes)


def test_a_token_is_taken_when_it_is_for_the_gateway_or_for_an_audience_that_is_named() -> None:
    plan = load_plan(with_login(audiences=["cli"]), "test", load())
    assert plan.gateway.login is not None
    assert plan.gateway.login.audiences == ("fairlead", "cli")


@pytest.mark.parametrize(
    "gateway", [{"enabled": True}, {"enabled": False}, {"enabled": False, "login": LOGIN}]
)
def test_a_layer_that_wants_to_be_reached_without_login_is_refused(gateway: dict[str, Any]) -> None:
    spec = with_login()
    spec["layers"]["gateway"] = gateway
    assert "has not logged in" in problems(spec)["platform.layers.tracking.login"]


def test_without_the_wish_a_login_opens_nothing() -> None:
    plan = load_plan(with_login(login=False), "test", load())
    assert plan.gateway.login is not None
    assert plan.gateway.login.pages == ()
    assert plan.gateway.page("mlflow") == ""
    assert any("nobody else does" in note for note in plan.notes)


def test_a_local_proxy_must_be_told_who_signs_for_the_issuer_and_others_need_not_be() -> None:
    assert "no public authorities" in problems(with_login(authority=None))[f"{WHERE}.authority"]
    found = load_plan({**with_login(authority=None), **ONPREM}, "test", load()).gateway.login
    assert found is not None
    assert found.authority == ""


def test_somebody_must_be_able_to_log_in() -> None:
    nobody = [{**tenant, "groups": []} for tenant in TENANTS]
    assert "nobody could log in" in problems(with_login(nobody, admins=None))[f"{WHERE}.admins"]
    load_plan(with_login(nobody), "test", load())
    load_plan(with_login(admins=None), "test", load())


@pytest.mark.parametrize(("count", "fits"), [(62, True), (63, False)])
def test_a_page_takes_the_place_of_a_tenant_among_the_listeners(count: int, fits: bool) -> None:
    tenants = [{**TENANTS[0], "name": f"team-{one}"} for one in range(count)]
    if fits:
        load_plan(with_login(tenants), "test", load())
    else:
        assert "platform.layers.gateway.enabled" in problems(with_login(tenants))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("issuer", "http://login.example.com"),
        ("token_endpoint", "https://login.example.com/token?x=1"),
        ("jwks_uri", "https://Login.example.com/keys"),
        ("authorization_endpoint", "login.example.com"),
        ("secret", "with/slash"),
        ("client_secret", "hunter2"),
    ],
)
def test_what_is_no_address_or_would_be_a_secret_is_refused(key: str, value: str) -> None:
    assert list(problems(with_login(**{key: value}))) == [f"{WHERE}.{key}"]


def test_without_the_layer_nothing_is_decided() -> None:
    assert load_plan(minimal(), "test", load()).gateway.login is None
