"""The real API server and its garbage collector: what a member sends for a notebook is accepted, and goes as it should.

No controller of jobs and no node (e2e.bare): that JupyterLab starts, e2e.tools.test_notebooks shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.charts import renderer
from support.specs import gpu_pool, with_gpus

from e2e.bare import Bare, until
from e2e.stage import throughout
from fairlead import labels
from fairlead.catalog.read import load
from fairlead.contract.chart import Release
from fairlead.contract.handle import ClusterHandle
from fairlead.layers import jobs, queue, tenancy
from fairlead.layers.gateway import fence
from fairlead.layers.notebooks.tool import TOOL
from fairlead.layers.tool import Ground
from fairlead.plan.gateway_model import KINDS
from fairlead.plan.load import load_plan
from fairlead.workload.client import Client
from fairlead.workload.notebook import Notebook
from fairlead.workload.notebook_load import load_notebook
from fairlead.workload.notebook_send import send

pytestmark = pytest.mark.e2e

Object = Mapping[str, Any]
NONE: Any = None
TENANT, NAME, HOST = "team-a", "lab-notebook", "lab.team-a.fairlead.internal"
CRD = "CustomResourceDefinition"
ON = {name: {"enabled": True} for name in ("certificates", "gateway", "notebooks")}


def notebook(**changes: Any) -> Notebook:
    return load_notebook({"name": "lab", "tenant": TENANT, "image": "example.com/lab:1", **changes}, "test")


@pytest.fixture(scope="module")
def bare(bare: Bare) -> Bare:
    bare.control()
    _standing(bare)
    return bare


def _standing(bare: Bare) -> None:
    """The kinds, the layer, a tenant with its queues, and an account that may what its members may."""
    tenants = [{"name": TENANT, "groups": ["people"], "quota": {"accelerators": {"H100": 4}}}]
    plan = load_plan(with_gpus(gpu_pool(), tenants=tenants, layers=ON), "test", load())
    ground = Ground(
        plan,
        ClusterHandle("x", "local", NONE, NONE, {}, {}, {}, {}, {}, []),
        renderer(["kueue", "jobset", "kubeflow-trainer", KINDS]),
    )
    render = ground.render
    charts = [*queue.controller(render, plan.queues), *jobs.jobset(render), *jobs.trainer(render)]
    charts += render(Release(KINDS, KINDS, "default", {}))
    bare.define([one for one in charts if one["kind"] == CRD])
    [tenant] = plan.tenants
    bare.make(tenancy.namespace(tenant))
    [part] = TOOL.parts(ground)
    own = [*tenancy.rights(tenant), *fence.of_tenant(tenant)]
    own += TOOL.tenant(ground, tenant)
    queues = [one for each in plan.queues.queues for one in queue.local_queues(plan.queues, each)]
    bare.make(*queue.owners(), *part.objects, *own, *queues)
    bare.make(*(_to_the_account(one) for one in own if one["kind"] == "RoleBinding"))
    until("the policy holds", lambda: "ClusterIP" in _refused(bare, type="NodePort"))


def _to_the_account(binding: Object) -> Object:
    """The same right for a service account, which has a token that the client can show."""
    meta = {**binding["metadata"], "name": f"{binding['metadata']['name']}-account"}
    account = {"kind": "ServiceAccount", "name": "somebody", "namespace": TENANT}
    return {**binding, "metadata": meta, "subjects": [account]}


@pytest.fixture(scope="module")
def member(bare: Bare, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client with a member's rights and no others."""
    bare.kubectl("create", "serviceaccount", "somebody", "-n", TENANT)
    token = bare.kubectl("create", "token", "somebody", "-n", TENANT).strip()
    config = yaml.safe_load(bare.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    path: Path = tmp_path_factory.mktemp("member") / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return Client(path)


def _service(spec: Mapping[str, Any]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "odd", "namespace": TENANT},
        "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}], **spec},
    }


def _refused(bare: Bare, user: str = "somebody", **spec: Any) -> str:
    """What the server says to a member who would make such a Service; nothing is made."""
    told = ["--dry-run=server", f"--as={user}", "--as-group=people"]
    return bare.kubectl("create", "-f", "-", *told, given=_service(spec), check=False)


