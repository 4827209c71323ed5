"""LeaderWorkerSet's controller: the chart's own, fenced, with fewer rights; and what Kueue is told for its sake."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from reference.gomodule import go_module
from support.charts import chart_values, module_of, rendered, renderer
from support.golden import REPO
from support.rights import granted
from support.specs import minimal
from support.strict import problems, schemas

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.layers import queue_controller
from fairlead.layers.lws import controller, tool
from fairlead.layers.tool import Ground, Part
from fairlead.plan.load import load_plan
from fairlead.plan.lws_model import CHART, IMAGE, NAMESPACE

Object = Mapping[str, Any]
NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCE = lock.images()[IMAGE].reference


def ground(replicas: int = 1) -> Ground:
    plan = load_plan(minimal(layers={"lws": {"enabled": True, "replicas": replicas}}), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, {IMAGE: REFERENCE}, HERE, {}, {}, [])
    return Ground(plan, handle, renderer([CHART]))


def _of_kinds(role: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its rules, but for those of addresses."""
    return [one for one in role["rules"] if "resources" in one]


def parts(replicas: int = 1) -> dict[str, Part]:
    return {one.name: one for one in tool.TOOL.parts(ground(replicas))}


def of_kind(kind: str, replicas: int = 1) -> dict[str, Any]:
    objects = parts(replicas)[tool.PART].objects
    return {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == kind}


# ---- the controller ----------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [1, 2])
def test_every_object_keeps_its_schema(replicas: int) -> None:
    made = parts(replicas)
    tenant = replace(ground().plan.tenants[0], groups=("people",))
    objects = [*made[tool.PART].rest, *made[tool.POLICIES].rest, *tool.members(ground(), tenant)]
    assert len(objects) >= 19
    assert [problem for obj in objects for problem in problems(obj)] == []


def test_the_pod_keeps_the_standard_and_runs_on_the_platforms_nodes_within_limits() -> None:
    [deployment] = of_kind("Deployment").values()
    template = deployment["spec"]["template"]
    assert restricted_violations(template) == []
    pod = template["spec"]
    [box] = pod["containers"]
    assert (box["image"], pod["nodeSelector"]) == (REFERENCE, HERE)
    assert box["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(box["resources"]["requests"]) == {"cpu", "memory"}
    [spread] = pod["topologySpreadConstraints"]
    assert spread["labelSelector"] == deployment["spec"]["selector"]
    assert deployment["metadata"]["name"] == controller.CONTROLLER == pod["serviceAccountName"]


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 1)])
def test_a_budget_guards_controllers_of_which_there_are_several(replicas: int, budgets: int) -> None:
    found = of_kind("PodDisruptionBudget", replicas)
    assert len(found) == budgets
    [deployment] = of_kind("Deployment", replicas).values()
    assert deployment["spec"]["replicas"] == replicas
    assert all(one["spec"]["selector"] == deployment["spec"]["selector"] for one in found.values())


def test_the_fence_has_a_door_for_the_webhooks_and_one_for_metrics() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["default-deny"]["spec"]["ingress"] == []
    rules = policies[controller.CONTROLLER]["spec"]["ingress"]
    doors = {rule["ports"][0]["port"]: rule.get("from") for rule in rules}
    [service] = of_kind("Service").values()
    assert service["spec"]["ports"][0]["targetPort"] == controller.WEBHOOK_PORT
    assert doors[controller.WEBHOOK_PORT] is None, "the API server is no pod"
    assert "fairlead-monitoring" in str(doors[controller.METRICS_PORT])
    defaults = (module_of(CHART) / "api/config/v1alpha1/defaults.go").read_text()
    assert f'":{controller.METRICS_PORT}"' in defaults


def test_every_value_that_we_set_is_one_that_the_chart_has() -> None:
    assert set(controller.values(2)) <= set(chart_values(CHART))


def test_nothing_is_left_to_the_controller_manager_or_lies_in_a_namespace_of_others() -> None:
    objects = parts()[tool.PART].objects
    assert not [obj for obj in objects if obj.get("aggregationRule")]
    assert "rbac.authorization.k8s.io/aggregate-to" not in str(objects)
    spaces = {obj["metadata"]["namespace"] for obj in objects if obj["metadata"].get("namespace")}
    assert spaces == {NAMESPACE}
    subjects = [one for obj in objects for one in obj.get("subjects", [])]
    assert {one["name"] for one in subjects} == {controller.CONTROLLER}


