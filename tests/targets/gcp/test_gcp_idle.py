"""How long GKE keeps an idle node: one time for the cluster, in its ComputeClass."""

from __future__ import annotations

from dataclasses import replace

from gcp_programs import declared, gpu, h100, one_of_type, plan

from fairlead.plan.sites.idle import minutes

LADDER = {"capacity": ["reserved", "spot"], "reservation": "r"}


def test_the_time_lies_in_the_class_that_orders_the_ladder() -> None:
    order = one_of_type(declared(h100(**LADDER)), "kubernetes:cloud.google.com/v1:ComputeClass").inputs
    assert order["spec"]["autoscalingPolicy"] == {"consolidationDelayMinutes": 5}


def test_pools_that_cannot_shrink_have_no_say() -> None:
    shrinks, stays = (one for one in plan(h100(**LADDER), gpu(min=4, max=4)).pools if one.name != "system")
    assert minutes([replace(shrinks, idle_seconds=600), replace(stays, idle_seconds=60)]) == 10
    assert minutes([stays]) == 0
