"""What the NVIDIA device plugin is told, by name of a configuration and by labels of the nodes."""

from __future__ import annotations

from typing import Any

import yaml
from support.clouds import cloud_plan

from fairlead.layers.gpu.sharing import DEFAULT, config_label, plugin_config
from fairlead.plan.model import PoolPlan

GPU = "nvidia.com/gpu"


def pools(*sharing: Any) -> tuple[PoolPlan, ...]:
    asked = [
        {"name": f"p{i}", "accelerators": name, "min": 1, "max": 1, "sharing": one}
        for i, (name, one) in enumerate(zip(("L4:1", "A10G:1", "T4:1"), sharing, strict=False))
    ]
    return cloud_plan("aws", *asked).pools


def configs(*sharing: Any) -> dict[str, Any]:
    return {name: yaml.safe_load(text) for name, text in plugin_config(pools(*sharing)).items()}


def test_without_a_pool_that_shares_the_plugin_needs_no_configuration() -> None:
    assert configs("none") == {}


def test_each_way_of_sharing_has_a_configuration_and_nodes_without_a_label_the_default() -> None:
    assert set(configs({"time-slicing": 4}, {"mps": 8}, "none")) == {DEFAULT, "time-slicing-4", "mps-8"}


def test_shares_keep_the_resources_name_and_two_of_them_are_an_error() -> None:
    assert configs({"time-slicing": 4})["time-slicing-4"] == {
        "version": "v1",
        "flags": {"migStrategy": "none"},
        "sharing": {
            "timeSlicing": {
                "renameByDefault": False,
                "failRequestsGreaterThanOne": True,
                "resources": [{"name": GPU, "replicas": 4}],
            }
        },
    }


def test_slices_are_all_alike_so_that_they_keep_the_resources_name() -> None:
    asked = {
        "name": "h",
        "accelerators": "A100-80GB:1",
        "min": 1,
        "max": 1,
        "sharing": {"mig": {"1g.10gb": 7}},
    }
    found = plugin_config(cloud_plan("azure", asked).pools)
    assert yaml.safe_load(found["mig"]) == {"version": "v1", "flags": {"migStrategy": "single"}}


def test_every_label_of_a_node_names_a_configuration_that_there_is() -> None:
    shared = pools({"time-slicing": 4}, {"mps": 8}, "none")
    names = {config_label(one).get("nvidia.com/device-plugin.config", DEFAULT) for one in shared}
    assert names <= set(plugin_config(shared))


def test_the_mps_daemon_runs_where_mps_shares_and_nowhere_else() -> None:
    capable = [
        one.name
        for one in pools({"time-slicing": 4}, {"mps": 8})
        if "nvidia.com/mps.capable" in config_label(one)
    ]
    assert capable == ["p1"]
