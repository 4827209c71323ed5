"""The object store: valid, closed to all that have no part of it, its key nowhere but on its volume."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from pod_security import restricted_violations
from support.strict import problems

from fairlead import labels
from fairlead.catalog import read
from fairlead.contract.handle import ClusterHandle
from fairlead.layers import tenancy
from fairlead.layers.store import access, fence, place, server
from fairlead.layers.store.tool import with_store
from fairlead.plan import store
from fairlead.plan.store_model import AccountToken, Share, StorePlan
from fairlead.spec.layer import Layers
from fairlead.workload.runtime import runtimes
from fairlead.workload.signing import FILE

Object = Mapping[str, Any]
SHARES = (
    Share("team-a", "team-a", labels.WORKLOAD_ACCOUNT),
    Share("team-b", "team-b", labels.WORKLOAD_ACCOUNT),
)
PLAN = StorePlan(True, "20Gi", "https://issuer.example", SHARES)


def made(plan: StorePlan = PLAN) -> list[Object]:
    return [
        *fence.objects(plan),
        *fence.keys(),
        *server.objects(plan, "weed:1", {"pool": "system"}, "fairlead-block"),
    ]


def one(kind: str, plan: StorePlan = PLAN) -> Any:
    [found] = [obj for obj in made(plan) if obj["kind"] == kind]
    return found


def test_every_object_keeps_its_schema() -> None:
    assert len(made()) == 6
    assert [problem for obj in made() for problem in problems(obj)] == []


def test_its_pod_keeps_the_restricted_standard() -> None:
    assert restricted_violations(one("StatefulSet")["spec"]["template"]) == []


def test_only_s3_and_metrics_are_to_be_reached_from_outside_the_pod() -> None:
    """Master, volume server and filer ask nobody who he is."""
    assert "-ip=127.0.0.1 -ip.bind=127.0.0.1" in server.START
    [box] = one("StatefulSet")["spec"]["template"]["spec"]["containers"]
    assert {port["containerPort"] for port in box["ports"]} == {place.PORT, place.METRICS_PORT}
    assert {port["port"] for port in one("Service")["spec"]["ports"]} == {place.PORT, place.METRICS_PORT}


def test_it_tells_nobody_outside_of_itself() -> None:
    assert "-master.telemetry=false" in server.START


def test_no_object_has_the_key_that_sessions_are_signed_with() -> None:
    before, behind = access.halves(PLAN)
    assert before.endswith('"signingKey": "')
    filled = json.loads(before + base64.b64encode(b"k" * 32).decode() + behind)
    assert filled["sts"]["signingKey"] == base64.b64encode(b"k" * 32).decode()
    assert filled["policy"] == {"defaultEffect": "Deny"}
    assert "/dev/urandom" in server.START
    assert not any(obj["kind"] == "Secret" for obj in made())


def test_each_part_opens_to_one_service_account_and_holds_one_bucket() -> None:
    told = access.document(PLAN)
    policies = {policy["name"]: policy["document"]["Statement"] for policy in told["policies"]}
    assert [role["roleName"] for role in told["roles"]] == ["fairlead-team-a", "fairlead-team-b"]
    for share, role in zip(SHARES, told["roles"], strict=True):
        [trust] = role["trustPolicy"]["Statement"]
        subject = f"system:serviceaccount:{share.namespace}:{labels.WORKLOAD_ACCOUNT}"
        assert trust["Condition"] == {"StringEquals": {"oidc:sub": subject}}
        assert trust["Principal"] == {"Federated": "cluster"}
        [name] = role["attachedPolicies"]
        [statement] = policies[name]
        assert {resource.rpartition(":")[2] for resource in statement["Resource"]} == {
            share.bucket,
            f"{share.bucket}/*",
        }


def test_a_token_counts_only_if_this_cluster_made_it_for_the_store() -> None:
    [provider] = access.document(PLAN)["sts"]["providers"]
    assert provider["config"]["issuer"] == "https://issuer.example"
    assert provider["config"]["clientId"] == place.AUDIENCE
    assert provider["config"]["tlsCaCert"] == "/etc/cluster/ca.crt"


def test_only_namespaces_with_a_part_may_call_it() -> None:
    policies = {obj["metadata"]["name"]: obj["spec"] for obj in made() if obj["kind"] == "NetworkPolicy"}
    assert policies["default-deny"]["ingress"] == []
    [s3, metrics] = policies["store"]["ingress"]
    assert s3["ports"] == [{"protocol": "TCP", "port": place.PORT}]
    [peer] = s3["from"]
    assert peer["namespaceSelector"]["matchExpressions"] == [
        {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-a", "team-b"]}
    ]
    [gatherer] = metrics["from"]
    assert gatherer["namespaceSelector"]["matchExpressions"][0]["values"] == [labels.METRICS_NAMESPACE]


def test_a_new_part_starts_it_anew_and_the_same_settings_do_not() -> None:
    def noted(plan: StorePlan) -> str:
        return one("StatefulSet", plan)["spec"]["template"]["metadata"]["annotations"][
            "fairlead.dev/settings"
        ]

    assert noted(PLAN) == noted(replace(PLAN))
    assert noted(PLAN) != noted(replace(PLAN, shares=SHARES[:1]))


def test_the_pod_is_ready_only_when_every_bucket_is_there() -> None:
    [box] = one("StatefulSet")["spec"]["template"]["spec"]["containers"]
    assert box["lifecycle"]["postStart"]["exec"]["command"] == ["/bin/sh", "/etc/store/buckets"]
    text = one("ConfigMap")["data"]["buckets"]
    assert "for name in fairlead-team-a fairlead-team-b;" in text


# ---- what it gives to the others ---------------------------------------------------------------


def handle(**fields: Any) -> ClusterHandle:
    none: Any = None
    told = {
        "name": "x",
        "target": "local",
        "provider": none,
        "kubeconfig": none,
        "pools": {},
        "images": {},
        "system_selector": {},
        "storage_classes": {},
        "capabilities": {},
        "ready": [],
    }
    return ClusterHandle(**{**told, **fields})


def test_tenants_are_told_of_it_as_of_any_other_store() -> None:
    found = with_store(PLAN, handle())
    assert found.object_store is not None
    assert found.object_store.uris == {"team-a": "s3://fairlead-team-a", "team-b": "s3://fairlead-team-b"}
    tenant = cast(Any, type("Tenant", (), {"name": "team-a", "namespace": "team-a"}))
    data = tenancy.object_store(tenant, found.object_store)["data"]
    assert data["FAIRLEAD_OBJECT_STORE_URI"] == "s3://fairlead-team-a"
    assert data["AWS_ENDPOINT_URL_S3"] == data["FAIRLEAD_OBJECT_STORE_ENDPOINT"] == place.ENDPOINT
    assert data["AWS_ROLE_ARN"].endswith(":role/fairlead-team-a")
    assert data["AWS_WEB_IDENTITY_TOKEN_FILE"] == f"{place.TOKEN_FOLDER}/{FILE}"


def test_a_tenants_pods_may_call_the_pods_of_the_store_and_no_others() -> None:
    found = with_store(PLAN, handle())
    assert found.object_store is not None
    tenant = cast(Any, type("Tenant", (), {"name": "team-a", "namespace": "team-a", "egress": ()}))
    policies = tenancy.network_policies(tenant, found.object_store.reach)
    [policy] = [obj for obj in policies if obj["metadata"]["name"] == "object-store"]
    [rule] = policy["spec"]["egress"]
    assert rule == {
        "to": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": place.NAMESPACE}},
                "podSelector": {"matchLabels": place.LABELS},
            }
        ],
        "ports": [{"protocol": "TCP", "port": place.PORT}],
    }
    assert problems(policy) == []


def test_jobs_carry_a_token_for_the_store_and_none_for_the_api_server() -> None:
    token = AccountToken("store", "/var/run/here", 3600)
    for made in runtimes(token=token):
        [replicated] = made["spec"]["template"]["spec"]["replicatedJobs"]
        pod = replicated["template"]["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        [volume] = [one for one in pod["volumes"] if "projected" in one]
        [source] = volume["projected"]["sources"]
        assert source["serviceAccountToken"] == {"audience": "store", "expirationSeconds": 3600, "path": FILE}
        mounts = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == volume["name"]]
        assert mounts == [{"name": volume["name"], "mountPath": "/var/run/here", "readOnly": True}]


def test_jobs_carry_no_token_where_the_target_brings_its_own_identity() -> None:
    for made in runtimes():
        [replicated] = made["spec"]["template"]["spec"]["replicatedJobs"]
        volumes = replicated["template"]["spec"]["template"]["spec"]["volumes"]
        assert [volume["name"] for volume in volumes] == ["shm"]


def test_a_cluster_without_the_layer_is_handed_on_as_it_is() -> None:
    given = handle()
    assert with_store(StorePlan(), given) is given


# ---- the plan ----------------------------------------------------------------------------------


class Cloud:
    object_store = "its own"


class Plain:
    pass


@pytest.mark.parametrize(("target", "refused"), [(Cloud(), True), (Plain(), False)])
def test_two_stores_for_one_contract_are_refused(target: Any, refused: bool) -> None:
    layers = Layers.model_validate({"store": {"enabled": True}})
    found = list(store.check(layers, target))
    assert [problem.where for problem in found] == ["platform.layers.store.enabled"] * refused
    assert list(store.check(Layers(), target)) == []


def test_a_target_without_a_store_says_that_the_layer_is_off() -> None:
    off, on = Layers().store, Layers.model_validate({"store": {"enabled": True}}).store
    assert store.lacks(off, cast(Any, Plain()), {}) == dict.fromkeys(store.GIVEN, store.OFF)
    assert store.lacks(on, cast(Any, Plain()), {"object-store": "none named"}) == {}
    assert store.lacks(off, cast(Any, Cloud()), {"x": "y"}) == {"x": "y"}


def test_the_local_target_can_keep_objects() -> None:
    rows = read.load().capabilities["local"]
    assert {name: rows[name].status for name in store.GIVEN} == dict.fromkeys(store.GIVEN, "supported")
