"""Behind all others: what stands is what was asked for, and takes no more than it should."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping

import pytest

from e2e.stage import Stage
from fairlead import labels
from fairlead.plan.layer_rows import ROWS

pytestmark = pytest.mark.e2e

MOST_GIB = 6
"""Memory of all layers of tools together, beside nothing that a tenant runs."""


def test_a_second_up_changes_nothing(tools: Stage) -> None:
    assert tools.up().changed == 0


def test_what_the_layers_take_is_measured_and_printed(tools: Stage) -> None:
    if tools.first is not None:
        print(f"all layers of tools: {tools.first.counts} in {tools.first.seconds:.0f} s")
    found = used(tools)
    print(f"{'NAMESPACE':<24}{'MEMORY':>10}{'CPU':>10}{'PODS':>6}")
    for name, (memory, cpu, pods) in sorted(found.items()):
        print(f"{name:<24}{memory / 2**20:>6.0f} MiB{cpu:>9.3f}{pods:>6}")
    total = sum(memory for memory, _, _ in found.values())
    print(f"{'all':<24}{total / 2**20:>6.0f} MiB{sum(cpu for _, cpu, _ in found.values()):>9.3f}")
    own = {space for layer in tools.plan().layers if layer.enabled for space in ROWS[layer.name].namespaces}
    assert own - {"fairlead-gpu"} <= set(found), "every layer's pods are measured"
    assert total < MOST_GIB * 2**30


def used(stage: Stage) -> Mapping[str, tuple[int, float, int]]:
    """By namespace that is no tenant's: bytes, cores and pods, as the node's kubelet measures them."""
    node = stage.kubectl("get", "nodes", "-l", f"{labels.POOL}=system", "-o", "name").split("/")[1].strip()
    told = json.loads(stage.kubectl("get", "--raw", f"/api/v1/nodes/{node}/proxy/stats/summary"))
    tenants = {one.namespace for one in stage.plan().tenants}
    sums: dict[str, tuple[int, float, int]] = defaultdict(lambda: (0, 0.0, 0))
    for pod in told["pods"]:
        name = pod["podRef"]["namespace"]
        if name not in tenants:
            memory, cpu, count = sums[name]
            more = pod.get("memory", {}).get("workingSetBytes", 0)
            cores = pod.get("cpu", {}).get("usageNanoCores", 0) / 1e9
            sums[name] = (memory + more, cpu + cores, count + 1)
    return sums
