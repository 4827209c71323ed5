"""Claimed accelerators on a real API server, with the real scheduler and the real Kueue: counted, placed, allocated.

The API server alone (e2e.bare): nodes are objects, and the test publishes their devices in the driver's place. What
NVIDIA's driver does on a node with accelerators is not shown by this: none was at hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pytest
from support import matrix
from support.rendered_pods import job_set_spec

from e2e.bare import Bare, until
from e2e.bare_kueue import Certificate, make_queues, space, start_kueue
from e2e.bare_nodes import node, resource_slice, stands
from e2e.nvlink_rack import CHANNEL_0, DRIVER, template
from fairlead import labels
from fairlead.catalog.read import load
from fairlead.layers import queue_controller, tenancy
from fairlead.plan.channels import CHANNEL
from fairlead.plan.claimed import CLASS
from fairlead.plan.fabric_model import JobFabric
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan, PoolPlan
from fairlead.workload.load import load_job
from fairlead.workload.render import render

pytestmark = pytest.mark.e2e

Object = dict[str, Any]
GPU = "nvidia.com/gpu"
SIZE = {"cpu": "90", "memory": "900Gi"}
RAN_BY = ("ClusterTrainingRuntime", "ResourceClaimTemplate", "DeviceClass")


def rack(name: str, accelerators: str, nodes: int, **more: Any) -> Object:
    names = [f"{name}-{place}" for place in range(nodes)]
    return {
        "name": name,
        "accelerators": accelerators,
        "min": nodes,
        "max": nodes,
        "nodes": {"names": names, **SIZE},
        **more,
    }


@cache
def plan() -> PlatformPlan:
    """Two nodes of a rack whose accelerators and NVLink channels are claimed, and one that advertises others."""
    cpu = {"name": "system", "min": 1, "max": 1, "nodes": {"names": ["cpu-0"], "cpu": "8", "memory": "32Gi"}}
    quota = {"cpu": "1", "memory": "1Gi", "accelerators": {"GB200/dra": 8, "H200": 8}}
    claimed = rack("claimed", "GB200:4", 2, sharing="dra", rdma={"kind": "infiniband"})
    return load_plan(
        {
            "name": "lab",
            "environment": "dev",
            "target": {"kind": "onprem", "kubeconfig": "~/.kube/config", "context": "rack"},
            "pools": [cpu, claimed, rack("plain", "H200:8", 1)],
            "tenants": [{"name": "team-a", "quota": quota, "borrow": False}],
        },
        "f",
        load(),
    )


@cache
def objects() -> Sequence[Object]:
    """All that the layers make of the plan."""
    return [dict(one) for one in matrix.objects(plan())]


def job(name: str, accelerators: str, nodes: int = 1) -> Object:
    """A Job as JobSet makes it of what Trainer makes of a TrainJob and the runtime that it names."""
    told = {"name": name, "tenant": "team-a", "image": "registry.example.com/team/train:1.0", "run": "true"}
    sent = render(load_job({**told, "accelerators": accelerators, "num_nodes": nodes}, "f"))[-1]
    wanted = sent["spec"]["runtimeRef"]["name"]
    runtime = next(one for one in objects() if one["metadata"]["name"] == wanted)
    (part,) = job_set_spec(sent, runtime)["replicatedJobs"]
    made = part["template"]["spec"]
    pod = made["template"]["spec"]
    # JobSet gives pods the annotation of their rank, which the job reads; nothing gives it here.
    pod["containers"][0]["env"] = [one for one in pod["containers"][0]["env"] if "value" in one]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": "team-a", "labels": {labels.QUEUE: "training"}},
        "spec": {**made, "completionMode": "Indexed", "suspend": True},
    }


def rack_network() -> JobFabric:
    """What jobs over whole nodes of the rack get."""
    return next(one for one in plan().fabrics.jobs if one.accelerator == "GB200/dra")


def devices(count: int) -> Mapping[str, Mapping[str, str | int]]:
    """What the driver publishes of a node. dra-driver-nvidia-gpu v0.5.0, cmd/gpu-kubelet-plugin/deviceinfo.go."""
    return {f"gpu-{place}": {"type": "gpu"} for place in range(count)}


@pytest.fixture(scope="module")
def queued(bare: Bare) -> Bare:
    """Nodes, their devices, the tenant with its templates, the scheduler, and Kueue as the plan configures it."""
    found = objects()
    bare.define([one for one in found if one["kind"] == "CustomResourceDefinition"])
    (tenant,) = plan().tenants
    bare.make(tenancy.namespace(tenant), space("kueue-system"))
    bare.make(*(one for one in found if one["kind"] in ("ResourceClaimTemplate", "DeviceClass")))
    claim = rack_network().claim
    assert claim
    bare.make(*tenancy.service_accounts(tenant), template(claim))
    for pool in plan().pools:
        for place in range(pool.max_nodes if pool.accelerator else 0):
            _stands(bare, f"{pool.name}-{place}", pool)
    make_queues(bare, plan().queues, trees=True)
    bare.control()
    config = queue_controller.config(plan().queues, plan().fabrics.uncounted)
    start_kueue(bare, config, found, Certificate(bare.folder / "certificate"), {"batch/job": "jobs"})
    # Until its webhooks answer no job is taken.
    probe = job("probe", "GB200/dra:1")
    until("Kueue's webhooks answer", lambda: not bare.refusals([probe]))
    return bare


def _stands(bare: Bare, name: str, pool: PoolPlan) -> None:
    offers = {GPU: str(pool.offered)} if pool.offered else dict(rack_network().requests)
    drivers = {CLASS: devices(pool.count), DRIVER: CHANNEL_0} if pool.sharing.claimed else {}
    published = [resource_slice(driver, name, there) for driver, there in drivers.items()]
    stands(bare, node(name, pool.labels, pool.taints, {**SIZE, **offers}), *published)


def seen(bare: Bare, kind: str) -> list[Any]:
    return json.loads(bare.kubectl("get", kind, "-n", "team-a", "-o", "json"))["items"]


def workload(bare: Bare, name: str) -> Any:
    found = seen(bare, "workloads")
    return next((one for one in found if one["metadata"]["ownerReferences"][0]["name"] == name), {})


def admitted(bare: Bare, name: str) -> Any:
    """(flavor, how many) of the accelerators that Kueue counts for a job; nothing while it waits."""
    found = workload(bare, name).get("status", {}).get("admission")
    if not found:
        return None
    (share,) = found["podSetAssignments"]
    return share["flavors"][GPU], share["resourceUsage"][GPU]


def placed(bare: Bare, name: str, count: int = 1) -> Any:
    """Node of each pod of a job, once all have one."""
    pods = [one for one in seen(bare, "pods") if one["metadata"]["labels"].get("job-name") == name]
    nodes = [one["spec"].get("nodeName") for one in pods]
    return nodes if len(nodes) == count and all(nodes) else None


def given(bare: Bare, name: str, driver: str = CLASS) -> list[tuple[str, str]]:
    """(node, device) of all of a driver's that the pods of a job have been given."""
    return [
        (one["pool"], one["device"])
        for claim in seen(bare, "resourceclaims")
        if claim["metadata"]["ownerReferences"][0]["name"].startswith(f"{name}-")
        for one in claim.get("status", {}).get("allocation", {}).get("devices", {}).get("results", ())
        if one["driver"] == driver
    ]


