"""The plan's prices as OpenCost reads them: a row for each pool, and settings by which it invents none of its own.

A node is found by the label of its pool. Columns, and what is done with them: pkg/cloud/provider/csvprovider.go of
github.com/opencost/opencost v1.108.1; how a node's price is shared within the node: GetNodeCost of
pkg/costmodel/costmodel.go. A test holds both against the module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from fairlead import labels
from fairlead.plan.opencost_model import SETTINGS, PoolPrice

TABLE = "prices.csv"
FOUND_BY = f"metadata.labels.{labels.POOL}"
CPU, RAM = 0.031611, 0.004237
"""How a core weighs against a GiB: upstream's own settings, configs/default.json."""
GPU = 100_000 * RAM
"""An accelerator against both: it bears nearly the whole price of its node, as it does for `fairlead top` and budgets.
Not all of it: a part that rounds to nothing, at six digits, is taken for a fault, and the node's price is not told at
all. So an accelerator must cost 0.05 USD an hour."""
NOTHING = 1e-9
"""The weights times this are what a node without a row costs: all of it less than a millionth of a USD an hour."""
_UNCOUNTED = (
    "storage",
    "zoneNetworkEgress",
    "regionNetworkEgress",
    "internetNetworkEgress",
    "firstFiveForwardingRulesCost",
    "additionalForwardingRuleCost",
    "LBIngressDataCost",
)
"""What the plan has no prices of; left out, some of it would cost what it does in one region of one cloud."""


def table(prices: Sequence[PoolPrice]) -> str:
    """No line of titles: it would be taken for a row. EndTimestamp, InstanceID, Region, AssetClass, InstanceIDField,
    InstanceType, MarketPriceHourly, Version.

    A type of instance goes before the label where a node has it: no node has one with a slash.
    """
    return "".join(
        f",{one.pool},,node,{FOUND_BY},{one.pool}/{one.capacity},{one.price:.10g},\n" for one in prices
    )


def settings() -> str:
    """Prices of what no row is for."""
    weights = {"CPU": CPU, "RAM": RAM, "GPU": GPU}
    return (
        json.dumps(
            {
                "provider": "custom",
                "description": "Weights, and no prices: those are in the table",
                **{name: f"{weight * NOTHING:.6g}" for name, weight in weights.items()},
                **{f"spot{name}": f"{weight * NOTHING:.6g}" for name, weight in weights.items()},
                **dict.fromkeys(_UNCOUNTED, "0"),
                "customPricesEnabled": "false",
                "discount": "0%",
                "negotiatedDiscount": "0%",
                "shareTenancyCosts": "false",
            },
            indent=1,
        )
        + "\n"
    )


def files(prices: Sequence[PoolPrice]) -> Mapping[str, str]:
    """All of them, by name."""
    return {TABLE: table(prices), **dict.fromkeys(SETTINGS, settings())}
