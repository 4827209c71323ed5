"""The fault policy as EKS and Karpenter are told it."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from aws_declared import of, stack
from support.clouds import cloud_plan

from fairlead.plan.sites.aws_model import AwsSite
from fairlead.plan.sites.aws_repair import SPELLING
from fairlead.targets.aws.karpenter_objects import SPOT_DRAIN, node_pool
from fairlead.targets.aws.node_pools import repair

GPU = {"name": "gpu", "accelerators": "H100:8", "min": 1, "max": 2}


def site(**pool: Any) -> AwsSite:
    found = cloud_plan("aws", {**GPU, **pool}).site
    assert isinstance(found, AwsSite)
    return found


def test_every_node_group_is_mended_within_limits_that_are_said_once() -> None:
    for one in of(stack("aws-prod"), "NodeGroup"):
        told = one.inputs["nodeRepairConfig"]
        assert told["enabled"] is True
        assert 1 <= told["maxUnhealthyNodeThresholdPercentage"] <= 100
        assert told["maxParallelNodesRepairedCount"] >= 1
        assert not {"maxUnhealthyNodeThresholdCount", "maxParallelNodesRepairedPercentage"} & set(told)


def test_only_groups_with_nvidia_accelerators_have_overrides_each_with_all_four_values() -> None:
    told = {one.name: one.inputs["nodeRepairConfig"] for one in of(stack("aws-prod"), "NodeGroup")}
    with_gpus = {name for name, config in told.items() if config.get("nodeRepairConfigOverrides")}
    assert with_gpus == {name for name in told if "h100" in name or "h200" in name}
    for name in with_gpus:
        for one in told[name]["nodeRepairConfigOverrides"]:
            assert set(one) == {
                "nodeMonitoringCondition",
                "nodeUnhealthyReason",
                "minRepairWaitTimeMins",
                "repairAction",
            }
            assert one["minRepairWaitTimeMins"] >= 1


def test_the_actions_are_words_of_the_api() -> None:
    model = botocore.session.get_session().get_service_model("eks")
    assert set(SPELLING.values()) == set(model.shape_for("RepairAction").enum)


def test_a_group_that_is_left_alone_is_told_nothing_but_that() -> None:
    group = next(one for one in site(min=2, repair=False).groups if one.shape.pool == "gpu")
    told = repair(group)
    assert told.enabled is False
    assert told.node_repair_config_overrides is None
    assert told.max_unhealthy_node_threshold_percentage is None


@pytest.mark.parametrize(("capacity", "drain"), [("spot", SPOT_DRAIN), ("on-demand", "60m")])
def test_a_spot_node_is_drained_before_it_is_taken(capacity: str, drain: str) -> None:
    made = site(capacity=capacity, min=0)
    (above,) = [one for one in made.provisioners if one.shape.pool == "gpu"]
    assert node_pool(above, made.window)["spec"]["template"]["spec"]["terminationGracePeriod"] == drain
    assert int(SPOT_DRAIN.removesuffix("s")) < 120
