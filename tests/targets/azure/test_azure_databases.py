"""PostgreSQL by Azure in place of the operator's: no password at all, and Entra's token of the layer's own identity."""

from __future__ import annotations

import json
import re
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.clouds import cloud_plan, refused
from support.targets import TARGETS

from fairlead.catalog import servers
from fairlead.contract.database import Database, SignIn
from fairlead.contract.handle import ClusterHandle, Reach
from fairlead.declared.record import Declared, record
from fairlead.layers.databases import signing_in
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.azure_databases import server_name
from fairlead.targets.azure.databases import ASKING, SCOPE, SETTINGS

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
MANAGED = "platform.layers.databases.managed"
SERVER = "azure-native:dbforpostgresql:Server::lab-tracking-db"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity::lab-layer-tracking"


def layers(**managed: Any) -> dict[str, Any]:
    return {
        "databases": {"enabled": True, "managed": {"authority": PEM, **managed}},
        "tracking": {"enabled": True},
    }


def plan(*, name: str = "lab", target: dict[str, Any] | None = None, **managed: Any) -> PlatformPlan:
    return cloud_plan("azure", name=name, target=target, layers=layers(**managed))


def built(wanted: PlatformPlan, *, unknown: bool = False) -> tuple[list[Declared], ClusterHandle]:
    """What the target declares, without layers, and what it hands over."""
    handles: list[Any] = []
    found = record(lambda: handles.append(TARGETS["azure"].cluster(wanted)), "lab", unknown=unknown)
    return found, handles[0]


@cache
def small() -> tuple[list[Declared], ClusterHandle]:
    return built(plan())


def of(found: list[Declared], kind: str) -> list[Declared]:
    return [one for one in found if one.custom and one.type.endswith(f":{kind}")]


def one_of(kind: str, found: list[Declared] | None = None) -> Declared:
    (one,) = [one for one in of(found or small()[0], kind) if "dbforpostgresql" in one.type]
    return one


def inputs(kind: str) -> Mapping[str, Any]:
    return one_of(kind).inputs


def database() -> Database:
    return small()[1].databases["tracking"]


def test_entra_alone_opens_the_server_and_no_password_stands_in_any_input() -> None:
    assert inputs("Server")["authConfig"] == {
        "activeDirectoryAuth": "Enabled",
        "passwordAuth": "Disabled",
        "tenantId": "00000000-0000-4000-8000-000000000002",
    }
    assert not {"administratorLogin", "administratorLoginPassword"} & set(inputs("Server"))


def test_the_layers_identity_is_its_administrator_and_signs_in_by_its_own_name() -> None:
    admin = inputs("AdministratorsMicrosoftEntra")
    assert admin["objectId"] == f"${{{IDENTITY}.principalId}}"
    assert admin["principalName"] == f"${{{IDENTITY}.name}}"
    assert admin["principalType"] == "ServicePrincipal"
    (identity,) = [one for one in of(small()[0], "UserAssignedIdentity") if one.name == "lab-layer-tracking"]
    assert database().user == identity.inputs["resourceName"] == "lab-layer-tracking"
    (bond,) = [
        one for one in of(small()[0], "FederatedIdentityCredential") if one.name == "lab-layer-tracking"
    ]
    assert bond.inputs["subject"] == "system:serviceaccount:fairlead-tracking:fairlead-workload"


def test_the_server_is_reached_by_a_private_endpoint_alone() -> None:
    assert inputs("Server")["network"] == {"publicNetworkAccess": "Disabled"}
    (door,) = [one for one in of(small()[0], "PrivateEndpoint") if one.name == "lab-tracking-db"]
    (link,) = door.inputs["privateLinkServiceConnections"]
    assert (link["privateLinkServiceId"], link["groupIds"]) == (f"${{{SERVER}.id}}", ["postgresqlServer"])
    zones = [one.inputs["privateZoneName"] for one in of(small()[0], "PrivateZone")]
    assert "privatelink.postgres.database.azure.com" in zones


