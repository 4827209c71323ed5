"""MLflow on the clouds' own PostgreSQL, as the stacks declare it: whom it may call, and what its pods are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from support.recorded import of_stack

from fairlead.declared.record import Declared

STACKS = ("aws-prod", "azure-prod", "gcp-prod")
SPACE = "fairlead-tracking"


def objects(stack: str, kind: str) -> list[Mapping[str, Any]]:
    """Objects of one kind in the layer's namespace."""
    found: Sequence[Declared] = of_stack(stack)
    made = [one.inputs for one in found if one.inputs.get("kind") == kind]
    return [one for one in made if one["metadata"].get("namespace") == SPACE]


def calls(stack: str) -> list[Mapping[str, Any]]:
    """Rules of whom MLflow may call."""
    (policy,) = [one for one in objects(stack, "NetworkPolicy") if one["metadata"]["name"] == "mlflow-calls"]
    return list(policy["spec"]["egress"])


def let_out(stack: str, address: str, port: int) -> bool:
    """Whether pods of the layer may call an address on a port."""

    def inside(block: Mapping[str, Any]) -> bool:
        where = ip_address(address)
        closed = (ip_network(one) for one in block.get("except", ()))
        return where in ip_network(block["cidr"]) and not any(where in one for one in closed)

    return any(
        any(inside(to["ipBlock"]) for to in rule["to"] if "ipBlock" in to)
        and port in [one["port"] for one in rule["ports"]]
        for rule in calls(stack)
        if "ports" in rule
    )


def pod(stack: str) -> Mapping[str, Any]:
    (made,) = objects(stack, "Deployment")
    return made["spec"]["template"]


def told(box: Mapping[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in box["env"]}


@pytest.mark.parametrize("stack", STACKS)
def test_no_secret_of_the_cluster_has_a_password_and_each_connection_checks_the_servers_name(
    stack: str,
) -> None:
    spec = pod(stack)["spec"]
    assert [one["name"] for one in spec["initContainers"]] == ["sign-in", "prepare"]
    for box in (spec["initContainers"][1], *spec["containers"]):
        assert told(box)["PGSSLMODE"] == "verify-full"
        assert not [one for one in box["env"] if "secretKeyRef" in str(one)]
    assert "secret" not in [key for volume in spec["volumes"] for key in volume]


@pytest.mark.parametrize(
    ("stack", "server", "outside"),
    [("gcp-prod", "10.0.0.9", "10.64.0.9"), ("azure-prod", "10.0.1.9", "10.244.0.9")],
)
def test_pods_reach_the_server_on_its_port_and_nothing_else_there(
    stack: str, server: str, outside: str
) -> None:
    assert let_out(stack, server, 5432)
    assert not let_out(stack, outside, 5432)
    assert not let_out(stack, server, 22)


def test_pods_on_google_cloud_reach_who_tells_them_who_they_are_and_who_gives_the_token() -> None:
    assert let_out("gcp-prod", "169.254.169.254", 80)
    assert let_out("gcp-prod", "199.36.153.8", 443)
    account = told(pod("gcp-prod")["spec"]["initContainers"][0])["TOKENS"]
    assert account.endswith(
        "/fairlead-prod-tracking-db@fairlead-prod.iam.gserviceaccount.com:generateAccessToken"
    )


def test_pods_on_azure_reach_entra_and_bear_the_label_by_which_they_get_their_token() -> None:
    assert let_out("azure-prod", "20.190.128.1", 443)
    assert pod("azure-prod")["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    (account,) = objects("azure-prod", "ServiceAccount")
    assert account["metadata"]["annotations"]["azure.workload.identity/client-id"].endswith(".clientId}")


@pytest.mark.parametrize("stack", STACKS)
def test_certificates_of_who_signs_are_in_a_config_map(stack: str) -> None:
    (kept,) = [one for one in objects(stack, "ConfigMap") if one["metadata"]["name"] == "database-authority"]
    text = kept["data"]["ca.crt"]
    given = "serverCaCerts[0].cert" if stack == "gcp-prod" else "-----BEGIN CERTIFICATE-----"
    assert given in text


@pytest.mark.parametrize(
    ("stack", "kinds"),
    [
        ("gcp-prod", {"User", "Database", "RecordSet", "IAMMember"}),
        ("azure-prod", {"Database", "PrivateDnsZoneGroup"}),
    ],
)
def test_mlflow_waits_until_it_can_sign_in_and_no_other_layer_does(stack: str, kinds: set[str]) -> None:
    found = of_stack(stack)
    own = {
        one.urn: one.type.rpartition(":")[2]
        for one in found
        if one.custom and "tracking" in one.name and "kubernetes" not in one.type
    }
    waiting = {
        one.inputs["metadata"].get("namespace"): {own[urn] for urn in one.depends_on if urn in own}
        for one in found
        if one.inputs.get("kind") == "Deployment"
    }
    assert kinds <= waiting.pop(SPACE)
    assert not [space for space, waits in waiting.items() if waits & {"User", "Server", "DatabaseInstance"}]
