"""The notebooks layer: runtimes that notebooks refer to, what tenants get, and what no Service of a tenant may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pod_security import restricted_violations
from support.golden import REPO
from support.specs import minimal
from support.strict import problems
from support.targets import TARGETS

from fairlead import labels
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle, WorkloadIdentity
from fairlead.errors import InputError
from fairlead.layers.gateway.tool import ENTRANCE
from fairlead.layers.notebooks import policies, tool
from fairlead.layers.tool import Ground
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.stack import plan_of
from fairlead.plan.store_model import AccountToken
from fairlead.workload.notebook_load import load_notebook
from fairlead.workload.notebook_render import render

NONE: Any = None
ON = {name: {"enabled": True} for name in ("certificates", "gateway", "notebooks")}
TOKEN = AccountToken("store", "/var/run/token", 3600)
LABELS = {"cloud.example.com/identity": "true"}


def ground(plan: PlatformPlan) -> Ground:
    identity = WorkloadIdentity({}, LABELS, TOKEN)
    return Ground(
        plan, ClusterHandle("x", "local", NONE, NONE, {}, {}, {}, {}, {}, [], identity=identity), NONE
    )


def lab(**layers: Any) -> PlatformPlan:
    tenants = [{"name": "team-a", "groups": ["people"], "quota": {"cpu": "1", "memory": "1Gi"}}]
    told = {**ON, "gateway": {"enabled": True, "domain": "ml.example.com"}, **layers}
    return load_plan(minimal(tenants=tenants, layers=told), "test", load())


def objects(plan: PlatformPlan) -> dict[tuple[str, str], Mapping[str, Any]]:
    [part] = tool.TOOL.parts(ground(plan))
    return {(one["kind"], one["metadata"]["name"]): one for one in part.objects}


def test_it_stands_behind_the_jobs_controllers_and_the_gateway() -> None:
    [part] = tool.TOOL.parts(ground(lab()))
    assert set(part.after) == {"runtimes", ENTRANCE}
    assert not part.crds


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_on_every_target_a_notebook_refers_to_a_runtime_that_is_there(target: str) -> None:
    """For each accelerator of the target's own stack, the same file by the same words."""
    plan = plan_of(REPO / "stacks", TARGETS[target].stack)
    made = objects(plan)
    asked = [None, *(name for name in plan.queues.accelerators)]
    assert len(asked) > 1
    for name in asked:
        words = {"name": "lab", "tenant": "team-a", "image": "example.com/lab:1"}
        if name:
            words["accelerators"] = f"{name}:1"
        job = render(load_notebook(words, "test"), "ml.example.com")[-1]
        runtime = made["ClusterTrainingRuntime", job["spec"]["runtimeRef"]["name"]]
        [replicated] = runtime["spec"]["template"]["spec"]["replicatedJobs"]
        template = replicated["template"]["spec"]["template"]
        assert template["metadata"]["labels"] == LABELS
        assert restricted_violations(template) == []
        assert any("projected" in volume for volume in template["spec"]["volumes"])
    kinds = [kind for kind, _ in made]
    assert kinds.count("ClusterTrainingRuntime") == len(asked)


def test_every_object_is_what_the_api_server_takes() -> None:
    for one in objects(lab()).values():
        assert problems(one) == []


def test_a_tenant_is_told_the_domain_and_its_members_may_write_services() -> None:
    plan = lab()
    made = {one["kind"]: one for one in tool.TOOL.tenant(ground(plan), plan.tenants[0])}
    assert made["ConfigMap"]["data"] == {labels.NOTEBOOK_DOMAIN: "ml.example.com"}
    assert made["ConfigMap"]["metadata"]["name"] == labels.NOTEBOOKS
    [rule] = made["Role"]["rules"]
    assert (rule["apiGroups"], rule["resources"]) == ([""], ["services"])
    assert "create" in rule["verbs"]
    [subject] = made["RoleBinding"]["subjects"]
    assert subject["name"] == "people"
    for one in made.values():
        assert one["metadata"]["namespace"] == plan.tenants[0].namespace
        assert problems(one) == []


def test_without_groups_nobody_is_given_the_right() -> None:
    plan = lab()
    tenant = replace(plan.tenants[0], groups=())
    assert "RoleBinding" not in {one["kind"] for one in tool.TOOL.tenant(ground(plan), tenant)}


def test_a_service_of_a_tenant_names_its_own_pods_alone() -> None:
    policy, binding = policies.objects()
    [rule] = policy["spec"]["matchConstraints"]["resourceRules"]
    assert (rule["resources"], rule["operations"]) == (["services"], ["CREATE", "UPDATE"])
    told = [one["expression"] for one in policy["spec"]["validations"]]
    assert told == [
        "!has(object.spec.type) || object.spec.type == 'ClusterIP'",
        "!has(object.spec.externalIPs) || object.spec.externalIPs.size() == 0",
    ]
    assert policy["spec"]["failurePolicy"] == "Fail"
    [condition] = policy["spec"]["matchConditions"]
    assert "system:serviceaccount:' + request.namespace" in condition["expression"]
    where = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert where == [{"key": labels.TENANT, "operator": "Exists"}]


@pytest.mark.parametrize(
    ("off", "what"),
    [("jobs", "a notebook is a job"), ("gateway", "notebooks are reached through it")],
)
def test_what_it_needs_is_refused_by_name(off: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        lab(**{off: {"enabled": False}})
    assert f"platform.layers.{off}.enabled" in str(caught.value)
    assert what in str(caught.value)


def test_switched_off_it_is_nowhere() -> None:
    plan = lab(notebooks={"enabled": False})
    assert not plan.layer("notebooks").enabled
