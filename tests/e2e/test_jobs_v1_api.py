"""The real API server, the real Kueue and the real training operator beside it, with the rights that it has: no node.

What waits, what the operator makes of what is let go, and what is refused; nothing runs (e2e.bare).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.charts import renderer
from support.specs import gpu_pool, with_gpus

from e2e.bare import Bare, free_port, program_of, until
from e2e.bare_kueue import HOOKS, Certificate, kubeconfig, make_queues, space, start_kueue
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers import queue_controller, tenancy
from fairlead.layers.jobs_v1 import members, place
from fairlead.layers.jobs_v1.tool import TOOL
from fairlead.layers.tool import CRD, Ground
from fairlead.plan.jobs_v1_model import IMAGE, LAYER, NAMESPACE
from fairlead.plan.load import load_plan

pytestmark = pytest.mark.e2e

Object = Mapping[str, Any]
NONE: Any = None
NONE_YET: dict[str, Any] = {}
TENANT, QUEUE = "team-a", "training"
OPERATOR = f"system:serviceaccount:{NAMESPACE}:{place.OPERATOR}"
EXAMPLE = yaml.safe_load((Path(__file__).parents[2] / "examples" / "jobs-v1" / "sum.yaml").read_text())
FIELDS = {
    "PyTorchJob": ("pytorchReplicaSpecs", "Worker", "pytorch"),
    "TFJob": ("tfReplicaSpecs", "Worker", "tensorflow"),
    "XGBoostJob": ("xgbReplicaSpecs", "Master", "xgboost"),
    "JAXJob": ("jaxReplicaSpecs", "Worker", "jax"),
}
"""Kind -> where its processes stand, what the first of them is called, and its container."""


@pytest.fixture(scope="module")
def bare(bare: Bare) -> Bare:
    standing(bare)
    return bare


def standing(bare: Bare) -> None:
    """Everything that the layer has and the tenant's queues, but for what needs a node."""
    tenants = [{"name": TENANT, "quota": {"accelerators": {"H100": 4}, "cpu": "1", "memory": "2Gi"}}]
    spec = with_gpus(gpu_pool(), tenants=tenants, layers={LAYER: {"enabled": True, "replicas": 1}})
    plan = load_plan(spec, "test", load())
    handle = ClusterHandle("x", "local", NONE, NONE, {}, {IMAGE: "x"}, {}, {}, {}, [])
    ground = Ground(plan, handle, renderer([IMAGE, "kueue"]))
    parts = TOOL.parts(ground)
    kueue = queue_controller.controller(ground.render, plan.queues, layers=(LAYER,))
    bare.define([one for one in (*kueue, *(o for p in parts for o in p.crds)) if one["kind"] == CRD])
    [tenant] = plan.tenants
    bare.make(tenancy.namespace(tenant), *(space(one) for one in (NAMESPACE, queue_controller.NAMESPACE)))
    own = [one for part in parts for one in part.rest]
    bare.make(*(_of_nobody(one) for one in own if one["kind"] != "Deployment"))
    bare.make(*tenancy.service_accounts(tenant), *members.objects(ground, tenant))
    make_queues(bare, plan.queues)
    certificate = Certificate(bare.folder / "certificate")
    config = queue_controller.config(plan.queues, layers=(LAYER,))
    asked = {f"kubeflow.org/{kind.lower()}": plural for kind, plural in place.KINDS.items()}
    start_kueue(bare, config, kueue, certificate, asked)
    _operator(bare, own)


def _of_nobody(obj: Object) -> Object:
    """Its webhooks are asked by the name of a Service, which leads nowhere here: they choose nothing."""
    if obj["kind"] not in HOOKS:
        return obj
    chosen = {"matchLabels": {"nobody": "has-this"}}
    return {**obj, "webhooks": [{**hook, "objectSelector": chosen} for hook in obj["webhooks"]]}


