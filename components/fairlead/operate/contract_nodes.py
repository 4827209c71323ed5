"""Rules C1 to C3 on living nodes: what they are called, what they keep off, what they offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead import labels
from fairlead.catalog.read import load
from fairlead.operate.findings import Cluster, Problems
from fairlead.plan.claimed import taken
from fairlead.plan.model import PoolPlan
from fairlead.values import quantity

Object = Mapping[str, Any]
PASSING = "node.kubernetes.io/"
"""Beginning of taints that Kubernetes itself sets and takes back: not ready, cordoned, out of memory.

https://kubernetes.io/docs/reference/labels-annotations-taints/, 2026-11-23
"""
KEEPS_OFF = ("NoSchedule", "NoExecute")


def _labels(node: Object) -> Mapping[str, str]:
    return node["metadata"].get("labels") or {}


def _name(node: Object) -> str:
    return node["metadata"]["name"]


def nodes_of(cluster: Cluster, pool: PoolPlan) -> list[Object]:
    """Living nodes of a pool: those that the spec names, else those that say so."""
    every, named = cluster.seen.named("Node"), cluster.named_nodes.get(pool.name)
    if named is not None:
        return [every[name] for name in named if name in every]
    return [node for node in every.values() if _labels(node).get(labels.POOL) == pool.name]


def labelled(cluster: Cluster) -> tuple[str, Problems]:
    """C1."""
    pools = cluster.plan.pools
    found = [*_missing(cluster), *_homeless(cluster)]
    for pool in pools:
        for node in nodes_of(cluster, pool):
            found += _unsaid(cluster, node, pool)
    count = sum(len(nodes_of(cluster, pool)) for pool in pools)
    return f"{count} nodes in {len(pools)} pools", tuple(found)


def _put_back(cluster: Cluster, command: str) -> str:
    """On a brought cluster the engine puts labels and taints on, and only what it put on it takes off again."""
    return "run `pulumi up --refresh`: it puts it back" if cluster.named_nodes else command


def _missing(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Pools with fewer nodes than are always there."""
    every = cluster.seen.named("Node")
    for pool in cluster.plan.pools:
        for name in cluster.named_nodes.get(pool.name, ()):
            if name not in every:
                fix = f"bring it back, or take it out of nodes.names of pool {pool.name}"
                yield f"pool {pool.name}: the cluster has no node {name}", fix
        have = len(nodes_of(cluster, pool))
        if pool.name not in cluster.named_nodes and have < pool.min_nodes:
            what = f"pool {pool.name}: {have} of {pool.min_nodes} nodes carry {labels.POOL}={pool.name}"
            yield what, "label those that lost it; `kubectl get nodes -L fairlead.dev/pool` shows all"


