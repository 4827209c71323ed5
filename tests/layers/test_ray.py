"""KubeRay's operator: valid, fenced, with fewer rights than its manifests give it, and else like those."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import jsonschema
import pytest
import yaml
from pod_security import restricted_violations
from support.charts import module_of, rendered, renderer
from support.golden import REPO
from support.rights import granted
from support.specs import minimal
from support.strict import problems, schemas

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.errors import InputError
from fairlead.layers.objects import RBAC
from fairlead.layers.ray import fence, members, place, policies, rights
from fairlead.layers.ray.tool import TOOL
from fairlead.layers.tool import Ground, Part
from fairlead.plan.load import load_plan
from fairlead.plan.ray_model import CHART, IMAGE, NAMESPACE

Object = Mapping[str, Any]
NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCE = lock.images()[IMAGE].reference


def ground(replicas: int = 1) -> Ground:
    plan = load_plan(minimal(layers={"ray": {"enabled": True, "replicas": replicas}}), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, {IMAGE: REFERENCE}, HERE, {}, {}, [])
    return Ground(plan, handle, renderer([CHART]))


def part(replicas: int = 1) -> Part:
    [found] = TOOL.parts(ground(replicas))
    return found


def of_tenant(groups: tuple[str, ...] = ("people",)) -> list[Object]:
    made = ground()
    return list(members.objects(made, replace(made.plan.tenants[0], groups=groups)))


def one(kind: str, objects: Sequence[Object]) -> Any:
    [found] = [obj for obj in objects if obj["kind"] == kind]
    return found


def box() -> Mapping[str, Any]:
    [found] = one("Deployment", part().objects)["spec"]["template"]["spec"]["containers"]
    return found


def upstream(path: str) -> list[Any]:
    return [obj for obj in yaml.safe_load_all((module_of(CHART) / "config" / path).read_text()) if obj]


# ---- by themselves -----------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [1, 2])
def test_every_object_keeps_its_schema(replicas: int) -> None:
    objects = [*part(replicas).rest, *of_tenant()]
    assert len(objects) >= 20
    assert [problem for obj in objects for problem in problems(obj)] == []


def test_the_pod_keeps_the_standard_and_runs_on_the_platforms_nodes_within_limits() -> None:
    template = one("Deployment", part().objects)["spec"]["template"]
    assert restricted_violations(template) == []
    assert template["spec"]["nodeSelector"] == HERE
    assert box()["image"] == REFERENCE
    assert box()["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(box()["resources"]) == {"requests", "limits"}
    space = one("Namespace", part().objects)["metadata"]
    assert (space["name"], space["labels"]) == (
        NAMESPACE,
        {"pod-security.kubernetes.io/enforce": "restricted"},
    )


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 1)])
def test_a_budget_guards_operators_of_which_there_are_several(replicas: int, budgets: int) -> None:
    found = [obj for obj in part(replicas).objects if obj["kind"] == "PodDisruptionBudget"]
    assert len(found) == budgets
    deployment = one("Deployment", part(replicas).objects)
    assert deployment["spec"]["replicas"] == replicas
    assert all(obj["spec"]["selector"] == deployment["spec"]["selector"] for obj in found)
    [spread] = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"] == deployment["spec"]["selector"]


def test_nobody_calls_the_operator_but_who_gathers_metrics() -> None:
    policies = {obj["metadata"]["name"]: obj["spec"] for obj in fence.objects()}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    [rule] = policies[place.OPERATOR]["ingress"]
    [served] = one("Service", part().objects)["spec"]["ports"]
    assert [port["port"] for port in rule["ports"]] == [served["targetPort"]] == [place.METRICS_PORT]
    assert "fairlead-monitoring" in str(rule["from"])


def test_the_operator_reaches_ray_clusters_through_a_tenants_fence_on_the_ports_that_it_asks() -> None:
    policy = one("NetworkPolicy", of_tenant())["spec"]
    assert policy["podSelector"]["matchLabels"] == place.NODE
    pods = one("Deployment", part().objects)["spec"]["template"]["metadata"]["labels"]
    for rule in policy["ingress"]:
        [peer] = rule["from"]
        assert peer["podSelector"]["matchLabels"].items() <= pods.items()
        assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": NAMESPACE}
    ports = {port["port"] for rule in policy["ingress"] for port in rule["ports"]}
    text = (module_of(CHART) / "controllers/ray/utils/constant.go").read_text()
    told = {
        int(found[1])
        for name in ("DefaultDashboardPort", "DefaultServingPort")
        if (found := re.search(rf"{name}\s+= (\d+)", text))
    }
    assert ports == told == {place.DASHBOARD_PORT, place.SERVE_PORT}


@pytest.mark.parametrize(("groups", "bound"), [(("people",), True), ((), False)])
def test_members_may_send_ray_objects_and_without_groups_nobody_does(
    groups: tuple[str, ...], bound: bool
) -> None:
    objects = of_tenant(groups)
    [rule] = one("Role", objects)["rules"]
    assert (rule["apiGroups"], set(rule["resources"])) == (
        ["ray.io"],
        {"rayclusters", "rayjobs", "rayservices"},
    )
    bindings = {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == "RoleBinding"}
    assert (members.MEMBERS in bindings) is bound
    assert bindings[members.OPERATOR]["roleRef"]["name"] == rights.IN_TENANTS
    assert bindings[members.OPERATOR]["subjects"] == rights.operator()


def test_the_policies_hold_in_tenants_namespaces_for_everything_that_is_sent_and_changed() -> None:
    objects = policies.objects()
    bindings = [obj for obj in objects if obj["kind"] == "ValidatingAdmissionPolicyBinding"]
    assert len(bindings) == 4
    for binding in bindings:
        assert binding["spec"]["validationActions"] == ["Deny"]
        chosen = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert chosen == [{"key": labels.TENANT, "operator": "Exists"}]
    for obj in objects:
        if obj["kind"] == "ValidatingAdmissionPolicy":
            [rule] = obj["spec"]["matchConstraints"]["resourceRules"]
            assert rule["operations"] == ["CREATE", "UPDATE"]
            assert set(rule["resources"]) <= set(place.KINDS)


def test_the_example_is_what_the_kinds_have_and_asks_for_a_queue() -> None:
    kinds = {key: schema for crd in rendered(CHART) for key, schema in schemas(crd).items()}
    job = yaml.safe_load((REPO / "examples" / "ray" / "squares.yaml").read_text())
    jsonschema.Draft7Validator(kinds["ray.io/v1", "RayJob"]).validate(job)
    assert job["metadata"]["labels"][labels.QUEUE] in labels.STAGES
    assert job["spec"]["shutdownAfterJobFinishes"] is True, "Kueue refuses others"
    cluster = job["spec"]["rayClusterSpec"]
    for template in (
        job["spec"]["submitterPodTemplate"],
        cluster["headGroupSpec"]["template"],
        *(group["template"] for group in cluster["workerGroupSpecs"]),
    ):
        assert restricted_violations(template) == []
        [box] = template["spec"]["containers"]
        assert box["image"] == lock.images()["ray"].reference
    assert lock.images()["ray"].tag.startswith(cluster["rayVersion"])


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({"ray": {"enabled": True}, "queue": {"enabled": False}, "jobs": {"enabled": False}}, "queue"),
        ({"ray": {"enabled": True, "replicas": 4}}, "replicas"),
        ({"ray": {"enabled": True, "image": "x"}}, "image"),
    ],
    ids=["without-a-queue", "too-many", "an-unknown-key"],
)
def test_wrong_input_is_refused(layers: Mapping[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        load_plan(minimal(layers=layers), "test", load())
    assert said in str(raised.value.problems)


# ---- against what upstream says ----------------------------------------------------------------


def test_the_operator_is_the_one_of_upstreams_manifest_but_for_its_probes_and_sizes() -> None:
    theirs = one("Deployment", upstream("manager/manager.yaml"))["spec"]["template"]
    [their_box] = theirs["spec"]["containers"]
    ours = one("Deployment", part().objects)["spec"]["template"]
    assert theirs["metadata"]["labels"] == ours["metadata"]["labels"]
    assert box()["command"] == their_box["command"]
    assert box()["ports"][0] == {**their_box["ports"][0]}
    assert box()["name"] == their_box["name"]
    assert their_box["args"] == ["--feature-gates=RayClusterStatusConditions=true"], "on by itself since 1.3"


def test_the_program_knows_every_argument_and_every_variable() -> None:
    source = (module_of(CHART) / "main.go").read_text()
    known = set(re.findall(r'flag\.\w+Var\(\s*&\w+,\s*"([a-z-]+)"', source))
    assert len(known) >= 15
    for argument in box()["args"]:
        assert argument.removeprefix("--").partition("=")[0] in known, argument
    assert '"readyz"' in source
    assert '"healthz"' in source
    text = "".join(path.read_text() for path in (module_of(CHART) / "controllers").rglob("*.go"))
    for entry in box()["env"]:
        assert re.search(rf"\b{entry['name']}\s+= \"{entry['name']}\"", text), entry["name"]
    defaults = (module_of(CHART) / "apis/config/v1alpha1/defaults.go").read_text()
    assert f'DefaultMetricsAddr          = ":{place.METRICS_PORT}"' in defaults
    assert f'DefaultProbeAddr            = ":{place.PROBE_PORT}"' in defaults


def test_labels_by_which_others_find_ray_pods_are_the_programs() -> None:
    text = (module_of(CHART) / "controllers/ray/utils/constant.go").read_text()
    [(key, value)] = place.NODE.items()
    assert f'"{key}"' in text
    assert f'utils.RayNodeLabelKey: "{value}"' in re.sub(
        r":\s+", ": ", (module_of(CHART) / "controllers/ray/common/pod.go").read_text()
    )


LEFT_OUT = {
    "accounts and roles of Ray's autoscaler": {
        *product([""], ["serviceaccounts"], ["create", "delete"]),
        *product([RBAC], ["roles", "rolebindings"], ["create", "delete", "update"]),
        ("", "pods/resize", "patch"),
    },
    "the way into a cluster": {
        *product(["extensions", "networking.k8s.io"], ["ingresses"], ["create", "delete", "patch", "update"]),
        *product(["extensions"], ["ingresses"], ["get", "list", "watch"]),
    },
    "read by the whole rule, used by nothing": {
        *product([""], ["pods/status"], ["create", "delete", "get", "list", "patch", "update", "watch"]),
        *product([""], ["services/status"], ["get", "patch", "update"]),
        *product([""], ["events"], ["delete", "get", "list", "update", "watch"]),
    },
    "the API server as a proxy": {
        *product([""], ["pods/proxy", "services/proxy"], ["create", "get", "patch", "update"]),
    },
    "made by people alone": {
        *product(["ray.io"], ["rayjobs", "rayservices"], ["create"]),
        ("ray.io", "rayservices", "delete"),
    },
}
"""What upstream grants and we do not -> why. Whole kinds, of others' clusters or switched off, are left out below."""
FOREIGN = {"gateway.networking.k8s.io", "route.openshift.io"}