def _operator(bare: Bare, own: Sequence[Object]) -> None:
    """The program as the image has it, with the arguments of its Deployment, as its own account; it makes its
    certificate, which is then laid where a kubelet would mount it."""
    [made] = [one for one in own if one["kind"] == "Deployment"]
    [settings] = [one for one in own if one["kind"] == "ConfigMap"]
    [box] = made["spec"]["template"]["spec"]["containers"]
    served, told, home = (bare.folder / name for name in ("served", "settings", "home"))
    for folder in (served, told, home):
        folder.mkdir()
    for name, text in settings["data"].items():
        (told / name).write_text(text)
    here = [f"--{kind}-bind-address=127.0.0.1:{free_port()}" for kind in ("health-probe", "metrics")]
    alone = ["--leader-elect=false", f"--webhook-server-port={free_port()}"]
    script = f'mkdir -p {place.FOLDER} && mount --bind "$0" {place.FOLDER} && exec "$@"'
    program = str(program_of(IMAGE, "/manager", home))
    arguments = [word.replace("/etc/config", str(told)) for word in box["args"]]
    env = {"KUBECONFIG": str(kubeconfig(bare, place.OPERATOR, NAMESPACE)), "MY_POD_NAMESPACE": NAMESPACE}
    words = ["--mount", "sh", "-c", script, str(served), program, *arguments, *here, *alone]
    (bare.folder / "operator").symlink_to("/usr/bin/unshare")
    bare.run(bare.folder / "operator", *words, env=env)
    secret = until(
        "it has made its certificate",
        lambda: (bare.get("secret", place.CERTIFICATE, NAMESPACE) or NONE_YET).get("data"),
    )
    for name, value in secret.items():
        (served / name).write_bytes(base64.b64decode(value))


def job(name: str, kind: str = "PyTorchJob", queue: str = QUEUE, **spec: Any) -> dict[str, Any]:
    """The example under another name and of another kind, with these fields."""
    made = deepcopy(EXAMPLE)
    made["kind"] = kind
    made["metadata"] = {"name": name, "namespace": TENANT, "labels": {"kueue.x-k8s.io/queue-name": queue}}
    if not queue:
        del made["metadata"]["labels"]
    field, role, container = FIELDS[kind]
    if kind != "PyTorchJob":
        template = made["spec"].pop("pytorchReplicaSpecs")["Master"]
        template["template"]["spec"]["containers"][0]["name"] = container
        made["spec"][field] = {role: template}
    made["spec"] |= spec
    return made


def pods(bare: Bare, name: str) -> list[Any]:
    chosen = f"training.kubeflow.org/job-name={name}"
    return json.loads(bare.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]


def suspended(bare: Bare, kind: str, name: str) -> bool:
    return bare.get(place.KINDS[kind], name, TENANT)["spec"]["runPolicy"]["suspend"]


def hold(bare: Bare, policy: str) -> None:
    told = json.dumps({"spec": {"stopPolicy": policy}})
    bare.kubectl("patch", "localqueue", QUEUE, "-n", TENANT, "--type=merge", "-p", told)


def test_the_operator_makes_its_certificate_with_its_own_rights(bare: Bare) -> None:
    def known() -> bool:
        hooks = json.loads(bare.kubectl("get", "validatingwebhookconfiguration", place.HOOKS, "-o", "json"))
        return all(hook["clientConfig"].get("caBundle") for hook in hooks["webhooks"])

    assert until("its webhooks know by whom it is known", known)


def test_a_job_waits_until_the_queue_lets_it_go_and_then_has_both_pods(bare: Bare) -> None:
    hold(bare, "Hold")
    until("Kueue's webhooks answer", lambda: not bare.refusals([job("asked")]))
    bare.make(job("sum"))
    until("its queue looks at it", lambda: workload(bare, "sum"))
    assert suspended(bare, "PyTorchJob", "sum")
    assert not pods(bare, "sum")
    hold(bare, "None")
    found = until("it is let go", lambda: made if len(made := pods(bare, "sum")) == 2 else None)
    sets = workload(bare, "sum")["status"]["admission"]["podSetAssignments"]
    assert {one["name"]: one["count"] for one in sets} == {"master": 1, "worker": 1}
    for pod in found:
        assert "initContainers" not in pod["spec"]
        told = {entry["name"]: entry.get("value") for entry in pod["spec"]["containers"][0]["env"]}
        assert told["WORLD_SIZE"] == "2"
        assert bare.get("service", pod["metadata"]["name"], TENANT), "the name by which the other finds it"
    bare.kubectl("delete", "pytorchjob", "sum", "-n", TENANT, "--timeout=120s")