def _homeless(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Nodes that carry labels of the platform, but not that of a pool of the plan."""
    pools = {pool.name: pool for pool in cluster.plan.pools}
    named = {name for names in cluster.named_nodes.values() for name in names}
    for node in cluster.seen.objects["Node"]:
        own, name = _labels(node), _name(node)
        if labels.ACCELERATOR not in own or own.get(labels.POOL) in pools or name in named:
            continue
        fits = [
            key for key, pool in pools.items() if pool.labels.items() <= {**own, labels.POOL: key}.items()
        ]
        value = fits[0] if len(fits) == 1 else "POOL"
        other = own.get(labels.POOL)
        what = f"{labels.POOL} is {other}, which no pool is called" if other else f"no {labels.POOL}"
        yield f"node {name}: {what}", f"kubectl label node {name} {labels.POOL}={value} --overwrite"


def _unsaid(cluster: Cluster, node: Object, pool: PoolPlan) -> Iterator[tuple[str, str]]:
    """Labels that a node of the pool lacks, or has with another value."""
    own, name = _labels(node), _name(node)
    rung = next((one for one in pool.rungs if one.capacity == own.get(labels.CAPACITY)), pool.rungs[0])
    for key, value in rung.labels.items():
        if own.get(key) != value:
            what = f"{key} is {own[key]}, not {value}" if key in own else f"no {key}"
            fix = _put_back(cluster, f"kubectl label node {name} {key}={value} --overwrite")
            yield f"node {name}: {what}", fix
    for level in cluster.plan.queues.levels_of(pool.asked_as):
        if not own.get(level):
            fix = "whoever runs the node sets it: the kubelet or the cloud's controller; look at both"
            yield f"node {name}: no topology label {level}", fix


def tainted(cluster: Cluster) -> tuple[str, Problems]:
    """C2."""
    found: list[tuple[str, str]] = []
    guarded = 0
    for pool in cluster.plan.pools:
        wanted = {(t.key, t.value, t.effect) for t in pool.taints}
        for node in nodes_of(cluster, pool):
            found += _taints(cluster, node, wanted)
            guarded += bool(wanted)
    found += _strays(cluster)
    return f"{guarded} accelerator nodes", tuple(found)


def _taints(cluster: Cluster, node: Object, wanted: set[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    raw: list[Mapping[str, str]] = node.get("spec", {}).get("taints") or []
    here = {(one["key"], one.get("value", ""), one["effect"]) for one in raw}
    for key, value, effect in sorted(wanted - here):
        what = f"node {_name(node)}: the taint {key}={value}:{effect} is missing"
        command = f"kubectl taint node {_name(node)} {key}={value}:{effect} --overwrite"
        yield what, _put_back(cluster, command)
    for key, value, effect in sorted(here - wanted):
        if effect in KEEPS_OFF and not key.startswith(PASSING) and key not in {one[0] for one in wanted}:
            what = f"node {_name(node)}: no workload tolerates its taint {key}={value}:{effect}"
            yield what, f"kubectl taint node {_name(node)} {key}:{effect}-, or leave the node out of its pool"


def _strays(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Pods on accelerator nodes that do not ask for accelerators. What runs on every node may."""
    guarded = {
        _name(node): pool.resource
        for pool in cluster.plan.pools
        if pool.resource
        for node in nodes_of(cluster, pool)
    }
    for pod in cluster.seen.objects["Pod"]:
        resource = guarded.get(pod.get("spec", {}).get("nodeName", ""))
        if resource and not _asks(pod, resource) and not _of_the_node(pod) and not _ended(pod):
            space, name = pod["metadata"]["namespace"], _name(pod)
            what = f"pod {space}/{name} is on accelerator node {pod['spec']['nodeName']} and asks for no {resource}"
            yield what, f"kubectl delete pod -n {space} {name}: with the taint it goes elsewhere"


def _asks(pod: Object, resource: str) -> bool:
    boxes: list[Object] = pod["spec"]["containers"]
    return bool(taken(pod["spec"])) or any(
        resource in (box.get("resources", {}).get("requests") or ()) for box in boxes
    )


def _of_the_node(pod: Object) -> bool:
    owners: list[Mapping[str, str]] = pod["metadata"].get("ownerReferences") or []
    return any(one["kind"] in ("DaemonSet", "Node") for one in owners)


def _ended(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def advertised(cluster: Cluster) -> tuple[str, Problems]:
    """C3."""
    known = {row.resource for row in load().accelerators.values()}
    found: list[tuple[str, str]] = []
    total = 0
    for pool in cluster.plan.pools:
        for node in nodes_of(cluster, pool):
            offered: Mapping[str, str] = node.get("status", {}).get("allocatable") or {}
            found += _accelerators(node, pool, {key: offered[key] for key in sorted(known & set(offered))})
            found += _sizes(node, pool, offered)
            total += int(offered.get(pool.resource or "", "0"))
    return f"{total} accelerators", tuple(found)


def _accelerators(node: Object, pool: PoolPlan, offered: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    wanted = {pool.resource: str(pool.offered)} if pool.resource else {}
    if pool.resource and offered.get(pool.resource, "0") != str(pool.offered):
        have = offered.get(pool.resource, "0")
        ours = pool.node is None or pool.node.device_plugin == "layer"
        plugin = "`kubectl -n fairlead-gpu get pods`" if ours else "the cluster's own device plugin"
        fix = f"look at the driver on the node and at {plugin}, or write {pool.accelerator}:{have} if that is true"
        yield f"node {_name(node)}: offers {have} {pool.resource}, the plan says {pool.offered}", fix
    for key in (key for key in offered if key not in wanted and offered[key] != "0"):
        fix = f"put it into a pool with accelerators, or stop its device plugin; pool {pool.name} has another kind"
        yield f"node {_name(node)}: offers {offered[key]} {key}, which its pool does not have", fix


def _sizes(node: Object, pool: PoolPlan, offered: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Less than the plan hands out in quotas: gangs would be admitted and not fit."""
    for key, wanted in (("cpu", pool.cpu), ("memory", pool.memory)):
        if wanted and quantity(offered.get(key, "0")) < quantity(wanted):
            have = offered.get(key, "0")
            fix = f"write {key}: {have} for pool {pool.name}, or give the node what is missing"
            yield f"node {_name(node)}: gives {key} {have} to pods, the plan hands out {wanted}", fix
