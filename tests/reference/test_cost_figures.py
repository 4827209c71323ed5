"""What `fairlead cost` says of machines is what price tables say that others keep: read when the test runs, pinned.

Karpenter's tables are of the sellers' own price lists. Google's is in no module that can be had; Cluster Autoscaler has
a list of its own, by which it chooses the cheaper node, of us-central1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import pytest
from support.clouds import cloud_spec

from fairlead.catalog.model import MachineRow
from fairlead.catalog.read import load
from fairlead.plan.bill import bill
from fairlead.plan.bill_model import PoolCost
from fairlead.plan.load import load_plan
from reference.azure import facts
from reference.gomodule import go_file

AWS = "github.com/aws/karpenter-provider-aws@v1.15.1"
AWS_SUM = "h1:6eH///KgWKDwD2R6wHRnKGN8Vu8OHueaXjNdx64TnuY="
GCP = "k8s.io/autoscaler/cluster-autoscaler@v0.0.0-20250613073258-1959f5f61f6c"
GCP_SUM = "h1:gGUthCoel/TlD1fh33foTFCs1n75w8sqmpD3qf2zqk4="
TOLERANCE = 0.01
"""Tables are of different days, up to seven weeks apart; list prices seldom move by more."""
G2_TOLERANCE = 0.08
"""Cluster Autoscaler has G2 in whole cents, 3 to 8 % above the price list."""
A3 = {"a3-highgpu-2g": 22.1225, "a3-highgpu-4g": 44.245}
"""us-central1, by hand: github.com/Cyclenerd/google-cloud-pricing-cost-calculator 082120d pricing.yml, 2024-11-07."""
FEWEST, MOST = 2, 5


@cache
def aws() -> Mapping[str, float]:
    """Machine -> USD an hour in us-east-1, 2026-07-20: two weeks younger than the catalogue's table."""
    text = go_file(AWS, "pkg/providers/pricing/zz_generated.pricing_aws.go", AWS_SUM)
    region = re.search(r'"us-east-1": \{(.*?)\n\t\}', text, re.DOTALL)
    assert region
    return _figures(region[1])


@cache
def azure() -> Mapping[str, float]:
    """Machine -> USD an hour in eastus2, 2026-06-18."""
    return facts.prices()["eastus2"]


@cache
def gcp() -> Mapping[str, float]:
    """Machine -> USD an hour in us-central1; N1 with their accelerators, as the catalogue calls them."""
    text = go_file(GCP, "cloudprovider/gce/gce_price_info.go", GCP_SUM)
    machines, cards = (
        _figures(re.search(rf"\t{name} = map\[string\]float64\{{(.*?)\n\t\}}", text, re.DOTALL)[1])  # pyright: ignore[reportOptionalSubscript]
        for name in ("instancePrices", "gpuPrices")
    )
    rows = load().machines["gcp"].values()
    together = {row.name: row.name.partition("+") for row in rows if "+" in row.name}
    attached = {
        name: machines[plain] + load().machines["gcp"][name].count * cards[card]
        for name, (plain, _, card) in together.items()
        if plain in machines and cards.get(card)
    }
    return {**machines, **attached, **A3}


def _figures(text: str) -> Mapping[str, float]:
    return {name: float(usd) for name, usd in re.findall(r'"([\w.-]+)":\s+([\d.]+)', text)}


@dataclass(frozen=True)
class Reference:
    """A table, and how many machines of the catalogue are in it at least."""

    prices: Callable[[], Mapping[str, float]]
    fewest: int


REFERENCES = {"aws": Reference(aws, 40), "azure": Reference(azure, 20), "gcp": Reference(gcp, 20)}


def machines(cloud: str) -> list[MachineRow]:
    """Machines of which both have a price on demand in the region."""
    (region,) = {cloud_spec(cloud)["target"]["region"]}
    ours = {name for name, row in load().prices[cloud][region].items() if row.on_demand is not None}
    rows = load().machines[cloud].values()
    known = REFERENCES[cloud].prices()
    return [row for row in rows if row.name in known and row.name in ours and "on-demand" in row.capacities]


def costs(cloud: str, row: MachineRow) -> PoolCost:
    """What a pool of the machine costs by the catalogue."""
    pool = {"name": "judged", "machine": row.name, "min": FEWEST, "max": MOST}
    if row.accelerator:
        pool["accelerators"] = f"{row.accelerator}:{row.count}"
    layers = {"gpu": {"brought": ["amd-gpu-operator"]}} if row.accelerator == "MI300X" else {}
    plan = load_plan(cloud_spec(cloud, pool, layers=layers), row.name, load())
    found = bill(plan, load(), date(2026, 8, 10), share=0.5)
    return next(one for one in found.pools if one.pool == "judged")


def off(cloud: str, row: MachineRow, price: float) -> Iterator[str]:
    """Figures of the machine that are further from the table's than they may be."""
    allowed = G2_TOLERANCE if row.name.startswith("g2-") else TOLERANCE
    cost = costs(cloud, row).cost
    wanted = {"min": FEWEST, "expected": (FEWEST + MOST) / 2, "max": MOST}
    for bound, amount in cost.bounds.items():
        for unit, usd, hours in (("hour", amount.hour, 1), ("month", amount.month, 730)):
            if usd != pytest.approx(wanted[bound] * price * hours, rel=allowed):
                yield f"{row.name} {bound} an {unit}: {usd}, by the table {wanted[bound] * price * hours}"


@pytest.mark.parametrize("cloud", sorted(REFERENCES))
def test_the_cost_of_each_machine_is_that_of_the_table(cloud: str):
    rows, known = machines(cloud), REFERENCES[cloud].prices()
    assert len(rows) >= REFERENCES[cloud].fewest
    assert [text for row in rows for text in off(cloud, row, known[row.name])] == []


def test_machines_with_accelerators_of_all_clouds_are_among_them():
    judged = {cloud: [row for row in machines(cloud) if row.accelerator] for cloud in REFERENCES}
    assert sum(map(len, judged.values())) >= 60
    assert {cloud for cloud, rows in judged.items() if len(rows) >= 15} == set(REFERENCES)


def test_a_price_that_is_off_by_more_than_the_tolerance_is_found():
    row = next(row for row in machines("aws") if row.name == "p5.48xlarge")
    price = aws()[row.name]
    assert not list(off("aws", row, price * (1 + TOLERANCE / 2)))
    assert len(list(off("aws", row, price * (1 + 2 * TOLERANCE)))) == 6
