"""The real API server, and the real Kueue beside it: what the layers make is accepted, what must be refused is.

The API server alone (e2e.bare), not the product's local cluster: simulated nodes have no fast network. What runs on
nodes with one is not shown by this: no such node was at hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from support import matrix
from support.matrix import planned

from e2e.bare import Bare, until
from e2e.fabric_pods import BREAKS, annotate, broken, job_of, pod_of
from e2e.nvlink_rack import NODES, NVLINK, gang, plan, pods, rack, status, template, waiting, workload
from fairlead.layers import fabric, tenancy
from fairlead.layers.fabric import guard
from fairlead.plan.channels import CHANNEL
from fairlead.plan.fabric_model import JobFabric

pytestmark = pytest.mark.e2e

Object = Mapping[str, Any]
TCPXO = matrix.Combination("gcp", "none", "tcpxo")
TCPX = matrix.Combination("gcp", "none", "tcpx")


@pytest.fixture(scope="module")
def everything(bare: Bare) -> Sequence[tuple[matrix.Combination, Object]]:
    """Each object of the matrix once; CRDs and namespaces stand, the rest is only asked about."""
    found = list(matrix.distinct().values())
    crds = {obj["metadata"]["name"]: obj for _, obj in found if obj["kind"] == "CustomResourceDefinition"}
    bare.define(list(crds.values()))
    spaces = {obj["metadata"].get("namespace") for _, obj in found} - {None, "kube-system"}
    bare.make(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": str(one)}} for one in spaces))
    return found


@pytest.fixture(scope="module")
def controllers(bare: Bare) -> Sequence[Object]:
    """The kinds of the controllers, and what one platform with a rack of nodes puts beside them."""
    found = [obj for obj in matrix.objects(planned(NVLINK)) if obj["kind"] != "Namespace"]
    bare.define([obj for obj in found if obj["kind"] == "CustomResourceDefinition"])
    return found


# ---- every combination --------------------------------------------------------------------------


def test_every_object_of_every_combination_is_accepted(
    bare: Bare, everything: Sequence[tuple[matrix.Combination, Object]]
) -> None:
    asked = [obj for _, obj in everything if obj["kind"] not in ("CustomResourceDefinition", "Namespace")]
    refused = [
        line for place in range(0, len(asked), 100) for line in bare.refusals(asked[place : place + 100])
    ]
    assert refused == []
    custom = {
        obj["kind"] for obj in asked if "." in obj["apiVersion"] and ".k8s.io/v1" not in obj["apiVersion"]
    }
    assert {"ComputeDomain", "ClusterQueue", "ClusterTrainingRuntime"} <= custom


def test_a_wrong_object_among_them_would_be_refused(
    bare: Bare, everything: Sequence[tuple[matrix.Combination, Object]]
) -> None:
    domain = next(obj for _, obj in everything if obj["kind"] == "ComputeDomain")
    (said,) = bare.refusals([{**domain, "spec": {**domain["spec"], "numNodes": -1}}])
    assert "numNodes" in said
    (said,) = bare.refusals([{**domain, "spec": {**domain["spec"], "surprise": 1}}])
    assert "surprise" in said


# ---- who may touch nodes ------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[TCPX, TCPXO], ids=["tcpx", "tcpxo"])
def guarded(request: pytest.FixtureRequest, bare: Bare, controllers: object) -> JobFabric:
    """The tenants' namespaces and the policies of one network, in force."""
    made = planned(request.param)
    policies = guard.objects(fabric.pinned(made.fabrics, matrix.IMAGES), matrix.guarded(made))
    bare.make(*(tenancy.namespace(one) for one in made.tenants), *policies)
    job = job_of(request.param)
    bad = broken(job, "host network")
    until("the policies are in force", lambda: "denied" in str(bare.refusals([bad])), 60)
    until("and know this daemon", lambda: not bare.refusals([pod_of(job)]), 60)
    return job


def test_pods_that_differ_in_one_thing_are_each_refused_by_a_policy(guarded: JobFabric, bare: Bare) -> None:
    asked = [broken(guarded, name) for name in BREAKS]
    for name, pod in zip(BREAKS, asked, strict=True):
        pod["metadata"] = {**pod["metadata"], "name": re.sub(r"[^a-z]+", "-", name)}
    refused = bare.refusals(asked)
    for name, pod in zip(BREAKS, asked, strict=True):
        said = [line for line in refused if f'"{pod["metadata"]["name"]}"' in line]
        assert said, f"{name} is accepted"
        assert "ValidatingAdmissionPolicy" in said[0], said


