"""Secrets from elsewhere: the real operator brings what is kept for a tenant to that tenant, and to no other."""

from __future__ import annotations

import base64
import copy
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from e2e.stage import ROOT, Stage, until
from fairlead.layers.secrets.place import API, STORE, kept_in
from fairlead.plan.secrets_model import ACCOUNT

pytestmark = pytest.mark.e2e

TENANT, OTHER = "team-a", "team-b"


@pytest.fixture(scope="module")
def example() -> Mapping[str, Any]:
    return yaml.safe_load((ROOT / "examples" / "secrets" / "registry.yaml").read_text())


@pytest.fixture
def value(tools: Stage) -> Iterator[str]:
    """What an administrator has put where Secrets of the tenant are kept."""
    made = secrets.token_hex(8)
    keep(tools, TENANT, "hub", made)
    yield made
    for kind in ("externalsecrets.external-secrets.io", "secrets"):
        tools.kubectl("delete", kind, "-n", TENANT, "--ignore-not-found", "hub-token")
    tools.kubectl("delete", "secrets", "-n", kept_in(TENANT), "--ignore-not-found", "hub")


def keep(stage: Stage, tenant: str, name: str, value: str) -> None:
    made = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": kept_in(tenant)},
        "stringData": {"token": value},
    }
    stage.kubectl("apply", "-f", "-", given=made)


def brought(stage: Stage, tenant: str, name: str) -> str:
    """The value that a tenant's Secret has; empty where there is none."""
    told = stage.kubectl("get", "secret", "-n", tenant, name, "--ignore-not-found", "-o", "json")
    return base64.b64decode(json.loads(told)["data"]["HF_TOKEN"]).decode() if told else ""


def why(stage: Stage, tenant: str, name: str) -> Mapping[str, str]:
    """Its condition; empty before it has one."""
    [found] = [one for one in stage.objects("externalsecrets", tenant) if one["metadata"]["name"] == name]
    return next(iter(found.get("status", {}).get("conditions", [])), {})


@pytest.mark.parametrize("tenant", [TENANT, OTHER])
def test_every_tenants_store_is_ready(tools: Stage, tenant: str) -> None:
    [store] = tools.objects("secretstores", tenant)
    assert store["metadata"]["name"] == STORE
    assert until("the store is looked at", lambda: _ready(tools, tenant)) == "True"


def _ready(stage: Stage, tenant: str) -> str:
    [store] = stage.objects("secretstores", tenant)
    told = store.get("status", {}).get("conditions", [])
    return next((one["status"] for one in told if one["type"] == "Ready"), "")


def test_a_member_gets_what_is_kept_and_what_it_becomes(
    tools: Stage, value: str, example: Mapping[str, Any]
) -> None:
    often = copy.deepcopy(dict(example))
    often["spec"]["refreshInterval"] = "2s"
    tools.sent(often)
    until("the Secret is there", lambda: brought(tools, TENANT, "hub-token") == value)
    keep(tools, TENANT, "hub", "changed")
    until("it follows", lambda: brought(tools, TENANT, "hub-token") == "changed")
    tools.kubectl(
        *("delete", "externalsecret", "-n", TENANT, "hub-token", "--as", "somebody", "--as-group", TENANT)
    )
    until("it goes with what named it", lambda: not brought(tools, TENANT, "hub-token"))
    assert not tools.objects("externalsecrets", TENANT)


def test_another_tenants_secrets_are_out_of_reach(tools: Stage, example: Mapping[str, Any]) -> None:
    """The store reads one namespace; a member can neither change it nor make another."""
    keep(tools, OTHER, "theirs", "not for you")
    made = copy.deepcopy(dict(example))
    made["metadata"]["name"] = made["spec"]["target"]["name"] = "theirs"
    made["spec"]["data"][0]["remoteRef"]["key"] = "theirs"
    tools.sent(made)
    told = until("it is refused", lambda: why(tools, TENANT, "theirs"))
    assert (told["status"], told["reason"]) == ("False", "SecretSyncedError")
    assert not brought(tools, TENANT, "theirs")
    store = {
        "apiVersion": API,
        "kind": "SecretStore",
        "metadata": {"name": "mine", "namespace": TENANT},
        "spec": {"provider": {"kubernetes": {"remoteNamespace": kept_in(OTHER)}}},
    }
    assert "forbidden" in tools.sent(store, check=False)
    tools.kubectl("delete", "externalsecret", "-n", TENANT, "theirs")
    tools.kubectl("delete", "secret", "-n", kept_in(OTHER), "theirs")


@pytest.mark.parametrize(
    ("verb", "what", "space", "may"),
    [
        ("get", "secrets", kept_in(TENANT), "no"),
        ("create", "secrets", kept_in(TENANT), "no"),
        ("create", "externalsecrets.external-secrets.io", TENANT, "yes"),
        ("update", "secretstores.external-secrets.io", TENANT, "no"),
    ],
)
def test_what_a_member_may_do(tools: Stage, verb: str, what: str, space: str, may: str) -> None:
    person = ("--as", "somebody", "--as-group", TENANT)
    assert tools.kubectl("auth", "can-i", verb, what, "-n", space, *person, check=False).strip() == may


@pytest.mark.parametrize(
    ("verb", "what", "space", "may"),
    [
        ("create", "secrets", TENANT, "yes"),
        ("create", "secrets", "kube-system", "no"),
        ("update", "secrets", kept_in(TENANT), "no"),
        ("create", f"serviceaccounts/{ACCOUNT}", TENANT, "yes"),
        ("create", "serviceaccounts/fairlead-workload", TENANT, "no"),
        ("create", f"serviceaccounts/{ACCOUNT}", "kube-system", "no"),
    ],
)
def test_what_the_operator_may_do(tools: Stage, verb: str, what: str, space: str, may: str) -> None:
    told = ("--subresource", "token") if what.startswith("serviceaccounts/") else ()
    operator = "system:serviceaccount:fairlead-secrets:external-secrets"
    answer = tools.kubectl("auth", "can-i", verb, what, *told, "-n", space, "--as", operator, check=False)
    assert answer.strip() == may


def test_a_wrong_wish_is_refused_when_it_is_sent(tools: Stage, example: Mapping[str, Any]) -> None:
    made = copy.deepcopy(dict(example))
    made["metadata"]["name"] = "wrong"
    made["spec"]["target"] = {"name": "wrong", "creationPolicy": "None", "deletionPolicy": "Delete"}
    assert "denied" in tools.sent(made, check=False)


def test_the_layer_is_healthy(tools: Stage) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith("secrets ")]
    assert "healthy" in line
