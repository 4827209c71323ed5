"""Prices, quotas and absences: which rows there are, where they come from, and that a wrong one is found."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from fairlead.catalog.model import MachineRow
from fairlead.catalog.prices import PriceRow
from fairlead.catalog.read import load, load_from
from fairlead.errors import InputError

DATA = Path(__file__).parents[2] / "components" / "fairlead" / "catalog" / "data"
CLOUDS = ("aws", "azure", "gcp")
NO_PRICE = {
    "aws": {"p6e-gb200.36xlarge"},
    "azure": {"Standard_ND128isr_GB300_v6"},
    "gcp": {"a4x-highgpu-4g", "a4x-maxgpu-4g-metal", "tpu7x-standard-1t", "tpu7x-standard-4t"},
}
"""Machines of which no table at hand has any price."""
SELLERS = {"aws": "aws.amazon.com", "azure": "learn.microsoft.com", "gcp": "cloud.google.com"}
NO_QUOTA = {"p6e-gb200.36xlarge", "a4x-maxgpu-4g-metal"}
"""A Capacity Block takes no quota; no public source names the family of GB300."""
NO_SPOT_QUOTA = {"p6-b200.48xlarge", "p6-b300.48xlarge", *(f"g4-standard-{n}" for n in (48, 96, 192, 384))}
"""Sources contradict each other (P6), or none names it (RTX PRO 6000)."""


def prices(cloud: str) -> list[PriceRow]:
    return [row for rows in load().prices[cloud].values() for row in rows.values()]


def machines() -> list[MachineRow]:
    return [row for cloud in CLOUDS for row in load().machines[cloud].values()]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_only_these_accelerator_machines_have_no_price_at_all(cloud: str) -> None:
    priced = {row.name for row in prices(cloud)}
    rows = load().machines[cloud].values()
    assert {row.name for row in rows if row.accelerator and row.name not in priced} == NO_PRICE[cloud]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_price_has_a_source_and_the_date_of_its_table_or_says_when_it_was_read(cloud: str) -> None:
    for row in prices(cloud):
        for source, day in ((row.source, row.date), (row.spot_source or row.source, row.spot_day)):
            assert "github.com/" in source
            if day == "undated":
                assert "read 2026-" in source
            else:
                assert date(2026, 1, 1) <= date.fromisoformat(day) <= date(2027, 12, 31)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_a_reservation_costs_has_a_source_of_the_seller_and_a_date(cloud: str) -> None:
    rows = load().reserved[cloud]
    assert rows["reservation"].factor == 1.0
    for row in rows.values():
        assert SELLERS[cloud] in row.source
        assert date.fromisoformat(row.date) >= date(2026, 11, 30)


def test_only_a_reservation_that_is_priced_when_it_is_bought_has_no_factor() -> None:
    without = [
        (row.target, row.name) for rows in load().reserved.values() for row in rows.values() if not row.factor
    ]
    assert without == [("aws", "capacity-block")]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_spot_costs_less_than_on_demand(cloud: str) -> None:
    both = [(row.on_demand, row.spot) for row in prices(cloud) if row.on_demand and row.spot]
    assert len(both) >= 15
    for on_demand, spot in both:
        assert 0.0 < spot < on_demand


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_price_is_of_a_region_that_the_machine_is_in(cloud: str) -> None:
    for row in prices(cloud):
        assert row.region in load().regions[cloud]
        assert row.region in (load().machines[cloud][row.name].regions or (row.region,)), row.name


def test_two_tables_agree_where_both_have_a_price() -> None:
    """SkyPilot's figures of machines that GCP's other table lacks are sound if those that both have are."""
    chips = {row.name: row.on_demand for row in prices("gcp") if row.region == "us-central1"}
    assert chips["ct6e-standard-8t"] == pytest.approx(8 * (chips["ct6e-standard-1t"] or 0))
    assert chips["ct5lp-hightpu-8t"] == pytest.approx(8 * (chips["ct5lp-hightpu-1t"] or 0))
    t4 = (chips["n1-standard-4+nvidia-tesla-t4"] or 0) * 4
    assert chips["n1-standard-16+nvidia-tesla-t4"] == pytest.approx(t4)


def test_every_accelerator_machine_has_a_quota_or_is_a_known_exception() -> None:
    rows = [row for row in machines() if row.accelerator]
    assert len(rows) > 100
    assert {row.name for row in rows if not row.quota} == NO_QUOTA


def test_every_machine_that_is_sold_as_spot_has_its_quota_or_is_a_known_exception() -> None:
    sold = [row for row in machines() if {"spot", "flex"} & set(row.capacities)]
    assert {row.name for row in sold if not row.spot_quota} == NO_SPOT_QUOTA
    assert not [row.name for row in machines() if row not in sold and row.spot_quota]


BROKEN = [
    ("prices.gcp.toml", "spot = 0.38986", "spot = 700.0", "700 are how tables say that they have no price"),
    ("prices.gcp.toml", "on_demand = 0.742916", "on_demand = 0.0", "how tables say that they have no price"),
    ("prices.aws.toml", 'spot_date = "undated"\n', "", "spot, spot_source and spot_date go together"),
    ("reserved.toml", "factor = 1.0", "factor = 10.0", "[aws.reservation]: is no factor"),
    ("reserved.toml", "factor = 1.0", "factor = 0.0", "above 0, up to 2"),
    ("reserved.toml", "[azure.reservation]", "[azure.reserved]", "write [azure.reservation]"),
    ("reserved.toml", "[azure.reservation]", "[azrue.reservation]", "nearest: azure"),
    ("absent.toml", "[aws.GB300]", "[aws.GB301]", "nearest: GB300"),
    ("absent.toml", "[aws.GB300]", "[aws.B300]", "target aws has a machine with it"),
    ("absent.toml", "[aws.GB300]", "[awx.GB300]", "nearest: aws"),
]


@pytest.mark.parametrize(("file", "old", "new", "words"), BROKEN, ids=[f"{b[0]}-{b[2][:20]}" for b in BROKEN])
def test_a_wrong_row_is_found(tmp_path: Path, file: str, old: str, new: str, words: str) -> None:
    folder = Path(shutil.copytree(DATA, tmp_path / "data"))
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match="problem") as caught:
        load_from(folder)
    assert words in str(caught.value)