def test_the_pod_as_the_platform_writes_it_is_accepted_and_so_is_a_plain_one(
    guarded: JobFabric, bare: Bare
) -> None:
    plain = pod_of(
        JobFabric("H100", 8, "none", (), given=False, why="")
    )  # the same runtime without a network
    assert bare.refusals([pod_of(guarded), plain]) == []


def test_another_tenants_namespace_lets_no_daemon_in_and_no_devices(guarded: JobFabric, bare: Bare) -> None:
    (said,) = bare.refusals([pod_of(guarded, "team-b")])
    assert "denied" in said or "PodSecurity" in said
    plain = pod_of(JobFabric("H100", 8, "none", (), given=False, why=""), "team-b")
    annotate("devices.gke.io/container.node", "- path: /dev/sda\n")(plain)
    (said,) = bare.refusals([plain])
    assert guard.DEVICES in said


def train_job(namespace: str, name: str) -> Object:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": "train", "namespace": namespace},
        "spec": {"runtimeRef": {"name": name}, "trainer": {"numNodes": 2}},
    }


def test_a_job_that_could_never_have_pods_is_refused_when_it_is_sent_with_what_to_do(
    guarded: JobFabric, bare: Bare
) -> None:
    assert bare.refusals([train_job("team-a", "fairlead-h100-nodes-near")]) == []
    (said,) = bare.refusals([train_job("team-b", "fairlead-h100-nodes-near")])
    assert "host_access: [fabric]" in said
    assert guarded.kind in said
    assert bare.refusals([train_job("team-b", "fairlead-h100-near"), train_job("team-b", "fairlead")]) == []


# ---- NVLink between nodes -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def queued(bare: Bare, controllers: Sequence[Object]) -> Bare:
    """Kueue and the control plane over two nodes of a rack, with the queues that the plan makes."""
    bare.make(*(tenancy.namespace(one) for one in planned(NVLINK).tenants))
    rack(bare, controllers)
    return bare


def test_a_gang_that_claims_channels_is_admitted_counted_and_placed_with_a_channel_on_each_node(
    queued: Bare,
) -> None:
    queued.make(gang("first"))
    admission = until("Kueue admits the gang", lambda: status(queued, "first").get("admission"))
    (share,) = admission["podSetAssignments"]
    assert share["resourceUsage"][CHANNEL] == str(NODES)
    assert share["flavors"][CHANNEL] == "gb200-on-demand"
    placed = until(
        "every pod has a node",
        lambda: (
            (found := pods(queued, "first"))
            and len(found) == NODES
            and all(p["spec"].get("nodeName") for p in found)
            and found
        ),
    )
    assert {one["spec"]["nodeName"] for one in placed} == {f"rack-{place}" for place in range(NODES)}
    claims = json.loads(queued.kubectl("get", "resourceclaims", "-n", "team-a", "-o", "json"))["items"]
    given = {one["status"]["allocation"]["devices"]["results"][0]["pool"] for one in claims}
    assert given == {f"rack-{place}" for place in range(NODES)}


def test_the_next_gang_waits_for_accelerators_and_is_not_refused_for_its_claim(queued: Bare) -> None:
    queued.make(gang("second", 1))
    found = until("Kueue says why the second gang waits", lambda: waiting(queued, "second"))
    assert "nvidia.com/gpu" in found[0]["message"]
    assert "not mapped" not in found[0]["message"]
    queued.kubectl("delete", "job", "first", "-n", "team-a", "--wait=false")
    until(
        "its place is free again",
        lambda: status(queued, "second").get("admission"),
    )


def test_a_class_that_is_mapped_to_nothing_is_refused_by_kueue_as_the_plan_supposes(queued: Bare) -> None:
    (claim,) = plan().fabrics.claims
    other = {**template(claim), "metadata": {"name": "unmapped", "namespace": "team-a"}}
    other["spec"] = {
        "spec": {
            "devices": {
                "requests": [
                    {"name": "x", "exactly": {"deviceClassName": "compute-domain-daemon.nvidia.com"}}
                ]
            }
        }
    }
    bad = json.loads(json.dumps(gang("third", 1)))
    bad["spec"]["template"]["spec"]["resourceClaims"][0]["resourceClaimTemplateName"] = "unmapped"
    queued.make(other, bad)
    assert until("Kueue refuses it", lambda: "is not mapped" in json.dumps(workload(queued, "third") or {}))
