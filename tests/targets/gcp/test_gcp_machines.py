"""Every machine of the catalogue can be asked for, where it is to be had."""

from __future__ import annotations

import pytest
from support.clouds import cloud_spec, refused

from fairlead.catalog.model import MachineRow
from fairlead.catalog.read import load
from fairlead.plan.load import load_plan
from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.plan.sites.gcp_words import ACCELERATORS, TPUS, machine_type, series

ROWS = load().machines["gcp"]
BUILT = sorted(name for name in ROWS if not name.endswith("-metal"))


def pool(row: MachineRow) -> dict[str, object]:
    capacity = row.capacities[-1]
    return {
        "name": "work",
        "machine": row.name,
        "min": 0,
        "max": 4 * 64,
        "capacity": capacity,
        **({"accelerators": f"{row.accelerator}:{row.count}"} if row.accelerator else {}),
        **({"topology": row.topologies[0], "max": 16} if row.topologies else {}),
        **({"max": 18} if series(row.name) == "a4x" else {}),
        **({"reservation": "kept"} if capacity == "reserved" else {}),
    }


def plain(row: MachineRow) -> bool:
    return row.accelerator is None and row.arch == "amd64"


@pytest.mark.parametrize("name", BUILT)
def test_a_machine_becomes_a_node_pool_with_its_accelerators(name: str) -> None:
    row = ROWS[name]
    region = load().regions["gcp"][row.regions[0]]
    spec = cloud_spec("gcp", pool(row), target={"region": region.name, "zones": list(region.zones[:1])})
    spec["pools"][0]["machine"] = next(
        name for name, one in ROWS.items() if plain(one) and region.name in one.regions
    )
    found = load_plan(spec, "f", load()).site
    assert isinstance(found, GcpSite)
    (one,) = [made for made in found.node_pools if made.pool == "work"]
    vendor = load().accelerators[row.accelerator].vendor if row.accelerator else None
    assert one.machine_type == machine_type(name)
    assert (one.guest_accelerator is not None, one.tpu) == (vendor == "NVIDIA", vendor == "Google")
    assert one.guest_count == (row.count if vendor == "NVIDIA" else 0)
    assert one.arch == row.arch


def test_a_machine_is_refused_in_a_region_that_does_not_list_it() -> None:
    (problem,) = refused("gcp", pool(ROWS["ct4p-hightpu-4t"]))
    assert "us-central2" in problem.allowed


def test_every_accelerated_machine_has_its_name_of_the_cloud() -> None:
    for row in ROWS.values():
        if row.accelerator and "+" not in row.name:
            known = any(row.name.startswith(f"{start}-") for start in (*ACCELERATORS, *TPUS))
            assert known, row.name


def test_every_accelerator_that_this_cloud_has_is_in_the_catalogue() -> None:
    here = {row.accelerator for row in ROWS.values()}
    gpus = {"T4", "L4", "RTX-PRO-6000", "A100-40GB", "A100-80GB", "H100", "H200", "B200", "GB200", "GB300"}
    assert gpus <= here
    assert {"TPU-v4", "TPU-v5e", "TPU-v5p", "TPU-v6e", "TPU-7x"} <= here
