"""NVLink between nodes: pods claim a channel, the queue counts them, and accelerators alone decide."""

from __future__ import annotations

from typing import Any

import pytest
from support.clouds import cloud_plan

from fairlead.layers import queue
from fairlead.layers.queue_controller import config
from fairlead.plan.channels import CHANNEL
from fairlead.plan.model import PlatformPlan

CLASS = "compute-domain-default-channel.nvidia.com"


def pool(nodes: int = 4, most: int | None = None, **more: Any) -> dict[str, Any]:
    return {"name": "rack", "accelerators": "GB200:4", "min": nodes, "max": most or nodes, **more}


def plan(*pools: dict[str, Any], accelerators: int = 8) -> PlatformPlan:
    quota = {"cpu": "1", "memory": "1Gi"}
    tenants = [
        {"name": "team-a", "quota": {**quota, "accelerators": {"GB200": accelerators}}, "borrow": False},
        {"name": "team-b", "quota": quota, "lend_limit": {}},
    ]
    return cloud_plan("azure", *(pools or (pool(),)), tenants=tenants)


def test_a_pod_of_whole_nodes_claims_one_channel_beside_the_network_of_its_machine() -> None:
    (found,) = plan().fabrics.jobs
    assert (found.kind, found.given) == ("infiniband", True)
    assert found.claim is not None
    assert (found.claim.device_class, found.claim.resource) == (CLASS, CHANNEL)


def test_the_queue_counts_channels_under_a_name_of_its_own() -> None:
    made = plan()
    assert made.queues.resources[-1] == CHANNEL
    told = config(made.queues, made.fabrics.uncounted)["resources"]
    assert told["deviceClassMappings"] == [{"name": CHANNEL, "deviceClassNames": [CLASS]}]
    assert CHANNEL not in made.fabrics.uncounted


def test_every_tenant_may_use_every_channel_so_that_accelerators_alone_decide() -> None:
    made = plan(pool(), {"name": "t4", "accelerators": "T4:1", "min": 1, "max": 1})
    for one in made.queues.queues:
        told = {quota.flavor: quota.nominal[CHANNEL] for quota in one.quotas}
        assert told == {"gb200-on-demand": "4", **{name: "0" for name in told if name != "gb200-on-demand"}}
    assert {quota.nominal[CHANNEL] for quota in made.queues.shared} == {"0"}
    for one in made.queues.queues:
        groups = queue.cluster_queue(made.queues, one)["spec"]["resourceGroups"]
        assert CHANNEL in groups[0]["coveredResources"]


@pytest.mark.parametrize(
    ("pools", "word"),
    [
        ([pool(0, 4)], "no autoscaler here knows"),
        ([pool(), {**pool(fabric="off"), "name": "other"}], "fabric is off for one of its pools"),
    ],
)
def test_where_channels_cannot_be_claimed_the_note_says_why(pools: list[dict[str, Any]], word: str) -> None:
    made = plan(*pools)
    (found,) = made.fabrics.jobs
    assert found.claim is None
    (note,) = [note for note in made.notes if "NVLink" in note]
    assert word in note
    assert CHANNEL not in made.queues.resources
    assert "deviceClassMappings" not in config(made.queues, made.fabrics.uncounted)["resources"]


def test_where_the_network_is_off_nothing_is_claimed_and_nothing_mourned() -> None:
    made = plan(pool(fabric="off"))
    assert made.fabrics.claims == ()
    assert not [note for note in made.notes if "NVLink" in note]


def test_other_accelerators_claim_nothing() -> None:
    made = cloud_plan("azure", {"name": "h100", "accelerators": "H100:8", "min": 2, "max": 2})
    assert made.fabrics.claims == ()
    assert CHANNEL not in made.queues.resources
