"""Who may touch nodes: policies, namespaces and domains as they are sent; the API server's own view is in e2e."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from fabric_plans import IMAGES, plans
from support.charts import renderer
from support.strict import problems, schemas

from fairlead import labels
from fairlead.contract.chart import Object, Release
from fairlead.layers import fabric, tenancy
from fairlead.layers.fabric import domains, guard

RUNTIMES = {"H100": "fairlead-h100-nodes-"}
DAEMONS = ("tcpx", "tcpxo", "tcpxo beside rdma")


def objects(way: str) -> list[Object]:
    return guard.objects(fabric.pinned(plans()[way].fabrics, IMAGES), RUNTIMES)


def policy(way: str, name: str) -> Any:
    return next(
        one for one in objects(way) if one["metadata"]["name"] == name and one["kind"].endswith("Policy")
    )


@pytest.mark.parametrize("way", DAEMONS)
def test_every_policy_keeps_its_schema_and_is_bound_to_deny(way: str) -> None:
    found = objects(way)
    assert [problem for one in found for problem in problems(one)] == []
    bound = {one["spec"]["policyName"]: one for one in found if one["kind"].endswith("Binding")}
    assert set(bound) == {guard.DEVICES, guard.PODS, guard.JOBS}
    assert {tuple(one["spec"]["validationActions"]) for one in bound.values()} == {("Deny",)}


@pytest.mark.parametrize("way", sorted(set(plans()) - set(DAEMONS)))
def test_without_a_daemon_there_is_nothing_to_guard(way: str) -> None:
    assert objects(way) == []


def test_a_policy_that_cannot_be_asked_refuses() -> None:
    kinds = [one for one in objects("tcpxo") if one["kind"] == "ValidatingAdmissionPolicy"]
    assert {one["spec"]["failurePolicy"] for one in kinds} == {"Fail"}


def test_only_the_permitted_tenants_namespace_is_opened_and_it_alone_is_held_by_the_policy() -> None:
    spaces = {one.name: tenancy.namespace(one)["metadata"]["labels"] for one in plans()["tcpxo"].tenants}
    key = "pod-security.kubernetes.io/enforce"
    assert {name: told[key] for name, told in spaces.items()} == {
        "team-a": "privileged",
        "team-b": "restricted",
    }
    assert spaces["team-a"]["pod-security.kubernetes.io/warn"] == "restricted"
    assert guard.HOST_ACCESS in spaces["team-a"]
    assert guard.HOST_ACCESS not in spaces["team-b"]


def test_the_images_in_the_policy_are_those_that_pods_name() -> None:
    said = str(policy("tcpxo", guard.PODS))
    assert IMAGES["tcpxo-daemon"] in said
    assert IMAGES["tcpx-daemon"] not in said


def test_jobs_of_others_are_refused_by_the_beginning_of_their_runtimes_name() -> None:
    (rule,) = policy("tcpxo", guard.JOBS)["spec"]["validations"]
    assert '"fairlead-h100-nodes-"' in rule["expression"]
    assert "host_access" in rule["message"]


def test_each_tenant_has_a_domain_of_its_own_that_keeps_the_drivers_schema() -> None:
    plan = plans()["nvlink"]
    custom: dict[tuple[str, str], Any] = {}
    chart = renderer(["dra-driver-nvidia-gpu"])
    told = {"resources": {"gpus": {"enabled": False}}, "nvidiaDriverRoot": "/"}
    for one in chart(Release("dra-driver-nvidia-gpu", "dra-driver-nvidia-gpu", "x", told)):
        if one["kind"] == "CustomResourceDefinition":
            custom |= schemas(one)
    made = [
        one
        for tenant in plan.tenants
        for one in domains.objects(plan.fabrics.claims, tenant.name, tenant.namespace)
    ]
    assert [one["metadata"]["namespace"] for one in made] == [one.namespace for one in plan.tenants]
    for one in made:
        schema = custom[one["apiVersion"], one["kind"]]
        assert list(jsonschema.Draft7Validator(schema).iter_errors(one)) == []
        assert list(jsonschema.Draft7Validator(schema).iter_errors({**one, "surprise": 1}))
        assert one["metadata"]["labels"] == {labels.TENANT: one["metadata"]["namespace"]}


@pytest.mark.parametrize("way", ["efa", "infiniband", "tcpxo"])
def test_without_nvlink_there_is_no_domain(way: str) -> None:
    assert domains.objects(plans()[way].fabrics.claims, "team-a", "team-a") == []
