"""Who may do what in a tenant's namespace: members, admins, who may only look; and whose it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from support.specs import minimal
from support.strict import problems

from fairlead.catalog.read import load
from fairlead.contract.chart import Object
from fairlead.layers import tenancy
from fairlead.layers.objects import READ, looking, members
from fairlead.plan.load import load_plan
from fairlead.plan.model import PeoplePlan, TenantPlan

EVERYBODY: Mapping[str, Any] = {
    "groups": ["g"],
    "members": ["m"],
    "roles": {
        "admin": {"groups": ["ag"], "members": ["am"]},
        "viewer": {"groups": ["vg"], "members": ["vm"]},
    },
}


def tenant(**given: Any) -> TenantPlan:
    data = minimal(tenants=[{"name": "team-a", "quota": {"cpu": "1", "memory": "1Gi"}, **given}])
    [found] = load_plan(data, "test", load()).tenants
    return found


def bound(objects: Sequence[Object]) -> dict[str, list[tuple[str, str]]]:
    """Name of a role -> who has it; every binding is of a role that is there, and no object is wrong."""
    roles = {one["metadata"]["name"] for one in objects if one["kind"] == "Role"}
    found = {
        one["roleRef"]["name"]: [(who["kind"], who["name"]) for who in one["subjects"]]
        for one in objects
        if one["kind"] == "RoleBinding"
    }
    assert set(found) <= roles
    assert [problem for one in objects for problem in problems(one)] == []
    return found


def rules(objects: Sequence[Object], name: str) -> list[dict[str, Any]]:
    [role] = [one for one in objects if one["kind"] == "Role" and one["metadata"]["name"] == name]
    return role["rules"]


def may(objects: Sequence[Object], name: str) -> set[tuple[str, str]]:
    """(resource, verb) of a role."""
    return {
        (kind, verb) for one in rules(objects, name) for kind in one["resources"] for verb in one["verbs"]
    }


def test_every_role_goes_to_those_who_are_named_for_it_and_admins_are_members() -> None:
    assert bound(tenancy.rights(tenant(**EVERYBODY))) == {
        "fairlead-member": [("Group", "g"), ("Group", "ag"), ("User", "m"), ("User", "am")],
        "fairlead-member-viewer": [("Group", "vg"), ("User", "vm")],
        "fairlead-admin": [("Group", "ag"), ("User", "am")],
    }


def test_a_tenant_that_names_groups_alone_has_the_one_role() -> None:
    objects = tenancy.rights(tenant(groups=["g"]))
    assert [one["kind"] for one in objects] == ["Role", "RoleBinding"]
    assert bound(objects) == {"fairlead-member": [("Group", "g")]}


def test_a_person_without_a_group_is_a_member() -> None:
    assert bound(tenancy.rights(tenant(members=["ada@example.com"]))) == {
        "fairlead-member": [("User", "ada@example.com")]
    }


def test_who_may_look_sees_what_members_see_but_secrets_and_changes_nothing() -> None:
    objects = tenancy.rights(tenant(**EVERYBODY))
    member, viewer = may(objects, "fairlead-member"), may(objects, "fairlead-member-viewer")
    assert ("secrets", "get") in member
    assert viewer == {(kind, verb) for kind, verb in member if verb in READ and kind != "secrets"}
    assert ("pods/log", "get") in viewer


def test_a_rule_that_neither_reads_nor_names_more_than_secrets_is_none_for_who_looks() -> None:
    given = [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
        {"apiGroups": ["x"], "resources": ["things"], "verbs": ["create"]},
        {
            "apiGroups": ["x"],
            "resources": ["secrets", "things"],
            "verbs": ["create", "get"],
            "resourceNames": ["a"],
        },
    ]
    assert looking(given) == [
        {"apiGroups": ["x"], "resources": ["things"], "verbs": ["get"], "resourceNames": ["a"]}
    ]


def test_admins_stop_the_tenants_queues_and_end_pods_and_give_no_rights() -> None:
    found = may(tenancy.rights(tenant(**EVERYBODY)), "fairlead-admin")
    assert found == {("localqueues", "update"), ("localqueues", "patch"), ("pods", "delete")}


@pytest.mark.parametrize("role", ["fairlead-member", "fairlead-member-viewer", "fairlead-admin"])
def test_nobody_of_a_tenant_enters_pods_or_hands_out_roles(role: str) -> None:
    kinds = {kind for kind, _ in may(tenancy.rights(tenant(**EVERYBODY)), role)}
    assert kinds
    assert not kinds & {"pods/exec", "pods/attach", "pods/portforward", "roles", "rolebindings", "*"}


def test_who_works_is_named_once_though_named_twice() -> None:
    plan = tenant(groups=["g", "h"], members=["m"], roles={"admin": {"groups": ["h"], "members": ["m"]}})
    assert plan.working == PeoplePlan(("g", "h"), ("m",))


def test_the_namespace_says_who_answers_for_it_and_who_is_charged() -> None:
    meta = tenancy.namespace(tenant(owner="lead@example.com", cost_center="R-42"))["metadata"]
    assert meta["annotations"] == {"fairlead.dev/owner": "lead@example.com"}
    assert meta["labels"]["fairlead.dev/cost-center"] == "R-42"


def test_a_namespace_of_nobody_says_nothing_of_it() -> None:
    meta = tenancy.namespace(tenant())["metadata"]
    assert "annotations" not in meta
    assert "fairlead.dev/cost-center" not in meta["labels"]


def test_a_layers_role_follows_the_same_people() -> None:
    given = [{"apiGroups": ["x"], "resources": ["things"], "verbs": ["get", "create"]}]
    objects = members(tenant(**EVERYBODY), "some-layer", given)
    assert set(bound(objects)) == {"some-layer", "some-layer-viewer"}
    assert may(objects, "some-layer-viewer") == {("things", "get")}
    assert "some-layer-viewer" not in str(members(tenant(groups=["g"]), "some-layer", given))
