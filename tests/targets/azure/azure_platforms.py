"""Azure platforms for these tests: planned from small specs, and registered without layers above them."""

from __future__ import annotations

from functools import cache
from typing import Any

from support.clouds import cloud_plan
from support.engine import Recorder, recorded
from support.golden import REPO
from support.targets import TARGETS

from fairlead.contract.handle import ClusterHandle
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.azure_model import AgentPoolPlan, AzureSite
from fairlead.plan.stack import plan_of

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
COMPUTE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute"
RESERVATION = f"{COMPUTE}/capacityReservationGroups/a100"
SUBNET = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network"
    "/virtualNetworks/hub/subnets/nodes"
)
KEY = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault"
    f"/vaults/Acme-Keys/keys/platform/versions/{'0123456789abcdef' * 2}"
)


def pool(name: str, accelerators: str | None = None, **more: Any) -> dict[str, Any]:
    """A pool that may grow from nothing to four nodes."""
    asked = {"accelerators": accelerators} if accelerators else {}
    return {"name": name, "min": 0, "max": 4, **asked, **more}


def site(*pools: dict[str, Any], **more: Any) -> AzureSite:
    found = cloud_plan("azure", *pools, **more).site
    assert isinstance(found, AzureSite)
    return found


def agent_pools(*pools: dict[str, Any], **more: Any) -> dict[str, AgentPoolPlan]:
    return {one.name: one for one in site(*pools, **more).agent_pools}


def built(plan: PlatformPlan) -> tuple[ClusterHandle, Recorder]:
    """The cluster of a plan, registered; no layer above it."""
    return recorded(lambda: TARGETS["azure"].cluster(plan), plan.name)


def registered(*pools: dict[str, Any], **more: Any) -> Recorder:
    return built(cloud_plan("azure", *pools, **more))[1]


@cache
def production() -> tuple[ClusterHandle, Recorder]:
    return built(plan_of(REPO / "stacks", "azure-prod"))


def inputs(recorder: Recorder, kind: str) -> list[dict[str, Any]]:
    """Inputs of all resources of one type of the provider, `storage:StorageAccount`."""
    return [dict(one.inputs) for one in recorder.resources if one.typ == f"azure-native:{kind}"]


def only(recorder: Recorder, kind: str) -> dict[str, Any]:
    (found,) = inputs(recorder, kind)
    return found
