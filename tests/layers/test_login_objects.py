"""Login's objects: valid by kinds that others wrote; nobody passes who is not named, and each to what is theirs."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from reference.gomodule import go_module
from support.charts import renderer
from support.engine import run
from support.login import ISSUER, with_login
from support.strict import problems, schemas

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.catalog.ways import Wheel
from fairlead.contract.handle import ClusterHandle
from fairlead.layers.gateway import login
from fairlead.layers.gateway.place import GROUP
from fairlead.layers.gateway.tool import ENTRANCE
from fairlead.layers.gateway.tool import PART as CONTROLLER
from fairlead.layers.gateway.tool import TOOL as GATEWAY
from fairlead.layers.tool import Ground, Part
from fairlead.layers.tracking import page, place
from fairlead.layers.tracking.tool import PAGE_PART, PART, TOOL
from fairlead.plan.gateway_model import CHART, KINDS, NAMESPACE
from fairlead.plan.load import load_plan
from fairlead.tools import wheels
from fairlead.tools.proc import Runner

Object = Mapping[str, Any]
NONE: Any = None
HOST = "mlflow.ml.example.com"
CLASSES = {"fairlead-block": "standard", "fairlead-shared": "shared"}
REFERENCES = {name: row.reference for name, row in lock.images().items()}
SKINNY = Wheel(
    distribution="mlflow-skinny",
    version="3.17.2",
    filename="mlflow_skinny-3.17.2-py3-none-any.whl",
    sha256="31be9190494212ccd94774170fd06f6fe04d209aae3923eefd16f9bf7830d63c",
)


def ground(**login: Any) -> Ground:
    plan = load_plan(with_login(**login), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, REFERENCES, {}, CLASSES, {}, [])
    return Ground(plan, handle, renderer([CHART, KINDS, "cert-manager"]))


def parts(**login: Any) -> dict[str, Part]:
    async def inside() -> list[Part]:
        made = ground(**login)
        return [*GATEWAY.parts(made), *TOOL.parts(made)]

    return {part.name: part for part in run(inside())}


def of_kind(kind: str, **login: Any) -> dict[str, Any]:
    every = [obj for part in parts(**login).values() for obj in part.rest]
    return {obj["metadata"]["name"]: obj for obj in every if obj["kind"] == kind}


def policy(name: str, **login: Any) -> Any:
    return of_kind("SecurityPolicy", **login)[name]["spec"]


def let_in(name: str, **login: Any) -> dict[str, Any]:
    """Rule -> the claims and headers that it asks for."""
    told = policy(name, **login)["authorization"]
    assert told["defaultAction"] == "Deny"
    assert {rule["action"] for rule in told["rules"]} <= {"Allow"}
    return {rule["name"]: rule["principal"] for rule in told["rules"]}


def groups(principal: Mapping[str, Any]) -> list[str]:
    [claim] = [one for one in principal["jwt"]["claims"] if one["name"] == "groups"]
    assert claim["valueType"] == "StringArray"
    return claim["values"]


def leads(name: str) -> Any:
    """Whether a route takes a path, as the proxy matches it: the whole path."""
    [rule] = of_kind("HTTPRoute")[name]["spec"]["rules"]

    def taken(path: str, method: str = "GET") -> bool:
        return any(
            one.get("method", method) == method
            and {
                "Exact": lambda value: path == value,
                "PathPrefix": lambda value: path == value or path.startswith(f"{value}/"),
                "RegularExpression": lambda value: re.fullmatch(value, path) is not None,
            }[one["path"]["type"]](one["path"]["value"])
            for one in rule["matches"]
        )

    return taken


def test_every_object_keeps_its_schema() -> None:
    crds = parts()[CONTROLLER].crds
    kinds = {key: schema for crd in crds for key, schema in schemas(crd).items()}
    judged: set[str] = set()
    for obj in [*parts()[ENTRANCE].rest, *parts()[PAGE_PART].rest]:
        jsonschema.Draft7Validator(kinds[obj["apiVersion"], obj["kind"]]).validate(obj)
        judged.add(obj["kind"])
    assert {"SecurityPolicy", "Backend", "HTTPRoute", "ReferenceGrant", "Gateway"} <= judged
    assert [problem for obj in parts()[PART].rest for problem in problems(obj)] == []


def test_the_page_has_a_listener_and_a_certificate_and_takes_routes_of_the_platform_alone() -> None:
    [one] = [
        one for one in of_kind("Gateway")["fairlead"]["spec"]["listeners"] if one["name"] == "fairlead-mlflow"
    ]
    assert (one["hostname"], one["protocol"]) == (HOST, "HTTPS")
    assert one["allowedRoutes"]["namespaces"] == {"from": "Same"}
    [secret] = one["tls"]["certificateRefs"]
    assert of_kind("Certificate")[secret["name"]]["spec"]["dnsNames"] == [HOST]


def test_at_the_listener_administrators_are_let_in_and_nobody_else() -> None:
    [target] = policy(login.POLICY)["targetRefs"]
    assert (target["kind"], target["sectionName"]) == ("Gateway", "fairlead-mlflow")
    assert {name: groups(one) for name, one in let_in(login.POLICY).items()} == {"administrators": ["admins"]}
    assert let_in(login.POLICY, admins=None) == {}


def test_pages_are_for_all_groups_and_a_workspace_for_those_of_its_tenant() -> None:
    pages, calls = let_in(page.PAGES), let_in(page.CALLS)
    assert set(pages) == set(calls) == {"administrators", "tenant-team-a", "tenant-team-b"}
    for name, tenant, people in (
        ("tenant-team-a", "team-a", ["a-people", "a-guests"]),
        ("tenant-team-b", "team-b", ["b-people"]),
    ):
        assert groups(pages[name]) == groups(calls[name]) == people
        assert "headers" not in pages[name]
        assert calls[name]["headers"] == [{"name": "X-MLFLOW-WORKSPACE", "values": [tenant]}]
    assert "headers" not in calls["administrators"]


def test_routes_share_the_login_of_their_listener() -> None:
    for name in (page.PAGES, page.CALLS):
        told = policy(name)
        assert told["mergeType"] == "JSONMerge"
        assert set(told) == {"targetRefs", "mergeType", "jwt", "authorization"}
        assert told["jwt"] == policy(login.POLICY)["jwt"]
        [target] = told["targetRefs"]
        assert (target["kind"], target["name"]) == ("HTTPRoute", name)
        assert of_kind("HTTPRoute")[name]["spec"]["hostnames"] == [HOST]


def test_a_claim_more_is_asked_of_everybody() -> None:
    asked = [
        one
        for name in (login.POLICY, page.PAGES, page.CALLS)
        for one in let_in(name, claims={"hd": ["example.com"]}).values()
    ]
    assert len(asked) == 7
    assert all({"name": "hd", "values": ["example.com"]} in one["jwt"]["claims"] for one in asked)


def test_browsers_log_in_and_programs_bring_a_token_of_the_same_issuer() -> None:
    told = policy(login.POLICY, audiences=["cli"])
    [provider] = told["jwt"]["providers"]
    assert (provider["issuer"], provider["audiences"]) == (ISSUER, ["fairlead", "cli"])
    assert provider["extractFrom"]["headers"] == [{"name": "Authorization", "valuePrefix": "Bearer "}]
    assert provider["extractFrom"]["cookies"] == [told["oidc"]["cookieNames"]["idToken"]]
    assert told["oidc"]["passThroughAuthHeader"] is True
    assert "optional" not in told["jwt"]
    assert provider["name"] == let_in(login.POLICY)["administrators"]["jwt"]["provider"]


def test_cookies_are_of_one_host_and_come_from_no_other() -> None:
    told = policy(login.POLICY)["oidc"]
    assert all(name.startswith("__Host-") for name in told["cookieNames"].values())
    assert "cookieDomain" not in told
    assert told["cookieConfig"] == {"sameSite": "Lax"}


def test_the_way_back_from_the_issuer_and_the_way_out_lead_to_the_page() -> None:
    told = policy(login.POLICY)["oidc"]
    assert told["redirectURL"] == f"https://%REQ(:authority)%{login.CALLBACK}"
    pages = leads(page.PAGES)
    assert pages(login.CALLBACK)
    assert pages(told["logoutPath"])


def test_the_secret_is_named_and_nowhere_written() -> None:
    assert policy(login.POLICY)["oidc"]["clientSecret"] == {"group": "", "kind": "Secret", "name": "login"}
    assert of_kind("Secret") == {}


def test_who_signs_for_the_issuer_is_said_for_each_of_its_hosts_or_for_none() -> None:
    backends = of_kind("Backend")
    told = policy(login.POLICY)
    used = [told["oidc"]["provider"], told["jwt"]["providers"][0]["remoteJWKS"]]
    ports = {ref["name"]: ref["port"] for one in used for ref in one["backendRefs"]}
    assert {name: one["spec"]["endpoints"][0]["fqdn"]["port"] for name, one in backends.items()} == ports
    assert sorted(ports.values()) == [443, 8443]
    for one in backends.values():
        [endpoint] = one["spec"]["endpoints"]
        assert one["spec"]["tls"] == {
            "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "issuer"}],
            "sni": endpoint["fqdn"]["hostname"],
        }


def test_backends_outside_of_the_cluster_are_off_unless_the_issuer_is_one() -> None:
    def told(**changes: Any) -> str:
        found = of_kind("ConfigMap", **changes)
        return next(
            text for one in found.values() for text in one["data"].values() if "extensionApis" in text
        )

    assert "enableBackend: true" in told()
    from fairlead.layers.gateway.controller import values
    from fairlead.plan.gateway_model import GatewayPlan

    assert values(GatewayPlan())["config"]["envoyGateway"]["extensionApis"] == {}


@pytest.mark.parametrize(
    "path",
    [
        "/api/2.0/mlflow/runs/create",
        "/ajax-api/3.0/mlflow/traces/search",
        "/api/2.0/mlflow-artifacts/artifacts/a/b.txt",
        "/api/2.0/mlflow-artifacts/mpu/create/a",
        "/graphql",
        "/get-artifact",
    ],
)
def test_calls_in_a_workspace_are_led_on(path: str) -> None:
    assert leads(page.CALLS)(path, "POST")
    assert not leads(page.PAGES)(path)


@pytest.mark.parametrize(
    "path",
    [
        "/api/3.0/mlflow/workspaces/team-b",
        "/api/3.0/mlflow/%77orkspaces",
        "/api/3.0/mlflow/workspaces",
        "/api/3.0/mlflow/runsworkspaces",
        "/ajax-api/3.0/mlflow/gateway/endpoints/list",
        "/ajax-api/2.0/mlflow/gateway-proxy",
        "/api/2.0/mlflow/webhooks",
        "/ajax-api/3.0/jobs",
        "/gateway/proxy/x/y",
        "/metrics",
    ],
)
def test_what_is_of_no_workspace_is_not(path: str) -> None:
    assert not leads(page.CALLS)(path, "POST")
    assert not leads(page.PAGES)(path, "POST")


def test_before_a_workspace_is_known_a_client_reads_what_there_is() -> None:
    pages = leads(page.PAGES)
    for path in ("/", "/static-files/a.js", "/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/workspaces"):
        assert pages(path)
        assert not pages(path, "POST")


def test_nobodys_token_goes_on_to_mlflow() -> None:
    for name in (page.PAGES, page.CALLS):
        [rule] = of_kind("HTTPRoute")[name]["spec"]["rules"]
        [one] = rule["filters"]
        assert one["requestHeaderModifier"] == {"remove": ["Authorization", "Cookie"]}


def test_routes_of_the_gateway_lead_to_mlflow_and_those_of_tenants_do_not() -> None:
    [grant] = of_kind("ReferenceGrant").values()
    assert grant["metadata"]["namespace"] == place.NAMESPACE
    assert grant["spec"]["from"] == [{"group": GROUP, "kind": "HTTPRoute", "namespace": NAMESPACE}]
    assert grant["spec"]["to"] == [{"group": "", "kind": "Service", "name": place.NAME}]


def test_proxies_may_call_mlflow_only_where_it_stands_behind_a_login() -> None:
    def callers(**changes: Any) -> list[Any]:
        [door] = of_kind("NetworkPolicy", **changes)[place.NAME]["spec"]["ingress"]
        return [
            one["namespaceSelector"].get("matchLabels", {}).get("kubernetes.io/metadata.name")
            for one in door["from"]
        ]

    assert NAMESPACE in callers()
    assert NAMESPACE not in callers(login=False)


def test_mlflow_answers_to_the_host_and_takes_its_own_pages_calls() -> None:
    def arguments(**changes: Any) -> list[str]:
        [server] = of_kind("Deployment", **changes)[place.NAME]["spec"]["template"]["spec"]["containers"]
        return server["args"]

    assert f"--cors-allowed-origins=https://{HOST}" in arguments()
    [hosts] = [one for one in arguments() if one.startswith("--allowed-hosts=")]
    assert hosts.split("=")[1].split(",") == [*place.HOSTS, HOST, f"$(POD_IP):{place.PORT}"]
    assert HOST not in str(arguments(login=False))
    assert "cors" not in str(arguments(login=False))


def test_the_page_stands_behind_mlflow_and_behind_the_listener_with_its_policy() -> None:
    found = parts()
    assert found[PAGE_PART].after == (PART, ENTRANCE)
    assert login.POLICY in {obj["metadata"]["name"] for obj in found[ENTRANCE].rest}
    assert PAGE_PART not in parts(login=False)


def test_a_login_with_nothing_behind_it_makes_nothing() -> None:
    assert of_kind("SecurityPolicy", login=False) == {}
    assert of_kind("Backend", login=False) == {}


# ---- against what upstream says ----------------------------------------------------------------


def gateway_source(path: str) -> str:
    row = lock.charts()[CHART].module
    assert row is not None
    return (Path(go_module(row.query, row.sum)) / path).read_text()


def test_this_release_does_not_hand_the_id_token_on_by_a_header() -> None:
    """Where this fails, `forwardIDToken` has come, and the cookie need not be read any more."""
    assert "ForwardIDToken" in gateway_source("api/v1alpha1/oidc_types.go")
    assert "ForwardIDToken" not in gateway_source("internal/xds/translator/oidc.go")
    assert "ForwardIDToken" not in gateway_source("internal/gatewayapi/securitypolicy.go")


def test_a_header_with_an_underscore_passes_for_no_other() -> None:
    """Where they passed, X_MLFLOW_WORKSPACE would reach MLflow beside the header that is judged."""
    source = gateway_source("internal/xds/translator/listener.go")
    body = source.split("func buildHeadersWithUnderscoresAction", 1)[1].split("\n}\n", 1)[0]
    assert body.rstrip().endswith("return corev3.HttpProtocolOptions_REJECT_REQUEST")


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """MLflow's own source, by the hash that the image has it by."""
    into = tmp_path_factory.mktemp("mlflow")
    assert f"sha256:{SKINNY.sha256}" in wheels.requirements("mlflow").read_text()
    return zipfile.ZipFile(
        wheels.fetch(SKINNY, into, Runner("mlflow", into / "log", "see that the index answers"))
    )


