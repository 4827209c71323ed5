"""What Karpenter is told, as Kubernetes objects: which nodes it may start for which pool, and how. Pure.

Fields after the CRDs of github.com/aws/karpenter-provider-aws v1.14.1, pkg/apis/crds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Release
from fairlead.plan.sites.aws_model import AwsSite, Provisioner, Shape
from fairlead.plan.sites.aws_network import PODS
from fairlead.plan.sites.window import Window
from fairlead.targets.aws.spelling import CLUSTER_GROUP, FABRIC, HOPS, MANAGED, disks, owned

NAMESPACE = "kube-system"
ACCOUNT = "karpenter"
GROUP = "karpenter.k8s.aws"
SPOT_DRAIN = "110s"
"""EC2 takes a spot instance 120 s after its notice (catalog/data/faults.toml, notices.aws.spot-reclaim); 10 s are
for the notice to arrive. What a drain time does to pods: github.com/kubernetes-sigs/karpenter v1.14.1
pkg/controllers/node/termination/terminator/terminator.go, DeleteExpiringPods."""
RESOURCES = {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}

Object = Mapping[str, Any]
Term = Mapping[str, Any]


def crds() -> Release:
    """Karpenter's kinds."""
    return Release("karpenter-crd", "karpenter-crd", NAMESPACE, {})


def controller(name: str, site: AwsSite, image: str) -> Release:
    """Karpenter itself, on the nodes of the system pool that it has not started. image: as pods name it."""
    values = {
        "replicas": site.controllers,
        "serviceAccount": {"name": ACCOUNT},
        "nodeSelector": {"kubernetes.io/os": "linux", labels.POOL: site.system_pool},
        "controller": {
            "image": _image(image),
            "resources": RESOURCES,
        },
        "settings": {
            "clusterName": name,
            "eksControlPlane": True,
            "interruptionQueue": site.queue,
            "featureGates": {"nodeRepair": site.repair},
        },
    }
    return Release("karpenter", "karpenter", NAMESPACE, values)


def _image(reference: str) -> Mapping[str, str]:
    """`repository:tag` or `repository:tag@sha256:…` as the chart wants it."""
    named, _, digest = reference.partition("@")
    repository, _, tag = named.rpartition(":")
    return {"repository": repository, "tag": tag, "digest": digest}


def node_class(
    name: str, site: AwsSite, plan: Provisioner, *, profile: Any, key: Any, subnets: Sequence[Term]
) -> Object:
    """How machines of one step are started.

    profile: name of their instance profile; key: ARN of the key of their disks; subnets: how to find those.
    """
    shape = plan.shape
    spec: dict[str, Any] = {
        "amiSelectorTerms": [{"alias": plan.alias}],
        "instanceProfile": profile,
        "subnetSelectorTerms": list(subnets),
        "securityGroupSelectorTerms": _groups(name, shape),
        "associatePublicIPAddress": False,
        "metadataOptions": {
            "httpEndpoint": "enabled",
            "httpTokens": "required",
            "httpPutResponseHopLimit": HOPS,
        },
        "blockDeviceMappings": [_disk(*disk, key) for disk in disks(shape.os, shape.disk_gib)],
        "kubelet": {"maxPods": PODS},
        "tags": {"Name": f"{name}-{shape.pool}", MANAGED: name},
    }
    if shape.stripe:
        spec["instanceStorePolicy"] = "RAID0"
    if shape.interfaces:
        spec["networkInterfaces"] = [
            {"networkCardIndex": one.card, "deviceIndex": one.device, "interfaceType": one.kind}
            for one in shape.interfaces
        ]
    if shape.placement:
        spec["placementGroupSelector"] = {"name": shape.placement}
    if shape.reservation:
        spec["capacityReservationSelectorTerms"] = [{"id": shape.reservation}]
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": plan.name},
        "spec": spec,
    }