@pytest.mark.parametrize("brought", [False, True])
def test_pods_call_the_endpoints_on_one_port(brought: bool) -> None:
    subnet = (
        "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/hub/providers/Microsoft.Network"
    )
    network = {"network": {"subnet": f"{subnet}/virtualNetworks/hub/subnets/nodes"}} if brought else {}
    wanted = plan(target=network)
    where = wanted.site.network  # type: ignore[attr-defined]
    found = built(wanted)[1].databases["tracking"]
    assert list(found.reach) == [Reach(where.space if brought else where.endpoints, (5432,))]


def test_tls_is_asked_for_and_azure_changes_one_thing_at_a_time() -> None:
    settings = {one.inputs["configurationName"]: one for one in of(small()[0], "Configuration")}
    assert {name: one.inputs["value"] for name, one in settings.items()} == SETTINGS
    assert SETTINGS["require_secure_transport"] == "on"
    chain = [
        one_of("AdministratorsMicrosoftEntra"),
        *(settings[name] for name in SETTINGS),
        one_of("Database"),
    ]
    for before, after in pairwise(chain):
        assert before.urn in after.depends_on, after.name


def test_the_platforms_key_encrypts_by_the_identity_that_may_read_it() -> None:
    server = one_of("Server")
    reader = "${azure-native:managedidentity:UserAssignedIdentity::lab-encryption.id}"
    assert server.inputs["dataEncryption"] == {
        "type": "AzureKeyVault",
        "primaryKeyURI": "${azure-native:keyvault:Key::lab-key.keyUriWithVersion}",
        "primaryUserAssignedIdentityId": reader,
    }
    assert list(server.inputs["identity"]["userAssignedIdentities"]) == [reader]
    (grant,) = [one for one in of(small()[0], "RoleAssignment") if one.name == "lab-encrypts"]
    assert grant.urn in server.depends_on


@pytest.mark.parametrize(("standby", "word"), [(True, "ZoneRedundant"), (False, "Disabled")])
def test_a_standby_is_in_another_zone(standby: bool, word: str) -> None:
    server = one_of("Server", built(plan(standby=standby))[0])
    assert server.inputs["highAvailability"]["mode"] == word


@pytest.mark.parametrize("protect", [True, False])
def test_a_protected_server_has_a_lock_and_what_is_in_it_stays_with_it(protect: bool) -> None:
    found = built(plan(target={"protect": protect, "object_store": {"protect": protect}}))[0]
    server, inside = one_of("Server", found), one_of("Database", found)
    scopes = [one.inputs["scope"] for one in of(found, "ManagementLockByScope")]
    assert (f"${{{SERVER}.id}}" in scopes) is protect
    assert (server.protect, server.retain_on_delete) == (protect, protect)
    assert (inside.protect, inside.retain_on_delete) == (protect, protect)
    assert all(one.retain_on_delete is protect for one in of(found, "Configuration"))


def test_who_signs_in_is_logged_where_the_control_plane_is() -> None:
    (logs,) = [one.inputs for one in of(small()[0], "DiagnosticSetting") if one.name == "lab-tracking-db"]
    assert logs["resourceUri"] == f"${{{SERVER}.id}}"
    assert logs["workspaceId"] == "${azure-native:operationalinsights:Workspace::lab-logs.id}"


def test_without_it_nothing_of_it_is_declared() -> None:
    found, handle = built(cloud_plan("azure"))
    assert "postgres" not in json.dumps([(one.type, one.inputs) for one in found]).lower()
    assert handle.databases == {}


def test_a_first_preview_knows_neither_id_nor_key_and_declares_the_server() -> None:
    assert one_of("Server", built(plan(), unknown=True)[0])


