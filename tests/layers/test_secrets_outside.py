"""Secrets in the clouds' own managers: the same store by the same name, by identity, and what layers are brought."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema
import pytest
from support.charts import renderer
from support.clouds import CLOUDS, cloud_plan
from support.engine import Recorder
from support.outside import KEPT_OUTSIDE, PIPELINES
from support.pipelines import spec as pipelines_spec
from support.rights import granted
from support.strict import problems, schemas
from support.targets import registered

from fairlead.catalog.read import load
from fairlead.contract.chart import Release
from fairlead.layers.secrets import place, rights, stores
from fairlead.layers.tool import CRD
from fairlead.plan.load import load_plan
from fairlead.plan.secrets_model import ACCOUNT, KINDS, NAMESPACE

TENANTS = [
    {"name": name, "groups": [name], "quota": {"cpu": "1", "memory": "1Gi"}}
    for name in ("team-a", "team-a-b")
]
GATEWAY = "fairlead-gateway"
WORDS = {"aws": "aws", "gcp": "gcpsm", "azure": "azurekv"}
"""Target -> the operator's word for its manager."""


@cache
def engine(cloud: str) -> Recorder:
    return registered(cloud_plan(cloud, tenants=TENANTS, layers=KEPT_OUTSIDE), cloud)


@cache
def kinds() -> Mapping[tuple[str, str], Any]:
    crds = renderer([KINDS])(Release(KINDS, KINDS, NAMESPACE, {}))
    return {key: one for crd in crds if crd["kind"] == CRD for key, one in schemas(crd).items()}


def of(cloud: str, kind: str) -> dict[str, Any]:
    """Objects of a kind and of our names, by their namespaces."""
    names = {place.STORE, ACCOUNT, stores.OPERATOR, stores.MEMBERS, "login"}
    found = [one for one in engine(cloud).objects(kind) if one["metadata"]["name"] in names]
    return {one["metadata"]["namespace"]: one for one in found}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_store_and_wish_keeps_the_schema_of_its_kind(cloud: str) -> None:
    made = [*of(cloud, "SecretStore").values(), *of(cloud, "ExternalSecret").values()]
    assert len(made) == 4
    for one in made:
        jsonschema.Draft7Validator(kinds()[place.API, one["kind"]]).validate(one)
    for kind in ("ServiceAccount", "Role", "RoleBinding"):
        assert [problems(one) for one in of(cloud, kind).values()] == [[]] * len(of(cloud, kind))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_namespace_has_a_store_that_signs_in_as_its_own_account_and_no_key_is_kept(cloud: str) -> None:
    made = of(cloud, "SecretStore")
    assert set(made) == {"team-a", "team-a-b", GATEWAY} == set(of(cloud, "ServiceAccount"))
    for one in made.values():
        assert set(one["spec"]["provider"]) == {WORDS[cloud]}
        told = json.dumps(one["spec"])
        assert f'"serviceAccountRef": {{"name": "{ACCOUNT}"}}' in told
        assert "ecretRef" not in told, "a key that a Secret holds"
    assert not [one for one in engine(cloud).objects("Namespace") if NAMESPACE in one["metadata"]["name"][:-1]
                and one["metadata"]["name"] != NAMESPACE]  # fmt: skip


def _noted(annotations: Mapping[str, str]) -> dict[str, str]:
    """Without what the engine's provider is told."""
    return {key: value for key, value in annotations.items() if not key.startswith("pulumi.com/")}


def test_stores_of_two_namespaces_lead_to_two_parts() -> None:
    aws = {space: one["spec"]["provider"]["aws"] for space, one in of("aws", "SecretStore").items()}
    assert {space: one["prefix"] for space, one in aws.items()} == {
        space: f"fairlead/lab/{space}/" for space in aws
    }
    assert {one["service"] for one in aws.values()} == {"SecretsManager"}
    azure = [one["spec"]["provider"]["azurekv"]["vaultUrl"] for one in of("azure", "SecretStore").values()]
    assert len(set(azure)) == 3
    assert {
        one["spec"]["provider"]["azurekv"]["authType"] for one in of("azure", "SecretStore").values()
    } == {"WorkloadIdentity"}
    notes = {
        cloud: {
            space: _noted(one["metadata"].get("annotations", {}))
            for space, one in of(cloud, "ServiceAccount").items()
        }
        for cloud in CLOUDS
    }
    assert [set(one) for one in notes["aws"].values()] == [{"eks.amazonaws.com/role-arn"}] * 3
    assert [set(one) for one in notes["azure"].values()] == [{"azure.workload.identity/client-id"}] * 3
    assert [*notes["gcp"].values()] == [{}] * 3
    for cloud in ("aws", "azure"):
        assert len({str(one) for one in notes[cloud].values()}) == 3, "an identity of two namespaces"


def test_the_operator_is_told_of_the_cluster_where_it_would_ask_the_node() -> None:
    [identity] = {
        json.dumps(one["spec"]["provider"]["gcpsm"]["auth"]["workloadIdentity"])
        for one in of("gcp", "SecretStore").values()
    }
    [cluster] = [one for one in engine("gcp").registered.values() if one.type.endswith("cluster:Cluster")]
    told = json.loads(identity)
    assert (told["clusterName"], told["clusterLocation"], told["clusterProjectID"]) == (
        cluster.inputs["name"],
        cluster.inputs["location"],
        cluster.inputs["project"],
    )


@pytest.mark.parametrize(("cloud", "key"), [("aws", "login"), ("azure", "login"),
                                            ("gcp", "fairlead_lab_fairlead-gateway_login")])  # fmt: skip
