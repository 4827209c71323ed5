"""AWS under the tests of the contract: nodes as EKS and Karpenter make them out of what is declared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.aws import KARPENTER
from support.charts import renderer
from support.engine import Recorder
from support.targets import Target

GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SUBNET = "aws:ec2/subnet:Subnet"
NETWORKED = re.compile(r"(hpc|trn|p)[0-9]+[a-z]*(-[a-z0-9]+)?\.[0-9a-z]*")
"""Machines whose place in the network EKS's controller writes on their nodes: k8s.io/cloud-provider-aws v1.35.0,
pkg/providers/v1/topology.go."""
EFFECTS = {"NO_SCHEDULE": "NoSchedule"}


def cluster(plan: PlatformPlan) -> ClusterHandle:
    from fairlead.targets.aws.cluster import AwsCluster, AwsClusterArgs

    images = {name: row.reference for name, row in lock.images().items()}
    render = renderer(KARPENTER, plan.kubernetes)
    return AwsCluster(plan.name, AwsClusterArgs(plan, images, render)).handle


def node(
    name: str, machine: str, zone: str, told: Mapping[str, str], taints: list[dict[str, str]]
) -> Mapping[str, Any]:
    """One node: what is declared, and what the kubelet and the cloud's controller add.

    https://kubernetes.io/docs/reference/labels-annotations-taints/
    """
    added = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": zone,
        "node.kubernetes.io/instance-type": machine,
    }
    if NETWORKED.fullmatch(machine):
        added |= {f"topology.k8s.aws/network-node-layer-{layer}": f"nn-{layer}-{zone}" for layer in (1, 2, 3)}
    row = load().machines["aws"][machine]
    accelerator = load().accelerators.get(row.accelerator or "")
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**added, **told}},
        "spec": {"taints": taints},
        "status": {"allocatable": {accelerator.resource: str(row.count)} if accelerator else {}},
    }


def always_there(recorder: Recorder) -> list[Mapping[str, Any]]:
    """The nodes of every managed node group, over its zones in turn."""
    made = {(one.typ, one.name): one.inputs for one in recorder.resources}
    zones = {
        f"{name}-id": inputs["availabilityZone"] for (kind, name), inputs in made.items() if kind == SUBNET
    }
    found: list[Mapping[str, Any]] = []
    for (kind, name), group in made.items():
        if kind != GROUP:
            continue
        machine = made[TEMPLATE, name]["instanceType"]
        taints = [{**one, "effect": EFFECTS[one["effect"]]} for one in group.get("taints", [])]
        for index in range(int(group["scalingConfig"]["desiredSize"])):
            zone = zones[group["subnetIds"][index % len(group["subnetIds"])]]
            found.append(node(f"{name}-{index}", machine, zone, group["labels"], taints))
    return found


def first_of(pool: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node that Karpenter would start first for a NodePool."""
    template = pool["spec"]["template"]
    wanted = {one["key"]: one["values"] for one in template["spec"]["requirements"]}
    (machine,) = wanted["node.kubernetes.io/instance-type"]
    zone = wanted["topology.kubernetes.io/zone"][0]
    taints = [dict(one) for one in template["spec"].get("taints", [])]
    return node(f"{pool['metadata']['name']}-0", machine, zone, template["metadata"]["labels"], taints)


def nodes(recorder: Recorder, plan: PlatformPlan) -> Mapping[str, list[Mapping[str, Any]]]:
    """The nodes that are always there, or else one, of the heaviest NodePool of the pool."""
    found: dict[str, list[Mapping[str, Any]]] = {pool.name: [] for pool in plan.pools}
    for one in always_there(recorder):
        found[one["metadata"]["labels"][labels.POOL]].append(one)
    for pool in sorted(recorder.objects("NodePool"), key=lambda one: -one["spec"]["weight"]):
        name = pool["spec"]["template"]["metadata"]["labels"][labels.POOL]
        if not found[name]:
            found[name].append(first_of(pool))
    return found


TARGET = Target("aws-prod", cluster, nodes)
