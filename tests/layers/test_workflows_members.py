"""What a tenant gets of the workflows layer, and what the API server refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from support.engine import run
from support.specs import minimal
from support.strict import problems

from fairlead import labels
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers.store.tool import with_store
from fairlead.layers.tool import Ground
from fairlead.layers.workflows import members, policies
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan

Object = Mapping[str, Any]
NONE: Any = None


def plan(*, jobs: bool = True, store: bool = False) -> PlatformPlan:
    layers = {"workflows": {"enabled": True}, "store": {"enabled": store}, "jobs": {"enabled": jobs}}
    return load_plan(minimal(layers=layers), "test", load())


def ground(plan: PlatformPlan) -> Ground:
    handle = ClusterHandle("x", "local", NONE, NONE, {}, {}, {}, {}, {}, [])
    return Ground(plan, with_store(plan.store, handle), NONE)


def made(plan: PlatformPlan) -> dict[tuple[str, str], Any]:
    tenant = replace(plan.tenants[0], groups=("people",))

    async def inside() -> list[Any]:
        # Where the store is may be known later: such values belong to the program's loop.
        return list(members.objects(ground(plan), tenant))

    return {(o["kind"], o["metadata"]["name"]): o for o in run(inside())}


def test_every_object_keeps_its_schema() -> None:
    objects = [*made(plan()).values(), *policies.objects()]
    assert len(objects) >= 9
    assert [problem for one in objects for problem in problems(one)] == []


@pytest.mark.parametrize("jobs", [True, False])
def test_steps_report_results_and_send_jobs_where_there_are_jobs(jobs: bool) -> None:
    rules = made(plan(jobs=jobs))["Role", members.STEPS]["rules"]
    assert rules[0] == {
        "apiGroups": ["argoproj.io"],
        "resources": ["workflowtaskresults"],
        "verbs": ["create", "patch"],
    }
    assert [rule["resources"] for rule in rules[1:]] == [["trainjobs"]] * jobs


def test_steps_act_under_the_tenants_own_account_and_people_by_their_group() -> None:
    found = made(plan())
    [account] = found["RoleBinding", members.STEPS]["subjects"]
    assert (account["kind"], account["name"]) == ("ServiceAccount", labels.WORKLOAD_ACCOUNT)
    [group] = found["RoleBinding", members.MEMBERS]["subjects"]
    assert (group["kind"], group["name"]) == ("Group", "people")
    kinds = found["Role", members.MEMBERS]["rules"][0]["resources"]
    assert set(kinds) == {"workflows", "workflowtemplates", "cronworkflows"}


def test_artefacts_have_a_place_only_where_there_is_an_object_store() -> None:
    assert ("ConfigMap", members.REPOSITORIES) not in made(plan())
    assert ("ConfigMap", members.REPOSITORIES) in made(plan(store=True))


def test_policies_hold_in_tenants_namespaces_alone_and_fail_closed() -> None:
    for one in policies.objects():
        if one["kind"] == "ValidatingAdmissionPolicyBinding":
            assert one["spec"]["validationActions"] == ["Deny"]
            assert one["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"] == [
                {"key": labels.TENANT, "operator": "Exists"}
            ]
        else:
            assert one["spec"]["failurePolicy"] == "Fail"
