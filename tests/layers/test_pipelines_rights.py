"""What the programs of Kubeflow Pipelines may do, and who calls whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from support import kfp
from support.pipelines import Made, made
from support.rights import granted

from fairlead import labels
from fairlead.layers.pipelines import artifacts, fence, members, place, rights
from fairlead.plan import pipelines_model as model


@cache
def here(target: str = "aws") -> Made:
    return made(target, replicas=2)


def flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{above}{key}"
        inner = hasattr(value, "items") and name != "DBConfig.MySQLConfig.ExtraParams"
        found |= flat(value, f"{name}.") if inner else {name: value}
    return found


# ---- what they may do ----------------------------------------------------------------------------


def test_in_the_whole_cluster_nothing_is_written_and_the_api_server_reads_nothing() -> None:
    found = {name: set(granted(rules)) for name, rules in rights.everywhere().items()}
    assert found[place.API] == {
        ("authentication.k8s.io", "tokenreviews", "create"),
        ("authorization.k8s.io", "subjectaccessreviews", "create"),
    }
    for name in (place.AGENT, place.SCHEDULES):
        assert {verb for _, _, verb in found[name]} == {"get", "list", "watch"}
        assert {kind for _, kind, _ in found[name]} == {"workflows", "scheduledworkflows"}


def test_no_program_may_read_secrets_make_pods_or_grant_rights() -> None:
    rules = [*rights.everywhere().values(), *rights.in_tenants().values()]
    everything = {one for each in rules for one in granted(each)} | set(granted(members.steps()))
    kinds = {kind for _, kind, _ in everything}
    assert not kinds & {"secrets", "roles", "rolebindings", "clusterroles", "serviceaccounts", "pods/exec"}
    assert not {verb for _, kind, verb in everything if kind == "pods"} & {"create", "update", "patch"}
    assert "*" not in {part for one in everything for part in one}


def test_rights_that_change_things_come_and_go_with_each_tenant() -> None:
    bindings = [one for one in here().objects if one["kind"] == "ClusterRoleBinding"]
    bound = {one["roleRef"]["name"] for one in bindings}
    assert bound == {f"{rights.PREFIX}:{name}" for name in rights.everywhere()}
    for program in rights.in_tenants():
        found = here().one("RoleBinding", f"{members.CONTROLLERS}-{program}")
        assert found["metadata"]["namespace"] == "team-a"
        assert found["roleRef"]["name"] == rights.in_tenants_name(program)
        assert (
            here().one("ClusterRole", rights.in_tenants_name(program))["rules"]
            == rights.in_tenants()[program]
        )
        assert found["subjects"] == [dict(place.account(program))]


def test_the_schedules_controller_has_the_api_make_its_runs() -> None:
    found = set(granted(rights.in_tenants()[place.SCHEDULES]))
    assert (place.GROUP, "runs", "create") in found
    assert not [one for one in found if one[1] == "workflows"]


def test_a_tenants_pods_may_ask_the_api_for_what_it_asks_kubernetes_about() -> None:
    asked: dict[str, set[str]] = {}
    for group, kind, verb in granted(members.asked()):
        assert group == place.GROUP
        asked.setdefault(kind, set()).add(verb)
    left_out = {"runs": {"reportMetrics"}}
    assert asked == {
        kind: verbs - left_out.get(kind, set())
        for kind, verbs in kfp.ASKED.items()
        if kind not in ("workflows", "scheduledworkflows")
    }
    agent = {(kind, verb) for _, kind, verb in granted(rights.in_tenants()[place.AGENT])}
    assert agent >= {(kind, verb) for kind in ("workflows", "scheduledworkflows") for verb in kfp.ASKED[kind]}
    [subject] = here().one("RoleBinding", members.CALLERS)["subjects"]
    assert (subject["kind"], subject["name"]) == ("ServiceAccount", labels.WORKLOAD_ACCOUNT)


@pytest.mark.parametrize(("groups", "bound"), [(("people",), 1), ((), 0)])
def test_members_see_schedules_and_write_none(groups: tuple[str, ...], bound: int) -> None:
    found = made("aws", groups=groups)
    [rule] = found.one("Role", members.MEMBERS)["rules"]
    assert (rule["resources"], set(rule["verbs"])) == (["scheduledworkflows"], {"get", "list", "watch"})
    bindings = [one for one in found.tenant if one["metadata"]["name"] == members.MEMBERS]
    assert len([one for one in bindings if one["kind"] == "RoleBinding"]) == bound


def test_steps_read_one_configmap_and_no_secret() -> None:
    found = members.steps()
    assert {kind for _, kind, _ in granted(found)} == {"configmaps", "pods", "persistentvolumeclaims"}
    [configmaps] = [rule for rule in found if rule["resources"] == ["configmaps"]]
    assert configmaps["resourceNames"] == [artifacts.LAUNCHER]


# ---- who calls whom ------------------------------------------------------------------------------


def policies(namespace: str) -> dict[str, Any]:
    return {
        one["metadata"]["name"]: one["spec"]
        for one in here().objects
        if one["kind"] == "NetworkPolicy" and one["metadata"]["namespace"] == namespace
    }


def test_all_is_shut_both_ways_and_each_program_has_its_doors() -> None:
    found = policies(model.NAMESPACE)
    assert found["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    assert found["calls-nobody"] == {"podSelector": {}, "policyTypes": ["Egress"], "egress": []}
    doors = {rule["ports"][0]["port"]: json.dumps(rule["from"]) for rule in found[place.API]["ingress"]}
    assert set(doors) == {place.HTTP, place.GRPC}
    for peers in doors.values():
        assert "team-a" in peers
        assert place.AGENT in peers
        assert place.SCHEDULES in peers
    assert labels.METRICS_NAMESPACE not in doors[place.GRPC]
    [rule] = found[place.METADATA]["ingress"]
    [peer] = rule["from"]
    assert peer["podSelector"]["matchLabels"] == place.STEP
    assert peer["namespaceSelector"]["matchExpressions"][0]["values"] == ["team-a"]


def test_without_tenants_nobody_calls_the_store_of_metadata() -> None:
    database = here().plan.pipelines.database
    assert database is not None
    [policy] = [one for one in fence.objects([], database, []) if one["metadata"]["name"] == place.METADATA]
    assert policy["spec"]["ingress"] == []


def test_servers_call_the_database_where_it_lies_and_nothing_else_on_its_port() -> None:
    found = policies(model.NAMESPACE)
    mysql = {"ports": [{"protocol": "TCP", "port": 3306}], "to": [{"ipBlock": {"cidr": "10.9.0.0/24"}}]}
    assert mysql in found[f"{place.API}-calls"]["egress"]
    assert mysql in found[f"{place.METADATA}-calls"]["egress"]
    assert len(found[f"{place.METADATA}-calls"]["egress"]) == 2
    for name in (place.AGENT, place.SCHEDULES):
        assert "3306" not in json.dumps(found[f"{name}-calls"])
        assert place.API in json.dumps(found[f"{name}-calls"])


def test_a_tenants_fence_opens_to_the_api_for_all_its_pods_and_to_metadata_for_runs_alone() -> None:
    found = policies("team-a")
    [rule] = found["pipelines"]["egress"]
    assert found["pipelines"]["podSelector"] == {}
    assert {one["port"] for one in rule["ports"]} == {place.HTTP, place.GRPC}
    [steps] = found["pipelines-steps"]["egress"]
    assert found["pipelines-steps"]["podSelector"]["matchLabels"] == place.STEP
    assert [one["port"] for one in steps["ports"]] == [place.METADATA_PORT]
    for one, program in ((rule, place.API), (steps, place.METADATA)):
        [peer] = one["to"]
        template = here().one("Deployment", program)["spec"]["template"]
        assert peer["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