def test_a_servers_name_is_one_of_azures_and_nobody_elses() -> None:
    name = server_name("p" * 40, "tracking", "00000000-0000-4000-8000-000000000001")
    assert len(name) <= 63
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", server_name("a--b", "tracking", "s"))
    assert name != server_name("p" * 40, "tracking", "00000000-0000-4000-8000-000000000002")
    long = plan(name="p" * 40).site.servers[0]  # type: ignore[attr-defined]
    assert len(long.user) <= 63


def test_maintenance_is_in_the_platforms_window() -> None:
    window = {"day": "saturday", "start": "20:30", "hours": 8}
    server = one_of("Server", built(plan(target={"maintenance": window}))[0])
    told = server.inputs["maintenanceWindow"]
    assert (told["dayOfWeek"], told["startHour"], told["startMinute"]) == (6, 20, 30)


@contextmanager
def entra(told: list[tuple[str, dict[str, list[str]]]]) -> Iterator[str]:
    """Stands for Entra's endpoint of tokens; takes down what it is asked."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.append((self.path, urllib.parse.parse_qs(body)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"access_token": "found"}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_question_hands_the_pods_own_token_over_for_one_that_opens_servers(
    monkeypatch: Any, tmp_path: Path
) -> None:
    own = tmp_path / "token"
    own.write_text("of-the-pod")
    told: list[tuple[str, dict[str, list[str]]]] = []
    with entra(told) as address:
        given = {"AUTHORITY_HOST": address, "TENANT_ID": "tenant", "CLIENT_ID": "client"}
        for name, value in {**given, "FEDERATED_TOKEN_FILE": str(own)}.items():
            monkeypatch.setenv(f"AZURE_{name}", value)
        monkeypatch.setenv("SCOPE", SCOPE)
        space: dict[str, Any] = {}
        exec("import os\n" + ASKING, space)
        assert space["password"]() == "found"
    ((path, body),) = told
    assert path == "/tenant/oauth2/v2.0/token"
    assert body["scope"] == ["https://ossrdbms-aad.database.windows.net/.default"]
    assert (body["client_id"], body["client_assertion"]) == (["client"], ["of-the-pod"])
    assert body["grant_type"] == ["client_credentials"]


def test_the_container_asks_as_aks_tells_the_pod_who_it_is() -> None:
    asks = database().password
    assert isinstance(asks, SignIn)
    assert asks.environment == {"SCOPE": SCOPE}
    compile(signing_in.program(asks), "sign-in", "exec")


def where(found: Any) -> set[str]:
    return {one.where for one in found}


def test_what_azure_does_not_offer_is_refused() -> None:
    assert where(refused("azure", layers=layers(machine="Standard_D3ds_v5"))) == {f"{MANAGED}.machine"}
    (size,) = refused("azure", layers=layers(storage_gib=50))
    assert (size.where, size.given) == (f"{MANAGED}.storage_gib", "50")
    assert size.allowed.startswith("32, 64, 128")
    assert where(refused("azure", layers=layers(most_gib=500))) == {f"{MANAGED}.most_gib"}
    assert where(refused("azure", layers=layers(machine="Standard_B2ms"))) == {f"{MANAGED}.standby"}
    assert refused("azure", layers=layers(machine="Standard_B2ms", standby=False)) == ()
    nobody = {"databases": {"enabled": True, "managed": {}}, "tracking": {"enabled": True}}
    assert where(refused("azure", layers=nobody)) == {f"{MANAGED}.authority"}


def test_a_disk_has_the_next_size_that_there_is_and_no_bound() -> None:
    managed = plan().databases.managed
    assert managed is not None
    assert (managed.storage_gib, managed.most_gib) == (64, 0)


def test_tiers_of_the_rows_are_those_of_the_api() -> None:
    from pulumi_azure_native.dbforpostgresql import SkuTier

    rows = servers.load()["azure"].values()
    assert {row.tier for row in rows} == {one.value for one in SkuTier}
    assert {row.standby for row in rows if row.tier == "Burstable"} == {False}