def finish(bare: Bare, name: str) -> None:
    """Ends a job; its pods run nowhere, so nobody else says that they have stopped."""
    bare.kubectl("delete", "job", name, "-n", "team-a", "--wait=false")
    chosen = ["-n", "team-a", "-l", f"job-name={name}"]
    bare.kubectl("delete", "pods", *chosen, "--force", "--grace-period=0", "--ignore-not-found")
    until(f"{name} has given all back", lambda: not given(bare, name) and not workload(bare, name))


def test_the_api_server_takes_every_object_of_them_as_it_is_written(queued: Bare) -> None:
    asked = [one for one in objects() if one["kind"] in RAN_BY]
    assert {one["kind"] for one in asked} == set(RAN_BY)
    named = [
        {**one, "metadata": {**one["metadata"], "name": f"x-{one['metadata']['name']}"}} for one in asked
    ]
    assert queued.refusals(named) == []


def test_a_template_with_a_field_that_is_none_is_refused(queued: Bare) -> None:
    one = next(one for one in objects() if one["kind"] == "ResourceClaimTemplate")
    wrong = json.loads(json.dumps(one))
    wrong["metadata"]["name"] = "wrong"
    wrong["spec"]["spec"]["devices"]["requests"][0]["exactly"]["counted"] = 1
    (said,) = queued.refusals([wrong])
    assert "counted" in said


