"""The old training operator: valid, fenced, with fewer rights than its manifests give it, and else like those."""

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
from reference.gomodule import go_module
from support.charts import module_of, renderer
from support.golden import REPO
from support.rights import granted
from support.specs import minimal
from support.strict import problems, schemas

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers import queue_controller
from fairlead.layers.jobs_v1 import members, operator, place, policies, rights, tool
from fairlead.layers.objects import RBAC
from fairlead.layers.tool import Ground, Part
from fairlead.plan.jobs_v1_model import CHART, IMAGE, LAYER, NAMESPACE
from fairlead.plan.load import load_plan

Object = Mapping[str, Any]
NONE: Any = None
HERE = {"fairlead.dev/pool": "system"}
REFERENCE = lock.images()[IMAGE].reference
EXAMPLE = REPO / "examples" / "jobs-v1" / "sum.yaml"


def ground(replicas: int = 1) -> Ground:
    plan = load_plan(minimal(layers={LAYER: {"enabled": True, "replicas": replicas}}), "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, {IMAGE: REFERENCE}, HERE, {}, {}, [])
    return Ground(plan, handle, renderer([CHART]))


def parts(replicas: int = 1) -> dict[str, Part]:
    return {one.name: one for one in tool.TOOL.parts(ground(replicas))}


def made(replicas: int = 1) -> Sequence[Object]:
    return parts(replicas)[tool.PART].objects


def of_tenant(groups: tuple[str, ...] = ("people",)) -> list[Object]:
    here = ground()
    return list(members.objects(here, replace(here.plan.tenants[0], groups=groups)))


def one(kind: str, objects: Sequence[Object]) -> Any:
    [found] = [obj for obj in objects if obj["kind"] == kind]
    return found


def box() -> Mapping[str, Any]:
    [found] = one("Deployment", made())["spec"]["template"]["spec"]["containers"]
    return found


def upstream(path: str) -> list[Any]:
    text = (module_of(CHART) / "manifests/base" / path).read_text()
    return [obj for obj in yaml.safe_load_all(text) if obj]


def source(folder: str) -> str:
    """All Go code of a folder of the module but its tests."""
    files = (path for path in (module_of(CHART) / folder).rglob("*.go") if not path.name.endswith("_test.go"))
    return "\n".join(path.read_text() for path in files)


# ---- by themselves -----------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [1, 2])
def test_every_object_keeps_its_schema(replicas: int) -> None:
    found = parts(replicas)
    objects = [*found[tool.PART].rest, *found[tool.POLICIES].rest, *of_tenant()]
    assert len(objects) >= 20
    assert [problem for obj in objects for problem in problems(obj)] == []


def test_the_pod_keeps_the_standard_and_runs_on_the_platforms_nodes_within_limits() -> None:
    template = one("Deployment", made())["spec"]["template"]
    assert restricted_violations(template) == []
    assert template["spec"]["nodeSelector"] == HERE
    assert box()["image"] == REFERENCE
    assert box()["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(box()["resources"]) == {"requests", "limits"}
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    space = one("Namespace", made())["metadata"]
    assert (space["name"], space["labels"]) == (NAMESPACE, level)


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 1)])
def test_a_budget_guards_operators_of_which_there_are_several(replicas: int, budgets: int) -> None:
    found = [obj for obj in made(replicas) if obj["kind"] == "PodDisruptionBudget"]
    assert len(found) == budgets
    deployment = one("Deployment", made(replicas))
    assert deployment["spec"]["replicas"] == replicas
    assert all(obj["spec"]["selector"] == deployment["spec"]["selector"] for obj in found)
    [spread] = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"] == deployment["spec"]["selector"]


