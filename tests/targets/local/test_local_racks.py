"""Where simulated nodes stand: racks of four, blocks of four racks, as the catalogue's tree says."""

from __future__ import annotations

from pathlib import Path

from support.specs import gpu_pool, with_gpus

from fairlead.catalog.read import load
from fairlead.layers import queue_controller
from fairlead.plan.load import load_plan
from fairlead.targets.local.host.paths import HostPaths
from fairlead.targets.local.host.scheduler import scheduler
from fairlead.targets.local.node_pools import BLOCK, RACK, node


def test_four_nodes_share_a_rack_four_racks_a_block_and_no_pool_shares_either() -> None:
    pools = [
        {**gpu_pool("h100", "H100:8"), "min": 20, "max": 20},
        {**gpu_pool("l4", "L4:1"), "min": 1, "max": 1},
    ]
    _, h100, l4 = load_plan(with_gpus(*pools), "f", load()).pools
    labels = [node(h100, index)["metadata"]["labels"] for index in range(20)]
    assert [len({one[RACK] for one in labels[:count]}) for count in (4, 5, 20)] == [1, 2, 5]
    assert [len({one[BLOCK] for one in labels[:count]}) for count in (16, 17)] == [1, 2]
    other = node(l4, 0)["metadata"]["labels"]
    assert other[RACK] not in {one[RACK] for one in labels}


def test_simulated_nodes_carry_every_level_of_their_tree() -> None:
    tree = load().topologies["racks"]
    plan = load_plan(with_gpus(), "f", load())
    assert set(tree.levels) <= set(node(plan.pools[1], 0)["metadata"]["labels"])


def test_the_scheduler_fills_nodes_by_their_accelerators_first() -> None:
    class Paths:
        def component_config(self, name: str) -> str:
            return f"/etc/{name}.kubeconfig"

    class Config:
        paths = Paths()

    config = scheduler(Config())  # type: ignore[arg-type]
    (profile,) = config["profiles"]
    scoring = profile["pluginConfig"][0]["args"]["scoringStrategy"]
    weights = {one["name"]: one["weight"] for one in scoring["resources"]}
    assert scoring["type"] == "MostAllocated"
    assert max(weights, key=lambda name: weights[name]) == "nvidia.com/gpu"


def test_the_scheduler_may_ask_as_often_as_the_queue_that_feeds_it(tmp_path: Path) -> None:
    class Config:
        paths = HostPaths(tmp_path)

    asks = scheduler(Config())["clientConnection"]  # type: ignore[arg-type]
    feeds = queue_controller.config(load_plan(with_gpus(), "f", load()).queues)["clientConnection"]
    assert {key: asks[key] for key in ("qps", "burst")} == feeds