def test_the_gateway_is_brought_its_secret_key_by_key(cloud: str, key: str) -> None:
    wish = of(cloud, "ExternalSecret")[GATEWAY]
    assert wish["spec"]["secretStoreRef"] == {"kind": "SecretStore", "name": place.STORE}
    assert wish["spec"]["target"] == {"name": "login"}
    wanted = {"secretKey": "client-secret", "remoteRef": {"key": key, "property": "client-secret"}}
    assert wish["spec"]["data"] == [wanted]
    policy = engine(cloud).named("SecurityPolicy", "login").object
    assert policy["spec"]["oidc"]["clientSecret"]["name"] == wish["spec"]["target"]["name"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_the_gateway_needs_stands_before_login_and_behind_the_webhook(cloud: str) -> None:
    made = engine(cloud)
    wish = made.named("ExternalSecret", "login")
    before = made.behind(made.named("SecurityPolicy", "login").urn)
    assert wish.urn in before
    assert "gateway-entrance-arrivals" in made.named("SecurityPolicy", "login").hooks
    own = [one.urn for one in made.of_kind("SecretStore") if one.object["metadata"]["namespace"] == GATEWAY]
    assert set(own) <= before
    for name in ("external-secrets", "external-secrets-webhook"):
        assert made.named("Deployment", name).urn in made.behind(wish.urn)
    assert made.named("Namespace", GATEWAY).urn in made.behind(wish.urn)


def test_the_operator_writes_that_one_secret_in_a_layers_namespace_and_no_other() -> None:
    role = of("aws", "Role")[GATEWAY]
    named = [
        rule for rule in role["rules"] if rule["resources"] == ["secrets"] and rule["verbs"] != ["create"]
    ]
    assert [(rule["resourceNames"], set(rule["verbs"])) for rule in named] == [
        (["login"], {"update", "patch", "delete"})
    ]
    tokens = [rule for rule in role["rules"] if rule["resources"] == ["serviceaccounts/token"]]
    assert [rule["resourceNames"] for rule in tokens] == [[ACCOUNT]]
    assert set(granted(role["rules"])) <= set(granted(rights.in_tenants()))
    binding = of("aws", "RoleBinding")[GATEWAY]
    assert binding["subjects"] == rights.operator()
    assert binding["roleRef"]["kind"] == "Role"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_members_still_make_no_store_and_change_none(cloud: str) -> None:
    roles = [one for one in engine(cloud).objects("Role") if one["metadata"]["name"] == stores.MEMBERS]
    assert {one["metadata"]["namespace"] for one in roles} == {"team-a", "team-a-b"}
    for role in roles:
        wishes = set(granted(role["rules"]))
        assert {verb for _, kind, verb in wishes if kind == "secretstores"} == {"get", "list", "watch"}
        assert not [kind for _, kind, _ in wishes if kind.startswith("serviceaccounts")]


def test_pipelines_servers_wait_for_what_they_sign_in_with() -> None:
    layers = {**KEPT_OUTSIDE, "workflows": {"enabled": True}, "pipelines": PIPELINES}
    made = registered(cloud_plan("aws", tenants=TENANTS, layers=layers), "aws")
    wish = made.named("ExternalSecret", "pipelines-database")
    assert [one["secretKey"] for one in wish.object["spec"]["data"]] == ["username", "password", "ca.crt"]
    for name in ("ml-pipeline", "metadata-grpc-server"):
        program = made.named("Deployment", name)
        assert wish.urn in made.behind(program.urn)
        assert "pipelines-servers-arrivals" in program.hooks
    assert made.named("Namespace", "fairlead-pipelines").urn in made.behind(wish.urn)
    assert "external-secrets-webhook" in {
        one.object["metadata"]["name"]
        for one in made.of_kind("Deployment")
        if one.urn in made.behind(wish.urn)
    }


def test_a_vault_brings_layers_theirs_on_a_cluster_that_others_built() -> None:
    asked = pipelines_spec("onprem")
    asked["layers"] |= {
        "certificates": {"enabled": True},
        "secrets": {"enabled": True, "vault": {"server": "https://vault.example.com"}, "platform": True},
    }
    made = registered(load_plan(asked, "test", load()), "onprem")
    wish = made.named("ExternalSecret", "pipelines-database").object
    assert {one["remoteRef"]["key"] for one in wish["spec"]["data"]} == {
        "fairlead-pipelines/pipelines-database"
    }
    [store] = [
        one for one in made.objects("SecretStore") if one["metadata"]["namespace"] == "fairlead-pipelines"
    ]
    jsonschema.Draft7Validator(kinds()[place.API, "SecretStore"]).validate(store)
    login = store["spec"]["provider"]["vault"]["auth"]["kubernetes"]
    assert login["role"] == "fairlead-fairlead-pipelines"


def test_the_plan_says_what_must_be_kept_before_and_asks_nobody_to_make_it_by_hand() -> None:
    layers = {**KEPT_OUTSIDE, "workflows": {"enabled": True}, "pipelines": PIPELINES}
    notes = cloud_plan("aws", layers=layers).notes
    assert [note for note in notes if "Secret login" in note and "client-secret" in note]
    assert [note for note in notes if "pipelines-database" in note and "username, password, ca.crt" in note]
    assert not [note for note in notes if "which you make" in note]
    by_hand = cloud_plan("aws", layers={**layers, "secrets": {"enabled": True, "cloud": {}}})
    assert [note for note in by_hand.notes if "which you make" in note]
    assert by_hand.secrets.wanted == ()