LEFT_OUT = {
    "gateway": "calls models with keys that are kept there",
    "webhooks": "makes the server call addresses",
    "workspaces": "makes and deletes them; reading their names is the pages' route",
    "prompt-optimization": "runs jobs in the server, which are off",
    "unity-catalog": "of another product",
    "unified-traces": "of another product",
    "tracing": "of another product",
    "get-online-trace-details": "of another product",
}
"""Paths of MLflow that are not reached from outside -> why."""


def test_every_path_of_mlflow_is_led_on_or_left_out_for_a_reason(mlflow: zipfile.ZipFile) -> None:
    texts = [
        mlflow.read(name).decode()
        for name in mlflow.namelist()
        if re.fullmatch(r"mlflow/protos/\w+_pb2\.py", name)
    ]
    theirs = {found for text in texts for found in re.findall(r"/mlflow/([a-z-]+)", text)}
    # Served beside the protocol: mlflow/server/__init__.py.
    beside = {"get-artifact", "get-trace-artifact", "upload-artifact"}
    assert len(theirs) > 15
    assert theirs == (set(page.KEPT_APART) - beside) | set(LEFT_OUT)
    files = {found for text in texts for found in re.findall(r"/mlflow-artifacts/([a-z-]+)", text)}
    assert files == set(page.FILES)


def test_mlflow_finds_the_workspace_of_a_call_in_the_header_and_nowhere_else(mlflow: zipfile.ZipFile) -> None:
    assert (
        f'WORKSPACE_HEADER_NAME = "{page.WORKSPACE}"'
        in mlflow.read("mlflow/utils/workspace_utils.py").decode()
    )
    source = mlflow.read("mlflow/server/workspace_helpers.py").decode()
    assert re.findall(r"request\.(\w+)", source) == ["headers", "path"]
