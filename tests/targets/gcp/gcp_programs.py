"""The Google Cloud program under the recorder, for platforms that the tests of this folder describe."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from support.clouds import cloud_plan
from support.targets import TARGETS

from fairlead.declared.record import Declared, record
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.gcp_model import GcpSite, NodePoolPlan

NODE_POOL = "gcp:container/nodePool:NodePool"
CLUSTER = "gcp:container/cluster:Cluster"
ZONES = ["us-central1-a", "us-central1-b", "us-central1-c"]


def plan(*pools: dict[str, Any], **target: Any) -> PlatformPlan:
    return cloud_plan("gcp", *pools, target={"zones": ZONES, **target})


def site(*pools: dict[str, Any], **target: Any) -> GcpSite:
    found = plan(*pools, **target).site
    assert isinstance(found, GcpSite)
    return found


def node_pools(*pools: dict[str, Any], **target: Any) -> dict[str, NodePoolPlan]:
    """Node pools by name, those of the system pool left out."""
    return {one.name: one for one in site(*pools, **target).node_pools if one.pool != "system"}


def only(*pools: dict[str, Any], **target: Any) -> NodePoolPlan:
    (one,) = node_pools(*pools, **target).values()
    return one


def gpu(**more: Any) -> dict[str, Any]:
    return {"name": "gpu", "accelerators": "L4:1", "min": 0, "max": 4, **more}


def h100(**more: Any) -> dict[str, Any]:
    return gpu(**{"name": "h100", "accelerators": "H100:8", "zones": ZONES[2:], **more})


def tpu(**more: Any) -> dict[str, Any]:
    base = {"name": "tpu", "accelerators": "TPU-v6e:4", "topology": "4x4", "zones": ZONES[1:2]}
    return {**base, "min": 0, "max": 8, **more}


def declared(*pools: dict[str, Any], unknown: bool = False, **target: Any) -> list[Declared]:
    """What the cluster of such a platform declares, without the layers above it."""
    return list(_declared(json.dumps([pools, target]), unknown))


@cache
def _declared(asked: str, unknown: bool) -> tuple[Declared, ...]:
    pools, target = json.loads(asked)
    wanted = plan(*pools, **target)
    return tuple(record(lambda: TARGETS["gcp"].cluster(wanted) and None, "gcp-test", unknown=unknown))


def of_type(found: list[Declared], kind: str) -> dict[str, Declared]:
    return {one.name: one for one in found if one.type == kind}


def one_of_type(found: list[Declared], kind: str) -> Declared:
    (one,) = of_type(found, kind).values()
    return one