def test_the_fence_has_a_door_for_the_webhooks_and_one_for_metrics() -> None:
    fence = {obj["metadata"]["name"]: obj["spec"] for obj in made() if obj["kind"] == "NetworkPolicy"}
    assert fence["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []}
    doors = {rule["ports"][0]["port"]: rule.get("from") for rule in fence[place.OPERATOR]["ingress"]}
    [served] = one("Service", made())["spec"]["ports"]
    assert doors.pop(served["targetPort"]) is None, "the API server is no pod"
    [measured] = tool.TOOL.measured(ground().plan)
    assert "fairlead-monitoring" in str(doors.pop(measured.port))
    assert not doors


@pytest.mark.parametrize(("groups", "bound"), [(("people",), True), ((), False)])
def test_members_may_send_the_kinds_and_without_groups_nobody_does(
    groups: tuple[str, ...], bound: bool
) -> None:
    objects = of_tenant(groups)
    [rule] = one("Role", objects)["rules"]
    assert (rule["apiGroups"], rule["resources"]) == (["kubeflow.org"], list(place.KINDS.values()))
    bindings = {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == "RoleBinding"}
    assert (members.MEMBERS in bindings) is bound
    assert bindings[members.OPERATOR]["roleRef"]["name"] == rights.IN_TENANTS


def test_the_layer_stands_when_its_webhooks_answer_and_the_policies_hold_in_tenants_namespaces() -> None:
    part = parts()[tool.POLICIES]
    assert part.after == (tool.PART,)
    [probe] = part.probes
    kinds = {key: schema for crd in parts()[tool.PART].crds for key, schema in schemas(crd).items()}
    jsonschema.Draft7Validator(kinds["kubeflow.org/v1", "PyTorchJob"]).validate(probe)
    bindings = [obj for obj in part.rest if obj["kind"] == "ValidatingAdmissionPolicyBinding"]
    assert {obj["metadata"]["name"] for obj in bindings} == {policies.OWNERS, policies.SIZES}
    for binding in bindings:
        chosen = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert chosen == [{"key": labels.TENANT, "operator": "Exists"}]


def test_the_kinds_are_those_that_kueue_lets_wait_and_nothing_runs_that_it_does_not_know() -> None:
    found = {crd["spec"]["names"]["kind"]: crd["spec"]["names"]["plural"] for crd in parts()[tool.PART].crds}
    assert found == dict(place.KINDS)
    assert set(queue_controller.MORE[LAYER]) == {f"kubeflow.org/{kind.lower()}" for kind in place.KINDS}
    told = {word.removeprefix("--enable-scheme=") for word in box()["args"] if "scheme" in word}
    assert told == {kind.lower() for kind in place.KINDS}
    kueue = go_module(f"sigs.k8s.io/kueue@v{lock.charts()['kueue'].version}") / "pkg/controller/jobs"
    assert "mpi-operator/pkg/apis/kubeflow/v2beta1" in (kueue / "mpijob/mpijob_controller.go").read_text()


def test_the_example_is_what_the_kind_has_asks_for_a_queue_and_keeps_the_tenants_standard() -> None:
    kinds = {key: schema for crd in parts()[tool.PART].crds for key, schema in schemas(crd).items()}
    job = yaml.safe_load(EXAMPLE.read_text())
    jsonschema.Draft7Validator(kinds["kubeflow.org/v1", "PyTorchJob"]).validate(job)
    assert job["metadata"]["labels"][labels.QUEUE] in labels.STAGES
    for role in ("Master", "Worker"):
        template = job["spec"]["pytorchReplicaSpecs"][role]["template"]
        assert restricted_violations(template) == []
        [container] = template["spec"]["containers"]
        assert container["image"] == lock.images()["pytorch"].reference
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}


# ---- against what upstream says ----------------------------------------------------------------


def test_the_operator_and_its_webhooks_are_those_of_upstreams_manifests() -> None:
    theirs = one("Deployment", upstream("deployment.yaml"))["spec"]["template"]
    ours = one("Deployment", made())["spec"]["template"]
    [their_box] = theirs["spec"]["containers"]
    assert ours["metadata"]["labels"] == theirs["metadata"]["labels"]
    for key in ("name", "command", "env"):
        assert box()[key] == their_box[key], key
    assert their_box["volumeMounts"][0] in box()["volumeMounts"]
    secret = theirs["spec"]["volumes"][0]["secret"]["secretName"]
    assert one("Secret", made())["metadata"]["name"] == secret == place.CERTIFICATE
    hooks = {hook["name"]: hook for hook in one("ValidatingWebhookConfiguration", made())["webhooks"]}
    known = {hook["name"]: hook for hook in upstream("webhook/manifests.yaml")[0]["webhooks"]}
    assert set(known) - set(hooks) == {"validator.paddlejob.training-operator.kubeflow.org"}
    for name, hook in hooks.items():
        path = {"path": known[name]["clientConfig"]["service"]["path"]}
        told = {"name": place.OPERATOR, "namespace": NAMESPACE, **path}
        assert hook == {**known[name], "clientConfig": {"service": told}}


