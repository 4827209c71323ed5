"""Every target with all that the tests of the contract need. A new target adds one row here, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.handle import ClusterHandle
from fairlead.layers.store.tool import with_store
from fairlead.layers.tool import Tool
from fairlead.layers.tools import TOOLS
from fairlead.plan.model import PlatformPlan
from fairlead.plan.stack import plan_of
from fairlead.platform import Platform
from fairlead.program import charts_of
from fairlead.tools.setup import Have
from support.charts import renderer
from support.engine import Recorder, recorded, value
from support.golden import REPO

VOLUMES = Path("/volumes-of-the-test")
KUBECONFIG = Path("/kubeconfig-of-the-test")


def _local(plan: PlatformPlan) -> ClusterHandle:
    from fairlead.targets.local.cluster import LocalCluster, LocalClusterArgs

    images = {name: row.reference for name, row in lock.images().items()}
    return LocalCluster(
        plan.name,
        LocalClusterArgs(plan, KUBECONFIG, images, VOLUMES, renderer(charts_of(plan), plan.kubernetes)),
    ).handle


@dataclass(frozen=True)
class Target:
    """How a target is tried: its stack file, its component, and where its nodes are to be read."""

    stack: str
    """Stack of stacks/ with at least one plain and one accelerator pool on this target."""
    cluster: Callable[[PlatformPlan], ClusterHandle]
    nodes: Callable[[Recorder, PlatformPlan], Mapping[str, list[Mapping[str, Any]]]]
    """Pool -> its nodes as Node objects (labels, taints, allocatable under `status`), as far as the
    program decides them."""


def _local_nodes(recorder: Recorder, plan: PlatformPlan) -> Mapping[str, list[Mapping[str, Any]]]:
    """Node objects of simulated pools, and the real node with what its kubelet is told."""
    import json

    from fairlead import labels
    from fairlead.operate.up import host_config
    from fairlead.stack import find
    from fairlead.targets.local import host
    from fairlead.targets.local.node_pools import RESOURCES

    found: dict[str, list[Mapping[str, Any]]] = {pool.name: [] for pool in plan.pools}
    for node in recorder.objects("Node"):
        allocatable = json.loads(node["metadata"]["annotations"][RESOURCES])
        found[node["metadata"]["labels"][labels.POOL]].append(
            {**node, "status": {"allocatable": allocatable}}
        )
    tools = {name: Path("/tools") / name for name in host.REQUIRED_TOOLS}
    have = Have(tools=tools, images={}, charts={}, stages=Path("/stages"), seconds=0, done=0, skipped=0)
    told = host_config(find("local", REPO), plan, have).node_labels
    real = {"metadata": {"labels": {**told, "kubernetes.io/hostname": host.NODE_NAME}}}
    found[told[labels.POOL]].append({**real, "spec": {}, "status": {"allocatable": {}}})
    return found


OTHERS = tuple(
    sorted(path.stem.removeprefix("targets_") for path in Path(__file__).parent.glob("targets_*.py"))
)
TARGETS: Mapping[str, Target] = {
    "local": Target("local", _local, _local_nodes),
    **{name: import_module(f"support.targets_{name}").TARGET for name in OTHERS},
}
"""The targets under test: a new one adds a file targets_<name>.py beside this one, nothing else."""


@dataclass(frozen=True)
class Built:
    """A platform that was registered with a recording engine."""

    plan: PlatformPlan
    handle: ClusterHandle
    recorder: Recorder
    kubeconfig: str
    nodes: Mapping[str, list[Mapping[str, Any]]]
    ready: frozenset[str]
    """URNs of what the handle says to wait for."""


def had_on(target: str) -> list[Tool]:
    """The layers of tools that a target can have: one that it has not is refused by name."""
    rows = load().capabilities[target]
    return [one for one in TOOLS if one.layer not in rows or rows[one.layer].status != "unsupported"]


def registered(plan: PlatformPlan, target: str) -> Recorder:
    """What a platform of this plan registers on a target."""

    def program() -> None:
        handle = with_store(plan.store, TARGETS[target].cluster(plan))
        Platform(plan, handle, renderer(charts_of(plan), plan.kubernetes)).build()

    return recorded(program)[1]


@cache
def built(target: str) -> Built:
    """The whole platform of a target's stack, charts rendered by the real helm."""
    row = TARGETS[target]
    plan = plan_of(REPO / "stacks", row.stack)
    render = renderer(charts_of(plan), plan.kubernetes)

    def program() -> ClusterHandle:
        handle = row.cluster(plan)
        Platform(plan, handle, render).build()
        return handle

    handle, recorder = recorded(program, row.stack)
    ready = frozenset(value(one.urn) for one in handle.ready)
    return Built(plan, handle, recorder, value(handle.kubeconfig), row.nodes(recorder, plan), ready)