def test_it_has_no_right_that_upstream_does_not_give_and_what_it_lacks_is_listed() -> None:
    theirs = set(granted(one("ClusterRole", upstream("rbac/role.yaml"))["rules"]))
    everywhere, tenants = set(granted(rights.everywhere())), set(granted(rights.in_tenants()))
    assert everywhere | tenants <= theirs
    assert set(granted(rights.own())) <= theirs
    lacking = {
        wish
        for wish in theirs - everywhere - tenants - set(granted(rights.own()))
        if wish[0] not in FOREIGN and "raycronjobs" not in wish[1]
    }
    assert lacking <= set().union(*LEFT_OUT.values()), lacking - set().union(*LEFT_OUT.values())


def test_outside_tenants_it_reads_and_marks_its_own_kinds_and_nothing_else() -> None:
    changes = {wish for wish in granted(rights.everywhere()) if wish[2] not in rights.READ}
    assert {group for group, _, _ in changes} == {place.GROUP}
    assert not {verb for _, _, verb in changes} & {"create", "delete", "deletecollection"}


def test_it_may_read_every_kind_that_it_watches() -> None:
    """One that it may not read would stop it for all: its caches are of the whole cluster."""
    text = "".join(
        path.read_text() for path in (module_of(CHART) / "controllers/ray").glob("*_controller.go")
    )
    watched = {kind.lower() + "s" for kind in re.findall(r"(?:Owns|For)\(&\w+\.(\w+)\{\}", text)}
    assert {"pods", "services", "secrets", "jobs", "rayclusters"} <= watched
    readable = {kind for _, kind, verb in granted(rights.everywhere()) if verb == "watch"}
    assert watched - {"raycronjobs"} <= readable