def test_the_program_knows_every_argument_and_every_name() -> None:
    main = source("cmd/training-operator.v1")
    known = set(re.findall(r'flag\.\w*Var\(&?[\w.]+,\s*"([a-z-]+)"', main)) | {"enable-scheme"}
    assert len(known) >= 12
    assert 'flag.Var(&enabledSchemes, "enable-scheme"' in main
    for argument in box()["args"]:
        assert argument.removeprefix("--").partition("=")[0] in known, argument
    assert f'webhookConfigurationName = "{place.HOOKS}"' in main
    for path in ("readyz", "healthz"):
        assert f'"{path}"' in main
    assert f'= "{place.FOLDER}"' in source("pkg/cert")
    assert all(f'JobKind = "{kind}"' in source("pkg/apis/kubeflow.org/v1") for kind in place.KINDS)


def test_workers_wait_by_no_container_of_a_foreign_image() -> None:
    """By a template that is read from a file; where upstream's own would keep a tenant's standard, this may go."""
    assert yaml.safe_load(one("ConfigMap", made())["data"][operator.FILE]) == []
    [argument] = [word for word in box()["args"] if "init-container" in word]
    mounts = {entry["name"]: entry["mountPath"] for entry in box()["volumeMounts"]}
    assert argument.partition("=")[2] == f"{mounts['settings']}/{operator.FILE}"
    text = source("pkg/controller.v1/pytorch")
    template = text[text.index("initContainerTemplate = `") : text.index("onceInitContainer sync.Once")]
    assert "securityContext" not in template
    assert "os.ReadFile(file)" in text


KINDS = set(place.KINDS.values())
ALL = ("create", "delete", "get", "list", "patch", "update", "watch")
LEFT_OUT = {
    "jobs that do not run here": {
        *product([""], ["configmaps"], ["create", "list", "update", "watch"]),
        *product([""], ["serviceaccounts"], ["create", "get", "list", "watch"]),
        *product([RBAC], ["roles", "rolebindings"], ["create", "list", "update", "watch"]),
        ("", "pods/exec", "create"),
    },
    "what would change a job behind its queue's back": {
        *product(["autoscaling"], ["horizontalpodautoscalers"], ALL),
    },
    "other schedulers": {*product(["scheduling.volcano.sh", "scheduling.x-k8s.io"], ["podgroups"], ALL)},
    "used by nothing": {
        ("", "pods", "update"),
        *product([""], ["events"], ["delete", "get", "list", "update", "watch"]),
        *product(["kubeflow.org"], KINDS, ["create", "patch", "update"]),
    },
}
"""What upstream grants and we do not -> why."""


def test_it_has_no_right_that_upstream_does_not_give_and_what_it_lacks_is_listed() -> None:
    theirs = {
        wish
        for wish in granted(one("ClusterRole", upstream("rbac/role.yaml"))["rules"])
        if wish[1].partition("/")[0] not in {"mpijobs", "paddlejobs"}
    }
    own = {wish for wish in granted(rights.own()) if wish[1] != "leases"}
    ours = {*granted(rights.everywhere()), *granted(rights.in_tenants()), *own}
    assert ours <= theirs
    assert theirs - ours == set().union(*LEFT_OUT.values())


def test_outside_tenants_it_reads_no_secret_and_changes_its_own_webhooks_alone() -> None:
    changes = [rule for rule in rights.everywhere() if set(rule["verbs"]) - set(rights.READ)]
    assert [(rule["resources"], rule["resourceNames"]) for rule in changes] == [
        ([rights.HOOK_KIND], [place.HOOKS])
    ]
    assert "secrets" not in {kind for _, kind, _ in granted([*rights.everywhere(), *rights.in_tenants()])}
    assert "addNamespacedCache(mgr, cr, ns)" in _rotator(), "it looks for Secrets in its own namespace alone"
    for rule in rights.own():
        if "secrets" in rule["resources"] and "update" in rule["verbs"]:
            assert rule["resourceNames"] == [place.CERTIFICATE]


def _rotator() -> str:
    name = "github.com/open-policy-agent/cert-controller"
    version = re.search(rf"{name} (v\S+)", (module_of(CHART) / "go.mod").read_text())
    assert version is not None
    return (go_module(f"{name}@{version[1]}") / "pkg/rotator/rotator.go").read_text()


def test_it_may_read_every_kind_that_it_watches() -> None:
    """One that it may not read would stop it for all: its caches are of the whole cluster."""
    folders = [kind.lower().removesuffix("job").replace("tf", "tensorflow") for kind in place.KINDS]
    text = "\n".join(source(f"pkg/controller.v1/{folder}") for folder in folders)
    watched = {kind.lower() + "s" for kind in re.findall(r"source\.Kind\[\*\w+\.(\w+)\]", text)}
    assert watched == {*KINDS, "pods", "services", "podgroups"}
    readable = {kind for _, kind, verb in granted(rights.everywhere()) if verb == "watch"}
    assert watched - {"podgroups"} <= readable
