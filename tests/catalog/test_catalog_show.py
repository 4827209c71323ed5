"""`fairlead accelerators`: what the table and its JSON say of a machine."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from fairlead.catalog import plain, show
from fairlead.catalog.read import load


def row(target: str, machine: str) -> dict[str, str]:
    """The line of a machine, by the head of each column."""
    head, lines = show.machine_rows(load(), target)
    (line,) = [one for one in lines if one[0] == machine]
    return dict(zip(head, line, strict=True))


def test_a_machine_is_shown_with_image_owners_shares_versions_prices_and_quotas() -> None:
    told = row("gcp", "a3-highgpu-8g")
    assert told["image"] == "cos"
    assert (told["driver by"], told["plugin by"]) == ("cloud", "cloud")
    assert told["MIG profiles"] == str(len(load().mig["H100"]))
    assert told["Kubernetes from"] == show.kubernetes_from(
        load().machines["gcp"]["a3-highgpu-8g"], load().node_images["gcp"]["cos"]
    )
    assert told["USD/h on demand"] == "88.49 us-central1 (2026-08-03)"
    assert told["USD/h spot"].endswith(" us-east4 (2026-08-03)")
    assert told["quota"].endswith("gpu_family=NVIDIA_H100")
    assert told["quota of spot"] == "PREEMPTIBLE_NVIDIA_H100_GPUS"


def test_the_oldest_driver_of_an_accelerator_is_shown_where_one_can_be_cited() -> None:
    head, lines = show.accelerator_rows(load())
    told = {line[0]: line[head.index("driver from")] for line in lines}
    assert (told["B200"], told["H100"], told["T4"]) == ("570.133.20", "525.85.12", "-")
    as_data = {one["name"]: one["driver_from"] for one in plain.accelerators(load())}
    assert (as_data["B200"], as_data["T4"]) == ("570.133.20", "")


def test_a_plain_machine_has_an_image_and_no_owner_of_a_driver() -> None:
    told = row("azure", "Standard_D8ds_v5")
    assert (told["image"], told["driver by"], told["plugin by"], told["MIG profiles"]) == (
        "ubuntu",
        "-",
        "-",
        "-",
    )


def test_a_price_that_no_table_has_is_not_known() -> None:
    told = row("aws", "trn2.48xlarge")
    assert told["USD/h on demand"] == "not known"
    assert told["USD/h spot"] == "8.60 us-east-2 (undated)"


def test_the_cheaper_region_is_shown_for_each_way_of_buying() -> None:
    """L4 is cheaper in another region as spot than on demand only by chance: both are looked up apart."""
    rows = {
        name: rows["e2-standard-4"] for name, rows in load().prices["gcp"].items() if "e2-standard-4" in rows
    }
    dearest = min(rows, key=lambda name: rows[name].on_demand or 0)
    cheapest = min(rows, key=lambda name: rows[name].spot or 0)
    assert dearest != cheapest
    assert f" {dearest} " in row("gcp", "e2-standard-4")["USD/h on demand"]
    assert f" {cheapest} " in row("gcp", "e2-standard-4")["USD/h spot"]


def test_the_later_of_two_least_versions_counts() -> None:
    machine, image = load().machines["gcp"]["a3-highgpu-8g"], load().node_images["gcp"]["cos"]
    told = show.kubernetes_from(
        replace(machine, kubernetes_from="1.9"), replace(image, kubernetes_from="1.30")
    )
    assert told == "1.30"
    assert show.kubernetes_from(replace(machine, kubernetes_from=""), None) == ""


@pytest.mark.parametrize("target", sorted(load().targets))
def test_the_json_of_a_target_has_every_machine_with_all_that_other_tables_say(target: str) -> None:
    found = plain.machines(load(), target)
    assert json.loads(json.dumps(found)) is not None
    assert [one["name"] for one in found] == list(load().machines[target])
    for one in found:
        assert {"prices", "images", "driver", "device_plugin", "mig", "quota", "spot_quota"} <= set(one)


def test_the_json_of_a_machine_has_its_prices_owners_and_profiles() -> None:
    (one,) = [one for one in plain.machines(load(), "gcp") if one["name"] == "a3-highgpu-8g"]
    prices = load().prices["gcp"]
    assert one["prices"] == [
        asdict(rows["a3-highgpu-8g"]) for rows in prices.values() if "a3-highgpu-8g" in rows
    ]
    assert {price["region"] for price in one["prices"]} >= {"us-central1", "us-east4"}
    assert (one["driver"], one["device_plugin"], one["toolkit"]) == ("cloud", "cloud", "cloud")
    assert [image["name"] for image in one["images"]] == list(
        load().machines["gcp"]["a3-highgpu-8g"].node_images
    )
    assert "1g.10gb" in one["mig"]


def test_the_json_of_accelerators_has_profiles_and_targets() -> None:
    (one,) = [one for one in plain.accelerators(load()) if one["name"] == "H100"]
    assert {"aws", "azure", "gcp"} <= set(one["targets"])
    assert {profile["name"] for profile in one["mig"]} == set(load().mig["H100"])
