"""How long AKS keeps an idle node: per pool under node provisioning, else one time for the cluster."""

from __future__ import annotations

from azure_platforms import only, pool, registered

AKS = "containerservice:ManagedCluster"


def test_the_cluster_autoscaler_is_told_the_one_time_of_all_pools_that_shrink() -> None:
    profile = only(registered(pool("t4", "T4:1")), AKS)["autoScalerProfile"]
    assert profile["scaleDownUnneededTime"] == "5m"
    assert profile["scaleDownDelayAfterAdd"] == "5m", "AKS' own 10 minutes would keep idle nodes longer"


def test_under_node_provisioning_each_pool_has_its_own_time_to_the_second() -> None:
    recorder = registered(pool("t4", "T4:1", idle_after="90s"), target={"node_provisioning": True})
    (made,) = [one for one in recorder.objects("NodePool") if one["metadata"]["name"].startswith("t4")]
    assert made["spec"]["disruption"]["consolidateAfter"] == "90s"
    assert {"nodes": "100%", "reasons": ["Empty"]} in made["spec"]["disruption"]["budgets"]