def workload(bare: Bare, owner: str) -> Any:
    found = json.loads(bare.kubectl("get", "workloads", "-n", TENANT, "-o", "json"))["items"]
    owned = [
        one for one in found if owner in {ref["name"] for ref in one["metadata"].get("ownerReferences", [])}
    ]
    return owned[0] if owned else None


def test_a_job_that_does_not_fit_into_the_quota_goes_on_waiting(bare: Bare) -> None:
    large = job("large")
    large["spec"]["pytorchReplicaSpecs"]["Worker"]["replicas"] = 20
    bare.make(large)
    until(
        "its queue looks at it",
        lambda: (workload(bare, "large") or NONE_YET).get("status", {}).get("conditions"),
    )
    assert suspended(bare, "PyTorchJob", "large")
    assert not pods(bare, "large")
    bare.kubectl("delete", "pytorchjob", "large", "-n", TENANT, "--timeout=120s")


@pytest.mark.parametrize("kind", list(place.KINDS))
def test_a_job_of_each_kind_is_held_without_a_queue_and_runs_with_one(bare: Bare, kind: str) -> None:
    name = kind.lower()
    bare.make(job(f"{name}-held", kind, queue=""), job(name, kind))
    until("the one with a queue has pods", lambda: pods(bare, name))
    assert not suspended(bare, kind, name)
    assert suspended(bare, kind, f"{name}-held")
    assert not pods(bare, f"{name}-held")
    bare.kubectl("delete", place.KINDS[kind], name, f"{name}-held", "-n", TENANT, "--timeout=120s")


@pytest.mark.parametrize("kind", list(place.KINDS))
def test_nobody_sends_a_job_that_another_owns(bare: Bare, kind: str) -> None:
    bare.make(job("owner", kind))
    owner = bare.get(place.KINDS[kind], "owner", TENANT)["metadata"]
    made = job("owned", kind)
    told = {"apiVersion": "kubeflow.org/v1", "kind": kind, "name": "owner", "uid": owner["uid"]}
    made["metadata"]["ownerReferences"] = [{**told, "controller": True}]
    assert "leave ownerReferences with controller: true out" in "".join(bare.refusals([made]))
    bare.kubectl("delete", place.KINDS[kind], "owner", "-n", TENANT, "--timeout=120s")


def test_no_autoscaler_changes_a_job_behind_its_queues_back(bare: Bare) -> None:
    size = {"minReplicas": 1, "maxReplicas": 2}
    utilisation = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    metrics = [{"type": "Resource", "resource": utilisation}]
    assert not bare.refusals([job("elastic", elasticPolicy=size)])
    said = "".join(bare.refusals([job("elastic", elasticPolicy={**size, "metrics": metrics})]))
    assert "elasticPolicy.metrics is not offered" in said


def test_kinds_that_kueue_does_not_know_are_not_served(bare: Bare) -> None:
    for kind in ("mpijobs", "paddlejobs"):
        assert "doesn't have a resource type" in bare.kubectl("get", f"{kind}.kubeflow.org", check=False)


def test_the_operator_makes_pods_in_tenants_namespaces_alone_and_reads_no_secret_of_theirs(
    bare: Bare,
) -> None:
    def may(verb: str, what: str, where: str, *more: str) -> bool:
        told = (verb, what, "-n", where, "--as", OPERATOR, *more)
        said = bare.kubectl("auth", "can-i", *told, check=False)
        return said.split()[-1] == "yes"

    assert may("create", "pods", TENANT)
    assert not may("create", "pods", "default")
    assert not may("create", "pods", TENANT, "--subresource=exec")
    assert not may("get", "secrets", TENANT)
    assert not may("create", "roles", TENANT)
