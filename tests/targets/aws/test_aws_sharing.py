"""Shared accelerators on EKS: fixed pools by the device plugin of this platform; what nobody can do is refused."""

from __future__ import annotations

from typing import Any

import pytest
from support.clouds import cloud_plan

from fairlead import labels
from fairlead.errors import InputError
from fairlead.plan.sites.aws_model import AwsSite


def l4(**more: Any) -> dict[str, Any]:
    return {"name": "l4", "accelerators": "L4:1", "min": 2, "max": 2, "sharing": {"time-slicing": 4}, **more}


def refused(pool: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        cloud_plan("aws", pool)
    (problem,) = caught.value.problems
    return str(problem)


def test_a_node_group_of_shares_tells_its_nodes_and_the_autoscaler_what_they_are() -> None:
    site = cloud_plan("aws", l4()).site
    assert isinstance(site, AwsSite)
    group = next(one for one in site.groups if one.shape.pool == "l4")
    assert group.shape.labels[labels.ACCELERATOR] == "L4_shared"
    assert group.shape.labels["nvidia.com/device-plugin.config"] == "time-slicing-4"
    assert labels.SHARE in {one.key for one in group.shape.taints}
    assert group.template_tags["k8s.io/cluster-autoscaler/node-template/resources/nvidia.com/gpu"] == "4"


def test_an_image_with_a_device_plugin_of_its_own_is_refused() -> None:
    assert "bottlerocket-nvidia" in refused(l4(image="bottlerocket-nvidia"))


@pytest.mark.parametrize("sharing", [{"time-slicing": 4}, {"mps": 4}])
def test_karpenter_does_not_grow_pools_of_shares(sharing: Any) -> None:
    assert "rule karpenter-counts-whole: https://github.com/kubernetes-sigs/karpenter/issues/729" in refused(
        l4(min=0, sharing=sharing)
    )