def test_it_has_the_charts_rights_but_for_secrets_nodes_and_foreign_webhooks() -> None:
    theirs = {
        obj["metadata"]["name"]: obj for obj in rendered(CHART) if obj["kind"] in ("ClusterRole", "Role")
    }
    ours = {**of_kind("ClusterRole"), **of_kind("Role")}
    before, after = (set(granted(_of_kinds(one[controller.ROLE]))) for one in (theirs, ours))
    assert after < before
    assert {kind for _, kind, _ in before - after} == {"secrets", "nodes"}
    assert {verb for _, kind, verb in after if kind == "nodes"} == set(controller.READ)
    for rule in ours[controller.ROLE]["rules"]:
        if "validatingwebhookconfigurations" in rule["resources"]:
            assert set(rule["verbs"]) <= {"list", "watch"} or rule["resourceNames"] == list(controller.HOOKS)
    secrets = {wish for wish in granted(ours[controller.LEADING]["rules"]) if wish[1] == "secrets"}
    assert {verb for _, _, verb in secrets} == {"get", "list", "watch", "update"}
    hooks = {**of_kind("MutatingWebhookConfiguration"), **of_kind("ValidatingWebhookConfiguration")}
    assert set(hooks) == set(controller.HOOKS)
    text = (module_of(CHART) / "pkg/cert/cert.go").read_text()
    assert all(f'"{name}"' in text for name in controller.HOOKS)


def test_the_layer_counts_as_standing_when_its_webhooks_answer() -> None:
    policies = parts()[tool.POLICIES]
    assert policies.after == (tool.PART,)
    [probe] = policies.probes
    kinds = {key: one for crd in parts()[tool.PART].crds for key, one in schemas(crd).items()}
    jsonschema.Draft7Validator(kinds[f"{tool.GROUP}/v1", "LeaderWorkerSet"]).validate(probe)
    [hook] = [
        one
        for obj in of_kind("ValidatingWebhookConfiguration").values()
        for one in obj["webhooks"]
        if tool.KIND in one["rules"][0]["resources"]
    ]
    assert hook["failurePolicy"] == "Fail"