def test_a_gang_is_counted_by_its_claims_and_each_pod_gets_its_devices_on_its_own_node(queued: Bare) -> None:
    queued.make(job("gang", "GB200/dra:4", 2))
    assert until("Kueue admits the gang", lambda: admitted(queued, "gang")) == (
        "gb200-dra-on-demand-unplaced",
        "8",
    )
    nodes = until("both pods have a node", lambda: placed(queued, "gang", 2))
    assert set(nodes) == {"claimed-0", "claimed-1"}
    wanted = {(name, f"gpu-{place}") for name in nodes for place in range(4)}
    found = given(queued, "gang")
    assert (set(found), len(found)) == (wanted, 8)


def test_beside_its_devices_each_pod_of_the_gang_gets_the_channel_of_its_node(queued: Bare) -> None:
    (share,) = workload(queued, "gang")["status"]["admission"]["podSetAssignments"]
    assert share["resourceUsage"][CHANNEL] == "2"
    channels = {("claimed-0", "channel-0"), ("claimed-1", "channel-0")}
    assert set(given(queued, "gang", DRIVER)) == channels


def test_the_next_one_waits_for_quota_and_starts_when_the_gang_has_ended(queued: Bare) -> None:
    queued.make(job("next", "GB200/dra:2"))
    conditions = until(
        "Kueue says why it waits", lambda: workload(queued, "next").get("status", {}).get("conditions")
    )
    (why,) = [one["message"] for one in conditions if one["type"] == "QuotaReserved"]
    assert GPU in why
    assert "not mapped" not in why
    assert admitted(queued, "next") is None
    finish(queued, "gang")
    assert until("its turn comes", lambda: admitted(queued, "next"))[1] == "2"
    until("it has a node", lambda: placed(queued, "next"))
    assert len(given(queued, "next")) == 2


def test_two_jobs_of_one_node_have_no_device_in_common(queued: Bare) -> None:
    # One after the other: a half on the free node would leave no node whole.
    for name, count in (("all", 4), ("half", 2)):
        queued.make(job(name, f"GB200/dra:{count}"))
        until(f"{name} has a node", lambda name=name: placed(queued, name))
    taken = [*given(queued, "next"), *given(queued, "half"), *given(queued, "all")]
    assert len(taken) == len(set(taken)) == 8
    (alone,) = {name for name, _ in given(queued, "all")}
    assert {name for name, _ in given(queued, "half")} == {"claimed-0", "claimed-1"} - {alone}


def test_what_a_node_advertises_is_counted_beside_them_although_the_class_names_the_same_resource(
    queued: Bare,
) -> None:
    queued.make(job("plain", "H200:8"))
    flavor, count = until("Kueue admits it", lambda: admitted(queued, "plain"))
    assert (flavor.partition("-")[0], count) == ("h200", "8")
    assert until("it has a node", lambda: placed(queued, "plain")) == ["plain-0"]
    assert given(queued, "plain") == []
    queued.make(job("more", "H200:8"))
    until("the next one waits", lambda: workload(queued, "more").get("status", {}).get("conditions"))
    assert admitted(queued, "more") is None


def test_a_pod_that_claims_past_the_queue_is_refused_by_the_rule(queued: Bare) -> None:
    pod = job("past", "GB200/dra:4")["spec"]["template"]
    past = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "past", "namespace": "team-a"},
        "spec": {**pod["spec"], "restartPolicy": "Never"},
    }
    account = "--as=system:serviceaccount:team-a:robot"
    rights = [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "robot", "namespace": "team-a"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "robot", "namespace": "team-a"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "robot"},
            "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "team-a"}],
        },
    ]
    queued.make(*rights, *_rule())
    command = ["create", "--dry-run=server", account, "-o", "name", "-f", "-"]
    plain = json.loads(json.dumps(past))
    plain["spec"].pop("resourceClaims")
    plain["spec"]["containers"][0]["resources"].pop("claims")
    plain["metadata"]["name"] = "plain"

    def said(obj: Object) -> str:
        return queued.kubectl(*command, given=obj, check=False)

    until("the rule is in force", lambda: "workload-accelerator-queued" in said(past), 60)
    assert "workload-accelerator-queued" not in said(plain)


def _rule() -> list[Any]:
    from datetime import date

    from fairlead.layers import admission
    from fairlead.spec.policies import Policies

    name = f"{admission.PREFIX}workload-accelerator-queued"
    found = admission.objects(Policies.model_validate(plan().policies), date(2026, 11, 30))
    return [one for one in found if one["metadata"]["name"] == name]
