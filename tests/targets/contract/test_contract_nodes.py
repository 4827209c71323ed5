"""C1 to C3: what nodes are called, what they keep out, what they offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.strict import pods
from support.targets import Built

from fairlead import labels
from fairlead.catalog.read import load

HOSTNAME = "kubernetes.io/hostname"


def test_the_handle_has_every_pool_of_the_plan_and_no_other(platform: Built) -> None:
    assert list(platform.handle.pools) == [pool.name for pool in platform.plan.pools]
    assert [pool.plan for pool in platform.handle.pools.values()] == list(platform.plan.pools)


def test_every_pool_has_its_nodes_within_the_bounds_of_the_plan(platform: Built) -> None:
    assert set(platform.nodes) == {pool.name for pool in platform.plan.pools}
    for pool in platform.plan.pools:
        assert pool.min_nodes <= len(platform.nodes[pool.name]) <= pool.max_nodes, pool.name
        assert len(platform.nodes[pool.name]) >= 1, pool.name


def test_every_node_says_its_pool_accelerator_and_capacity(platform: Built) -> None:
    for pool in platform.plan.pools:
        wanted = {
            labels.POOL: pool.name,
            labels.ACCELERATOR: pool.accelerator or labels.NO_ACCELERATOR,
            labels.CAPACITY: pool.capacity,
        }
        for node in platform.nodes[pool.name]:
            given = node["metadata"]["labels"]
            assert wanted.items() <= given.items(), pool.name
            assert given.items() >= pool.labels.items(), pool.name
            assert (given.get(labels.SIMULATED) == "true") is pool.simulated, pool.name


def test_every_node_has_the_topology_labels_of_its_target_down_to_the_host_name(platform: Built) -> None:
    names = set()
    for pool in platform.plan.pools:
        levels = platform.plan.queues.levels_of(pool.asked_as)
        assert levels[-1] == HOSTNAME
        for node in platform.nodes[pool.name]:
            assert all(node["metadata"]["labels"].get(level) for level in levels), pool.name
            names.add(node["metadata"]["labels"][HOSTNAME])
    assert len(names) == sum(len(nodes) for nodes in platform.nodes.values()), "two nodes, one host name"


def test_accelerator_nodes_carry_their_resources_taint_and_plain_nodes_none(platform: Built) -> None:
    tainted = 0
    for pool in platform.plan.pools:
        for node in platform.nodes[pool.name]:
            taints = [(t["key"], t["value"], t["effect"]) for t in node["spec"].get("taints", [])]
            wanted = [(pool.resource, labels.TAINT_VALUE, "NoSchedule")] if pool.resource else []
            capacity = node["metadata"]["labels"][labels.CAPACITY]
            (rung,) = [one for one in pool.rungs if one.capacity == capacity]
            wanted += [(taint.key, taint.value, taint.effect) for taint in rung.taints]
            assert taints == wanted, pool.name
            tainted += len(taints)
    assert tainted, "no accelerator node was looked at"


def test_a_pools_tolerations_let_its_pods_in_and_none_elsewhere(platform: Built) -> None:
    for handle in platform.handle.pools.values():
        tolerated = {(t.key, t.effect) for t in handle.tolerations if t.operator in {"Exists", "Equal"}}
        own = [taint for rung in handle.plan.rungs for taint in rung.taints]
        assert tolerated == {(taint.key, taint.effect) for taint in (*handle.plan.taints, *own)}


def test_a_pools_selector_finds_exactly_its_own_nodes(platform: Built) -> None:
    for name, handle in platform.handle.pools.items():
        found = [
            pool
            for pool, nodes in platform.nodes.items()
            for node in nodes
            if handle.node_selector.items() <= node["metadata"]["labels"].items()
        ]
        assert found == [name] * len(platform.nodes[name])


def test_the_selector_of_the_platforms_own_pods_finds_plain_real_nodes_only(platform: Built) -> None:
    plain = {pool.name for pool in platform.plan.pools if pool.accelerator is None and not pool.simulated}
    found = {
        pool
        for pool, nodes in platform.nodes.items()
        for node in nodes
        if platform.handle.system_selector.items() <= node["metadata"]["labels"].items()
    }
    assert found
    assert found <= plain


def pools_of(template: Mapping[str, Any]) -> set[str]:
    """Pools that a pod's required affinity names; empty where it names none."""
    node = template["spec"].get("affinity", {}).get("nodeAffinity", {})
    terms = node.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms", [])
    named = [
        one["values"]
        for term in terms
        for one in term.get("matchExpressions", [])
        if one["key"] == labels.POOL and one["operator"] == "In"
    ]
    return {name for names in named for name in names}


def test_the_platforms_own_pods_stay_off_accelerator_nodes(platform: Built) -> None:
    resources = {pool.resource for pool in platform.plan.pools if pool.resource}
    plain = {pool.name for pool in platform.plan.pools if not pool.resource}
    looked = 0
    for name, template in pods(platform.recorder.objects()):
        selected = template["spec"].get("nodeSelector", {})
        tolerated = {t.get("key") for t in template["spec"].get("tolerations", [])}
        kept_off = platform.handle.system_selector.items() <= selected.items()
        # Only what makes accelerators work may tolerate them; then an affinity names the accelerators or the pools.
        affinity = str(template["spec"].get("affinity"))
        at_work = tolerated & resources and (labels.ACCELERATOR in affinity or labels.POOL in affinity)
        kept_off = kept_off or (bool(pools_of(template)) and pools_of(template) <= plain)
        assert kept_off or at_work, f"{name} may land on accelerator nodes"
        looked += 1
    assert looked >= 3


def test_nodes_offer_as_many_accelerators_as_the_plan_says(platform: Built) -> None:
    vendors = {row.resource for row in load().accelerators.values()}
    for pool in platform.plan.pools:
        for node in platform.nodes[pool.name]:
            offered = {key: int(n) for key, n in node["status"]["allocatable"].items() if key in vendors}
            assert offered == ({pool.resource: pool.count} if pool.resource else {}), pool.name
