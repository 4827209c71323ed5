"""PostgreSQL by Cloud SQL in place of the operator's: no password at all, and a token of the layer's own account."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from support.clouds import cloud_plan, refused
from support.targets import TARGETS

from fairlead.contract.database import Database, SignIn
from fairlead.contract.handle import Reach
from fairlead.declared.record import Declared, record
from fairlead.layers.databases import signing_in
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.gcp_databases import account_length, backup_start
from fairlead.spec.target import Maintenance
from fairlead.targets.gcp.databases import ASKING, METADATA, SCOPE, TOKENS

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
MANAGED = "platform.layers.databases.managed"
SERVER = "gcp:sql/databaseInstance:DatabaseInstance"


def layers(**managed: Any) -> dict[str, Any]:
    return {"databases": {"enabled": True, "managed": managed}, "tracking": {"enabled": True}}


def plan(*, name: str = "lab", target: dict[str, Any] | None = None, **managed: Any) -> PlatformPlan:
    return cloud_plan("gcp", name=name, target=target, layers=layers(**managed))


def built(wanted: PlatformPlan, *, unknown: bool = False) -> tuple[list[Declared], Database | None]:
    """What the target declares, without layers, and how the layer is told to call its database."""
    handles: list[Any] = []
    found = record(lambda: handles.append(TARGETS["gcp"].cluster(wanted)), "lab", unknown=unknown)
    return found, handles[0].databases.get("tracking")


@cache
def small() -> list[Declared]:
    return built(plan())[0]


def of(found: list[Declared], kind: str) -> list[Declared]:
    return [one for one in found if one.type.endswith(f":{kind}")]


def inputs(kind: str, name: str = "tracking") -> Mapping[str, Any]:
    (found,) = [one for one in of(small(), kind) if one.name.endswith(name)]
    return found.inputs


def test_no_password_stands_in_any_input_and_the_user_is_an_account_of_iam() -> None:
    account, user = inputs("Account"), inputs("User")
    assert user["type"] == "CLOUD_IAM_SERVICE_ACCOUNT"
    assert user["name"] == f"{account['accountId']}@acme-platform.iam"
    servers = [one for one in small() if ":sql/" in one.type]
    assert "password" not in json.dumps([one.inputs for one in servers]).lower()


def test_the_user_owns_the_layers_database_without_anybody_granting_it() -> None:
    assert inputs("Database")["name"] == "mlflow"
    assert inputs("User")["databaseRoles"] == ["cloudsqlsuperuser"]
    assert {inputs("User")["deletionPolicy"], inputs("Database")["deletionPolicy"]} == {"ABANDON"}


def test_pods_of_the_layer_alone_get_a_token_of_the_account() -> None:
    (bond,) = [one for one in of(small(), "IAMMember") if "serviceAccountId" in one.inputs]
    assert bond.inputs["member"].endswith("/subject/ns/fairlead-tracking/sa/fairlead-workload")
    assert bond.inputs["role"] == "roles/iam.workloadIdentityUser"
    (login,) = [
        one for one in of(small(), "IAMMember") if one.inputs["role"] == "roles/cloudsql.instanceUser"
    ]
    assert login.inputs["member"] == "${gcp:serviceaccount/account:Account::lab-tracking.member}"


def test_the_server_has_no_address_of_its_own_and_its_certificate_bears_the_name_of_the_endpoint() -> None:
    addresses = inputs("DatabaseInstance")["settings"]["ipConfiguration"]
    assert addresses["ipv4Enabled"] is False
    assert addresses["sslMode"] == "ENCRYPTED_ONLY"
    assert addresses["serverCaMode"] == "GOOGLE_MANAGED_CAS_CA"
    assert addresses["pscConfigs"] == [{"pscEnabled": True, "allowedConsumerProjects": ["acme-platform"]}]
    assert (
        inputs("RecordSet")["name"]
        == inputs("ManagedZone")["dnsName"]
        == f"${{{SERVER}::lab-tracking.dnsName}}."
    )


def test_pods_call_the_endpoint_on_one_port_by_the_servers_own_name() -> None:
    wanted = plan()
    database = built(wanted)[1]
    assert database is not None
    assert list(database.reach) == [Reach(wanted.site.network.cidr, (5432,))]  # type: ignore[attr-defined]
    assert database.user == "lab-tracking-db@acme-platform.iam"


@pytest.mark.parametrize(("protect", "last"), [(True, 30), (False, None)])
def test_protection_is_said_to_the_engine_and_to_cloud_sql(protect: bool, last: int | None) -> None:
    (server,) = of(built(plan(target={"protect": protect}))[0], "DatabaseInstance")
    settings = server.inputs["settings"]
    assert (server.protect, server.inputs["deletionProtection"]) == (protect, protect)
    assert (settings["deletionProtectionEnabled"], settings["retainBackupsOnDelete"]) == (protect, protect)
    assert settings["finalBackupConfig"] == {"enabled": protect, **({"retentionDays": last} if last else {})}


@pytest.mark.parametrize(("standby", "word"), [(True, "REGIONAL"), (False, "ZONAL")])
def test_a_standby_is_in_another_zone(standby: bool, word: str) -> None:
    (server,) = of(built(plan(standby=standby))[0], "DatabaseInstance")
    assert server.inputs["settings"]["availabilityType"] == word


def test_the_platforms_key_encrypts_and_the_agent_is_made_before_it_is_let_in() -> None:
    by = {one.urn: one for one in small()}
    (server,) = of(small(), "DatabaseInstance")
    assert server.inputs["encryptionKeyName"] == "${gcp:kms/cryptoKey:CryptoKey::lab.id}"
    (grant,) = [
        one for one in of(small(), "CryptoKeyIAMMember") if "gcp-sa-cloud-sql" in one.inputs["member"]
    ]
    assert grant.urn in server.depends_on
    assert "ServiceIdentity" in {by[urn].type.rpartition(":")[2] for urn in grant.depends_on}


def test_without_it_nothing_of_cloud_sql_is_declared_and_the_pipeline_may_make_none() -> None:
    bare = cloud_plan("gcp", target={"ci": CI})
    found = record(lambda: TARGETS["gcp"].cluster(bare) and None, "lab")
    assert "sql" not in json.dumps([(one.type, one.inputs) for one in found]).lower()


CI = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subjects": ["repo:acme/platform:ref:refs/heads/main"],
}


def test_the_pipeline_may_make_servers_and_let_accounts_sign_in() -> None:
    ci = plan(target={"ci": CI}).site.ci  # type: ignore[attr-defined]
    assert "roles/cloudsql.admin" in ci.roles
    assert "roles/cloudsql.instanceUser" in ci.grantable


def test_a_first_preview_knows_no_name_of_the_server_and_says_so() -> None:
    assert of(built(plan(), unknown=True)[0], "RecordSet")


def test_certificates_of_the_spec_go_before_those_that_the_api_tells() -> None:
    told, given = built(plan())[1], built(plan(authority=PEM))[1]
    assert given is not None
    assert given.authority == PEM
    assert told is not None
    assert not isinstance(told.authority, str)


def test_a_users_name_is_never_longer_than_postgresql_keeps() -> None:
    for project in ("abcdef", "a" * 30):
        name = "p" * 40
        server = plan(name=name, target={"project": project}).site.servers[0]  # type: ignore[attr-defined]
        assert len(server.user) <= 63
        assert len(server.account) <= 30
        assert server.email == f"{server.account}@{project}.iam.gserviceaccount.com"
    assert account_length("a" * 30) == 28


@pytest.mark.parametrize(("start", "backup"), [("02:00", "22:00"), ("00:30", "20:30"), ("23:00", "19:00")])
def test_the_backups_four_hours_end_when_maintenance_begins(start: str, backup: str) -> None:
    assert backup_start(Maintenance(day="saturday", start=start, hours=12)) == backup


@contextmanager
def answering(told: list[tuple[str, dict[str, str], bytes]]) -> Iterator[str]:
    """Stands for the metadata server and for the API of tokens; takes down what it is asked."""

    class Answers(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told.append((f"{self.command} {self.path}", dict(self.headers.items()), body))
            key = "access_token" if self.command == "GET" else "accessToken"
            text = json.dumps({key: f"from{self.path.replace('/', '-')}"}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_question_asks_who_the_pod_is_and_then_for_a_token_that_only_signs_in(monkeypatch: Any) -> None:
    told: list[tuple[str, dict[str, str], bytes]] = []
    with answering(told) as address:
        monkeypatch.setenv("METADATA", f"{address}/pod")
        monkeypatch.setenv("TOKENS", f"{address}/account")
        monkeypatch.setenv("SCOPE", SCOPE)
        space: dict[str, Any] = {}
        exec("import os\n" + ASKING, space)
        assert space["password"]() == "from-account"
    (first, second) = told
    assert (first[0], first[1]["Metadata-Flavor"]) == ("GET /pod", "Google")
    assert (second[0], second[1]["Authorization"]) == ("POST /account", "Bearer from-pod")
    assert json.loads(second[2])["scope"] == ["https://www.googleapis.com/auth/sqlservice.login"]


def test_the_container_asks_for_a_token_of_this_account() -> None:
    database = built(plan())[1]
    assert database is not None
    assert isinstance(database.password, SignIn)
    told = database.password.environment
    assert told["METADATA"] == METADATA
    email = "lab-tracking-db@acme-platform.iam.gserviceaccount.com"
    assert told["TOKENS"] == f"{TOKENS}{email}:generateAccessToken"
    compile(signing_in.program(database.password), "sign-in", "exec")


def test_the_address_and_the_body_of_the_question_are_those_of_the_api() -> None:
    from importlib.resources import files

    folder = files("googleapiclient").joinpath("discovery_cache", "documents")
    document = json.loads(folder.joinpath("iamcredentials.v1.json").read_text())
    method = document["resources"]["projects"]["resources"]["serviceAccounts"]["methods"][
        "generateAccessToken"
    ]
    assert method["httpMethod"] == "POST"
    assert TOKENS.startswith(document["rootUrl"] + "v1/projects/-/serviceAccounts/")
    assert (
        method["flatPath"]
        == "v1/projects/{projectsId}/serviceAccounts/{serviceAccountsId}:generateAccessToken"
    )
    assert {"scope", "lifetime"} <= set(document["schemas"]["GenerateAccessTokenRequest"]["properties"])
    assert "accessToken" in document["schemas"]["GenerateAccessTokenResponse"]["properties"]


def where(found: Any) -> set[str]:
    return {one.where for one in found}


def test_what_cloud_sql_does_not_offer_is_refused() -> None:
    assert where(refused("gcp", layers=layers(machine="db-f1-micro"))) == {f"{MANAGED}.machine"}
    assert where(refused("gcp", layers=layers(storage_gib=100, most_gib=50))) == {f"{MANAGED}.most_gib"}
    (days,) = refused("gcp", layers=layers(machine="db-custom-2-8192"))
    assert (days.where, days.given, days.allowed) == (f"{MANAGED}.backup_days", "14", "7 to 7")
    assert refused("gcp", layers=layers(machine="db-custom-2-8192", backup_days=7)) == ()