def owner(bare: Bare, kind: str) -> str:
    found = bare.get(kind, NAME, TENANT)
    return found["metadata"]["ownerReferences"][0]["uid"] if found else ""


def uid(bare: Bare) -> str:
    return bare.get("trainjob", "lab", TENANT)["metadata"]["uid"]


def test_runtimes_stand_for_every_accelerator_with_their_probe(bare: Bare) -> None:
    for name in ("fairlead-notebook", "fairlead-notebook-h100"):
        made = bare.get("clustertrainingruntime", name, TENANT)
        [part] = made["spec"]["template"]["spec"]["replicatedJobs"]
        [box] = part["template"]["spec"]["template"]["spec"]["containers"]
        assert box["readinessProbe"]["httpGet"]["path"] == "/api"


def test_a_member_starts_one_and_the_same_again_changes_nothing(bare: Bare, member: Client) -> None:
    sent = send(member, notebook(accelerators="H100:1"))
    assert (sent.job.action, sent.url) == ("created", f"https://{HOST}/lab")
    kinds = ("service", "httproute", "secret")
    before = [bare.get(kind, NAME, TENANT)["metadata"]["resourceVersion"] for kind in kinds]
    assert send(member, notebook(accelerators="H100:1")).job.action == "unchanged"
    assert [bare.get(kind, NAME, TENANT)["metadata"]["resourceVersion"] for kind in kinds] == before
    assert {owner(bare, kind) for kind in ("service", "httproute")} == {uid(bare)}
    assert bare.get("pvc", "lab-workspace", TENANT)["spec"]["storageClassName"] == "fairlead-shared"
    assert bare.get("trainjob", "lab", TENANT)["metadata"]["labels"][labels.QUEUE] == "testing"


def test_a_replaced_one_keeps_its_way_and_the_collector_leaves_it(bare: Bare, member: Client) -> None:
    old, token = uid(bare), bare.get("secret", NAME, TENANT)["data"]
    assert send(member, notebook(), replace=True).job.action == "replaced"
    assert uid(bare) != old
    throughout(
        "its way stands",
        lambda: {owner(bare, kind) for kind in ("service", "httproute")} == {uid(bare)},
        15,
    )
    assert bare.get("secret", NAME, TENANT)["data"] == token


def test_a_cancelled_one_leaves_its_files_and_its_token_and_no_way(bare: Bare, member: Client) -> None:
    member.cancel(TENANT, "lab")
    for kind in ("service", "httproute"):
        until(f"its {kind} is gone", lambda kind=kind: not bare.get(kind, NAME, TENANT), 60)
    assert bare.get("secret", NAME, TENANT)
    assert bare.get("pvc", "lab-workspace", TENANT)
    assert send(member, notebook()).job.action == "created"
    assert owner(bare, "httproute") == uid(bare)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"externalIPs": ["192.0.2.7"]}, "the addresses belong to others"),
        ({"type": "ExternalName", "externalName": "example.com"}, "has the type ClusterIP"),
        ({"type": "NodePort"}, "has the type ClusterIP"),
        ({"type": "LoadBalancer"}, "has the type ClusterIP"),
    ],
)
def test_a_service_of_a_member_names_pods_of_the_tenant_and_nothing_else(
    bare: Bare, spec: dict[str, Any], why: str
) -> None:
    assert why in _refused(bare, **spec)


def test_plain_services_are_taken_and_controllers_make_what_they_must(bare: Bare) -> None:
    assert "created" in _refused(bare)
    assert "created" in _refused(bare, externalIPs=[])
    bare.make(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "of-a-controller", "namespace": TENANT},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": labels.NOTEBOOKS},
            "subjects": [{"kind": "ServiceAccount", "name": "controller", "namespace": "elsewhere"}],
        }
    )
    account = "system:serviceaccount:elsewhere:controller"
    assert "created" in _refused(bare, account, type="ExternalName", externalName="example.com")