def _groups(name: str, shape: Shape) -> list[Term]:
    """Security groups by their tags: the cluster's own, and that of the fast network."""
    fast = [{"tags": {FABRIC: name}}] if shape.interfaces else []
    return [{"tags": {CLUSTER_GROUP: name}}, *fast]


def _disk(device: str, gib: int, key: Any) -> Mapping[str, Any]:
    ebs = {
        "volumeType": "gp3",
        "volumeSize": f"{gib}Gi",
        "encrypted": True,
        "kmsKeyID": key,
        "deleteOnTermination": True,
    }
    return {"deviceName": device, "ebs": ebs}


def subnet_terms(name: str, zones: Sequence[str], brought: Mapping[str, str] | None) -> list[Term]:
    """How subnets are found: by their tag, in a network that was brought by their ids."""
    return [{"id": brought[zone]} for zone in zones] if brought else [{"tags": owned(name)}]


def _drain(plan: Provisioner) -> str:
    """How long a node may be drained. Until then Karpenter leaves pods alone that say do-not-disrupt.

    Before that time is over each pod is stopped, early enough for its own grace. On a spot node it must be
    over before the machine goes, or those pods would never be told.
    """
    return SPOT_DRAIN if plan.market == "spot" else f"{plan.drain_minutes}m"


def node_pool(plan: Provisioner, window: Window) -> Object:
    """Which nodes of one step may be started, how many, and when one may be taken away."""
    shape = plan.shape
    template: dict[str, Any] = {
        "nodeClassRef": {"group": GROUP, "kind": "EC2NodeClass", "name": plan.name},
        "requirements": _requirements(plan),
        # Old age takes no node from a job: new images come by drift, in the window.
        "expireAfter": "Never",
        "terminationGracePeriod": _drain(plan),
    }
    if shape.taints:
        template["taints"] = [
            {"key": one.key, "value": one.value, "effect": one.effect} for one in shape.taints
        ]
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": plan.name},
        "spec": {
            "weight": plan.weight,
            "limits": _limits(plan),
            "disruption": _disruption(plan, window),
            "template": {"metadata": {"labels": dict(shape.labels)}, "spec": template},
        },
    }


def _requirements(plan: Provisioner) -> list[Mapping[str, Any]]:
    shape = plan.shape
    wanted = {
        "node.kubernetes.io/instance-type": [shape.machine],
        "karpenter.sh/capacity-type": [plan.market],
        "kubernetes.io/arch": [shape.arch],
        "kubernetes.io/os": ["linux"],
        "topology.kubernetes.io/zone": list(shape.zones),
    }
    return [{"key": key, "operator": "In", "values": values} for key, values in wanted.items()]


def _limits(plan: Provisioner) -> Mapping[str, str]:
    """Most nodes, and their cores. Karpenter holds the number of nodes against the limit only before it begins
    with the pods that wait: a gang that comes at once would pass it. Cores are counted machine by machine.

    https://github.com/kubernetes-sigs/karpenter/issues/2915, seen with 1.14.1, 2026-11-24
    """
    return {"nodes": str(plan.nodes), "cpu": str(plan.cores)}


def _disruption(plan: Provisioner, window: Window) -> Mapping[str, Any]:
    """Empty nodes go at any time, all of them. Others are replaced in the window only, a few at a time.

    A node with accelerators is never emptied to save room: a job of days may run there.
    """
    return {
        "consolidationPolicy": "WhenEmpty" if plan.accelerated else "WhenEmptyOrUnderutilized",
        "consolidateAfter": f"{plan.idle_seconds}s",
        "budgets": [
            {"nodes": "100%", "reasons": ["Empty"]},
            {"nodes": str(plan.max_unavailable), "reasons": ["Drifted", "Underutilized"]},
            {
                "nodes": "0",
                "reasons": ["Drifted", "Underutilized"],
                "schedule": window.closed_from,
                "duration": window.closed_for,
            },
        ],
    }