def test_the_example_is_what_the_kind_has_and_asks_for_a_queue() -> None:
    kinds = {key: one for crd in parts()[tool.PART].crds for key, one in schemas(crd).items()}
    made = yaml.safe_load((REPO / "examples" / "lws" / "pairs.yaml").read_text())
    jsonschema.Draft7Validator(kinds[f"{tool.GROUP}/v1", "LeaderWorkerSet"]).validate(made)
    assert made["metadata"]["labels"][labels.QUEUE] in labels.STAGES
    assert restricted_violations(made["spec"]["leaderWorkerTemplate"]["workerTemplate"]) == []


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"lws": {"enabled": True}, "queue": {"enabled": False}, "jobs": {"enabled": False}}, "queue"),
        ({"lws": {"enabled": True, "replicas": 0}}, "replicas"),
    ],
    ids=["without-a-queue", "none"],
)
def test_wrong_input_is_refused(layers: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load_plan(minimal(layers=layers), "test", load())
    assert said in str(raised.value.problems)


# ---- Kueue -------------------------------------------------------------------------------------


def kueue(*layers: str) -> list[Object]:
    plan = load_plan(minimal(), "test", load())
    return queue_controller.controller(renderer(["kueue"]), plan.queues, layers=layers)


def pod_hooks(objects: Sequence[Object]) -> list[Any]:
    return [
        hook
        for obj in objects
        for hook in obj.get("webhooks", [])
        if any("pods" in rule["resources"] for rule in hook["rules"])
    ]


def test_kueue_holds_back_pods_of_groups_alone_and_none_of_them_gets_by() -> None:
    """Its kind switches that for all pods on: those of workflows' steps would wait for ever."""
    hooks = pod_hooks(kueue("lws"))
    assert len(hooks) == 2
    for hook in hooks:
        [chosen] = hook["objectSelector"]["matchExpressions"]
        assert chosen == {"key": queue_controller.PODS["lws"], "operator": "Exists"}
        assert hook["failurePolicy"] == "Fail"
    types = (module_of(CHART) / "api/leaderworkerset/v1/leaderworkerset_types.go").read_text()
    assert f'"{queue_controller.PODS["lws"]}"' in types


def test_each_layer_whose_pods_are_let_go_one_by_one_has_webhooks_of_its_own() -> None:
    hooks = pod_hooks(kueue("lws", "serving", "spark"))
    asked = [(hook["name"], hook["objectSelector"]["matchExpressions"][0]["key"]) for hook in hooks]
    assert sorted({label for _, label in asked}) == sorted(queue_controller.PODS.values())
    assert len({name for name, _ in asked}) == len(asked) == 6
    assert {hook["failurePolicy"] for hook in hooks} == {"Fail"}


def asked_about(objects: Sequence[Object]) -> list[str]:
    """Group and kind of each webhook for work that others define; once for each webhook."""
    rules = [rule for obj in objects for hook in obj.get("webhooks", []) for rule in hook["rules"]]
    pairs = [(group, name) for rule in rules for group in rule["apiGroups"] for name in rule["resources"]]
    return sorted(
        f"{group}/{name[:-1]}".lstrip("/") for group, name in pairs if group != queue_controller.GROUP
    )


@pytest.mark.parametrize("layer", ["", *sorted(queue_controller.MORE)])
def test_kueue_is_asked_about_the_kinds_of_work_that_wait_in_queues_and_about_no_other(layer: str) -> None:
    kinds = {*queue_controller.FRAMEWORKS, *queue_controller.MORE.get(layer, ())}
    kinds |= {"pod"} if layer in queue_controller.PODS else set()
    # Each is changed when it is made, and checked.
    assert asked_about(kueue(*filter(None, [layer]))) == sorted([*kinds, *kinds])


def test_kueue_is_still_asked_about_its_own_kinds() -> None:
    own = [
        hook["name"]
        for obj in kueue()
        for hook in obj.get("webhooks", [])
        if "batch" not in str(hook["rules"])
    ]
    assert {"mworkload.kb.io", "vworkload.kb.io", "vclusterqueue.kb.io", "vcohort.kb.io"} <= set(own)


def test_kueues_objects_are_served_in_the_version_that_is_stored() -> None:
    crds = [obj["spec"]["versions"] for obj in kueue() if obj["kind"] == "CustomResourceDefinition"]
    assert len(crds) == 11
    assert {(one["name"], one["served"], one["storage"]) for versions in crds for one in versions} == {
        ("v1beta2", True, True)
    }
    assert {len(versions) for versions in crds} == {1}


@pytest.mark.parametrize("layer", sorted(queue_controller.MORE))
def test_each_layer_brings_its_kinds_of_work_and_only_where_it_runs(layer: str) -> None:
    plan = load_plan(minimal(), "test", load())
    usual = queue_controller.config(plan.queues)["integrations"]["frameworks"]
    told = queue_controller.config(plan.queues, layers=(layer,))
    assert told["integrations"]["frameworks"] == [*usual, *queue_controller.MORE[layer]]
    at_a_time = told["controller"]["groupKindConcurrency"]
    assert set(queue_controller.MORE[layer].values()) <= set(at_a_time)
    for framework, kind in queue_controller.MORE[layer].items():
        group, _, name = framework.rpartition("/")
        assert f"{name}.{group}".strip(".") == kind.lower()


def test_kueue_knows_these_kinds_and_waits_for_those_that_come_later() -> None:
    row = lock.charts()["kueue"].module
    assert row is not None
    source = Path(go_module(row.query, row.sum)) / "pkg/controller"
    text = "".join(path.read_text() for path in (source / "jobs").rglob("*_controller.go"))
    known = set(re.findall(r'FrameworkName\s+= "([^"]+)"', text))
    assert {name for kinds in queue_controller.MORE.values() for name in kinds} <= known
    assert "deferring setting up controller" in (source / "jobframework/setup.go").read_text()
