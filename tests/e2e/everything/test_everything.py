"""Everything on: all layers in one cluster come up together, stay as they are, and leave nothing behind."""

from __future__ import annotations

import pytest

from e2e.stage import Stage
from e2e.taken import printed

pytestmark = pytest.mark.e2e

MOST_GIB = 8
"""Memory of all layers together, beside nothing that a tenant runs."""
UNREADY = "--field-selector=status.phase!=Running,status.phase!=Succeeded"


def test_every_layer_that_the_target_can_have_is_on(tools: Stage) -> None:
    """Those that are off are off because the target lacks them, with a reason."""
    plan = tools.plan()
    lacking = {one.name for one in plan.capabilities if one.status == "unsupported"}
    off = {one.name for one in plan.layers if not one.enabled}
    assert off <= lacking, f"could be on: {sorted(off - lacking)}"
    assert len(plan.layers) - len(off) >= 22


def test_every_layer_says_that_it_is_healthy(tools: Stage) -> None:
    lines = tools.fairlead("status").splitlines()
    names = {one.name for one in tools.plan().layers if one.enabled}
    said = {line.split()[0]: line for line in lines if line.split()[:1] and line.split()[0] in names}
    wrong = [line for line in said.values() if "healthy" not in line]
    assert wrong == []
    assert set(said) == names


def test_every_pod_of_the_platform_runs(tools: Stage) -> None:
    assert tools.kubectl("get", "pods", "-A", UNREADY, "-o", "name").split() == []


def test_a_second_up_changes_nothing(tools: Stage) -> None:
    assert tools.up(samples=False).changed == 0


def test_what_all_layers_take_is_measured_and_printed(tools: Stage) -> None:
    assert printed(tools, "everything") < MOST_GIB * 2**30


def test_destroy_takes_all_of_it_and_down_the_cluster(tools: Stage) -> None:
    """What Kubernetes had by itself is left, no definition of a kind, and in the end no file of the cluster."""
    gone = tools.engine.destroy()
    print(f"destroy: {gone.counts} in {gone.seconds:.0f} s")
    assert set(gone.counts) == {"deleted"}
    assert names(tools, "namespaces") == {"default", "kube-system", "kube-public", "kube-node-lease"}
    assert names(tools, "customresourcedefinitions") == set()
    assert names(tools, "persistentvolumes") == set()
    tools.down()
    assert not tools.stack.run_dir.exists()


def names(tools: Stage, kind: str) -> set[str]:
    return {line.partition("/")[2] for line in tools.kubectl("get", kind, "-o", "name").split()}
