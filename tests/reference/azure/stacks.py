"""The stacks on Azure as they are declared, and variants of them that no stack file has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

import yaml
from support.outside import KEPT_OUTSIDE

from reference.common import REPO

FOLDER = REPO / "stacks"
_IN = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/hub/providers"
_SUBNET = f"{_IN}/Microsoft.Network/virtualNetworks/hub/subnets/nodes"
_KEY = f"{_IN}/Microsoft.KeyVault/vaults/hub-keys/keys/platform/versions/{'0' * 32}"

Change = Callable[[dict[str, Any]], None]


def _provisioned(platform: dict[str, Any]) -> None:
    platform["target"]["node_provisioning"] = True


def _brought(platform: dict[str, Any]) -> None:
    platform["target"].update(
        network={"subnet": _SUBNET, "egress": "routes"},
        key=_KEY,
        endpoint={"public": True, "allow": ["192.0.2.0/24"]},
    )


def _shared(platform: dict[str, Any]) -> None:
    fixed = {"min": 1, "max": 1}
    platform["pools"] += [
        {"name": "slices", "accelerators": "A100-80GB:1", "sharing": {"mig": {"1g.10gb": 7}}, **fixed},
        {"name": "turns", "accelerators": "T4:1", "sharing": {"time-slicing": 4}, **fixed},
    ]


def _secrets(platform: dict[str, Any]) -> None:
    platform["layers"] = {**platform.get("layers", {}), **KEPT_OUTSIDE}


def _logs(platform: dict[str, Any]) -> None:
    platform["logs"] = {"days": 90}


SECRETS = "secrets in vaults"
LOGS = "logs of workloads"
PROVISIONED = "node auto-provisioning"
VARIANTS: Mapping[str, Change] = {
    PROVISIONED: _provisioned,
    "a network, a key and a public endpoint with an allow-list": _brought,
    "slices and shares of accelerators": _shared,
    SECRETS: _secrets,
    LOGS: _logs,
}
"""What is said -> how it changes azure-dev."""


@cache
def variant(name: str) -> list[dict[str, Any]]:
    """The cluster of azure-dev under one change, without the layers, which no variant touches."""
    from fairlead.declared.record import record
    from fairlead.plan.stack import plan_of
    from fairlead.program import cluster

    text = (FOLDER / "Pulumi.azure-dev.yaml").read_text(encoding="utf-8")
    own = yaml.safe_load(text)["config"]["fairlead:platform"]
    VARIANTS[name](own)
    plan = plan_of(FOLDER, "azure-dev", own)
    found = record(lambda: void(cluster(plan, lambda _chart: [], "azure-dev")), "azure-dev")
    return [asdict(one) for one in found]


def void(_made: object) -> None:
    """A program gives nothing back."""
