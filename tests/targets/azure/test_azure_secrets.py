"""Secrets in Azure Key Vault: a vault for each namespace, reached inside the network, read by one identity."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from azure_platforms import SUBNET, built
from support.clouds import cloud_plan, refused
from support.engine import Recorder, Registration
from support.outside import KEPT_OUTSIDE

from fairlead.contract.handle import ClusterHandle
from fairlead.plan.sites.azure_model import AzureSite
from fairlead.plan.sites.azure_names import VAULTS
from fairlead.targets.azure import spelling

SPACES = ("team-a", "team-a-b", "fairlead-gateway")
PURPOSES = ("tenant-team-a", "tenant-team-a-b", "layer-gateway")
KEPT = {"certificates": {"enabled": True}, "secrets": {"enabled": True, "cloud": {}}}


def tenants(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "groups": [name], "quota": {"cpu": "10m", "memory": "1Mi"}} for name in names]


def site(layers: Mapping[str, Any] = KEPT_OUTSIDE, **more: Any) -> AzureSite:
    found = cloud_plan("azure", tenants=tenants("team-a", "team-a-b"), layers=dict(layers), **more).site
    assert isinstance(found, AzureSite)
    return found


@cache
def made(protect: bool = True) -> tuple[ClusterHandle, Recorder]:
    target = {"protect": protect}
    return built(
        cloud_plan("azure", tenants=tenants("team-a", "team-a-b"), layers=KEPT_OUTSIDE, target=target)
    )


def of(kind: str, recorder: Recorder | None = None) -> dict[str, Registration]:
    """Those of a type that belong to secrets, by what they are for."""
    found = (recorder or made()[1]).registered.values()
    return {
        one.name.removeprefix("lab-secrets-"): one
        for one in found
        if one.type.endswith(f":{kind}") and one.name.startswith("lab-secrets-")
    }


def test_each_namespace_has_a_vault_that_the_internet_does_not_reach() -> None:
    vaults = of("Vault")
    assert set(vaults) == set(PURPOSES)
    for one in vaults.values():
        told = one.inputs["properties"]
        assert told["publicNetworkAccess"] == "Disabled"
        rules = told["networkAcls"]
        assert (rules["bypass"], rules["defaultAction"]) == ("None", "Deny")
        assert told["enableRbacAuthorization"] is True
        assert (told["enableSoftDelete"], told["enablePurgeProtection"]) == (True, True)
        assert told["softDeleteRetentionInDays"] == 90


def test_each_vault_is_read_by_one_identity_and_nothing_else_is_granted() -> None:
    role = spelling.role_id("00000000-0000-4000-8000-000000000001", "Key Vault Secrets User")
    grants, vaults, identities = of("RoleAssignment"), of("Vault"), of("UserAssignedIdentity")
    assert set(grants) == set(vaults) == set(identities) == set(PURPOSES)
    for purpose, one in grants.items():
        assert one.inputs["roleDefinitionId"] == role
        assert f"lab-secrets-{purpose}" in str(one.inputs["scope"])
        assert f"lab-secrets-{purpose}" in str(one.inputs["principalId"])


def test_an_identity_is_borne_by_the_account_of_its_namespace_alone() -> None:
    subjects = {purpose: one.inputs["subject"] for purpose, one in of("FederatedIdentityCredential").items()}
    assert subjects == {
        purpose: f"system:serviceaccount:{space}:fairlead-secrets"
        for purpose, space in zip(PURPOSES, SPACES, strict=True)
    }
    handle = made()[0].secrets
    assert set(handle) == set(SPACES)
    assert [set(one.account_annotations) for one in handle.values()] == [{spelling.CLIENT_ID}] * 3


def test_all_doors_share_one_zone_and_each_leads_to_its_own_vault() -> None:
    recorder = made()[1]
    zones = [
        one.inputs["privateZoneName"]
        for one in recorder.registered.values()
        if one.type.endswith(":PrivateZone")
    ]
    assert zones.count("privatelink.vaultcore.azure.net") == 1
    doors = of("PrivateEndpoint")
    assert set(doors) == set(PURPOSES)
    for purpose, one in doors.items():
        (link,) = one.inputs["privateLinkServiceConnections"]
        assert link["groupIds"] == ["vault"]
        assert f"lab-secrets-{purpose}" in str(link["privateLinkServiceId"])


def test_the_platform_stands_when_readers_and_doors_do() -> None:
    handle, recorder = made()
    from support.engine import value

    ready = {value(one.urn) for one in handle.ready}
    for kind in ("RoleAssignment", "FederatedIdentityCredential"):
        assert {one.urn for one in of(kind, recorder).values()} <= ready
    assert len([urn for urn in ready if "PrivateDnsZoneGroup" in urn and "secrets" in urn]) == 3


def test_a_vault_outlives_the_platform_where_data_does_and_is_locked_where_it_is_protected() -> None:
    assert {one.retained for one in of("Vault").values()} == {True}
    assert set(of("ManagementLockByScope")) == {f"{purpose}-lock" for purpose in PURPOSES}
    loose = made(protect=False)[1]
    assert of("ManagementLockByScope", loose) == {}
    days = {one.inputs["properties"]["softDeleteRetentionInDays"] for one in of("Vault", loose).values()}
    assert days == {7}


def test_who_reads_a_secret_is_kept() -> None:
    settings = of("DiagnosticSetting")
    assert set(settings) == set(PURPOSES)
    for purpose, one in settings.items():
        assert one.inputs["logs"] == [{"category": "AuditEvent", "enabled": True}]
        assert f"lab-secrets-{purpose}" in str(one.inputs["resourceUri"])
        assert "logs" in str(one.inputs["workspaceId"])


def test_the_names_of_vaults_are_the_worlds_and_fit() -> None:
    here, there = site(), site(target={"subscription": "00000000-0000-4000-8000-000000000009"})
    names = [one.vault for one in (*here.secrets, *there.secrets)]
    assert len(set(names)) == 6
    for one in [*names, *(part.vault for part in site(name="x").secrets)]:
        assert re.fullmatch(r"[a-z](-?[a-z0-9]){2,23}", one)
        assert len(one) <= 24
    assert here.names.vault not in names


def test_a_long_name_of_a_tenant_still_makes_a_vault_of_its_own() -> None:
    long = ["a" * 39 + end for end in ("x", "y")]
    found = cloud_plan("azure", tenants=tenants(*long), layers=KEPT).site
    assert isinstance(found, AzureSite)
    assert len({one.vault for one in found.secrets}) == 2
    assert all(len(one.vault) <= 24 for one in found.secrets)


@pytest.mark.parametrize(
    ("count", "brought", "fits"), [(24, False, True), (25, False, False), (25, True, True)]
)
def test_the_built_network_has_addresses_for_so_many_vaults_and_no_more(
    count: int, brought: bool, fits: bool
) -> None:
    assert VAULTS == 24
    names = [f"t{number}" for number in range(count)]
    target: dict[str, Any] = {"network": {"subnet": SUBNET}} if brought else {}
    found = refused("azure", tenants=tenants(*names), layers=KEPT, target=target)
    assert [one.where for one in found] == ([] if fits else ["platform.layers.secrets.cloud"])


def test_nothing_is_made_where_secrets_are_kept_elsewhere() -> None:
    recorder = built(
        cloud_plan("azure", layers={"certificates": {"enabled": True}, "secrets": {"enabled": True}})
    )[1]
    assert not of("Vault", recorder)
    assert "vaultcore" not in str([one.inputs for one in recorder.registered.values()])
