"""The catalogue's rows of AWS say what AWS's own answers say."""

from __future__ import annotations

import re
from functools import cache

import pytest

from fairlead.catalog import read
from reference.aws import botocore_models, machines, names, terraform_schema
from reference.gomodule import go_module

PRICES = "github.com/aws/karpenter-provider-aws@v1.14.1"
MACHINES = read.load().machines["aws"]
GIB = 1024**3 / 1000**3
NEURON_UNTOLD = {"trn2u.48xlarge": "moto 5.2.5 keeps no Neuron data of it"}
SOLD_APART = {"p6e-gb200.36xlarge": "botocore lists it, DescribeInstanceTypes as moto keeps it does not"}


@cache
def prices() -> dict[str, float]:
    """Machine -> USD an hour on demand in us-east-1, as Karpenter carries them."""
    file = go_module(PRICES) / "pkg" / "providers" / "pricing" / "zz_generated.pricing_aws.go"
    region = re.search(r'"us-east-1": \{(.*?)\n\t\}', file.read_text(), re.DOTALL)
    assert region, f"{file.name} has no prices of us-east-1"
    return {name: float(price) for name, price in re.findall(r'"([\w.-]+)":\s+([\d.]+)', region[1])}


def test_the_tables_know_the_machines():
    unknown = {name for name in MACHINES if not machines.facts(name)}
    assert unknown <= set(SOLD_APART)
    assert all(machines.exists(name) for name in MACHINES)


@pytest.mark.parametrize("name", sorted(set(MACHINES) - set(SOLD_APART)))
def test_a_machine_is_as_aws_describes_it(name: str):
    row, facts = MACHINES[name], machines.facts(name)
    assert row.vcpus == facts["VCpuInfo"]["DefaultVCpus"]
    assert row.memory_mib == facts["MemoryInfo"]["SizeInMiB"]
    assert {"amd64": "x86_64", "arm64": "arm64"}[row.arch] == machines.architecture(name)
    assert row.fabric_cards == (machines.max_efa(name) if row.fabric != "none" else 0)
    if row.fabric != "none" and row.fabric_cards:
        cards = machines.network_cards(name).items()
        assert row.fabric_first_card == min(one for one, card in cards if "efa" in card["InterfaceTypes"])
    classes = machines.usage_classes(name)
    assert ("spot" in row.capacities) <= ("spot" in classes)
    assert ("on-demand" in row.capacities) <= ("on-demand" in classes)


@pytest.mark.parametrize("name", sorted(set(MACHINES) - set(SOLD_APART)))
def test_a_machine_carries_the_accelerators_that_aws_says(name: str):
    row, facts = MACHINES[name], machines.facts(name)
    gpus = sum(card["Count"] for card in facts.get("GpuInfo", {}).get("Gpus", []))
    neuron = machines.neuron_devices(name)
    given = row.count if row.accelerator else 0
    if gpus or neuron:
        assert given == (gpus or neuron)
    else:
        assert row.accelerator is None or name in NEURON_UNTOLD


@pytest.mark.parametrize("name", sorted(set(MACHINES) - set(SOLD_APART)))
def test_local_disks_are_as_aws_describes_them(name: str):
    row, storage = MACHINES[name], machines.facts(name).get("InstanceStorageInfo", {})
    disks = sum(one["Count"] for one in storage.get("Disks", []))
    assert row.local_disks == disks
    if disks:
        assert row.local_disk_gib == pytest.approx(storage["Disks"][0]["SizeInGB"] / GIB, abs=1.5)


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_a_machine_is_offered_where_the_row_says(name: str):
    wrong = [region for region in MACHINES[name].regions if not machines.offered(name, region)]
    assert not wrong


def test_every_image_family_is_one_that_eks_knows():
    known = botocore_models.values("eks", "AMITypes")
    assert {row.spelling for row in read.load().node_images["aws"].values()} <= known


def test_zones_are_those_of_their_regions():
    for name, row in read.load().regions["aws"].items():
        assert set(row.zones) <= machines.zones(name), name


def test_prices_are_those_that_karpenter_carries():
    rows = read.load().prices["aws"]["us-east-1"]
    written = {name: row.on_demand for name, row in rows.items() if row.on_demand is not None}
    assert written == pytest.approx({name: prices()[name] for name in written}, rel=1e-5)


def test_what_the_schema_is_too_old_for_is_in_the_pinned_sdk_and_still_not_in_the_schema():
    from pulumi_aws import eks

    found = {"aws_eks_cluster": eks.ClusterArgs}
    for place, newer in names.NEWER.items():
        known = terraform_schema.properties(place, terraform_schema.schemas()[place]["block"])
        assert not newer.keys() & known.keys(), "the schema knows it by now: take it out of names.NEWER"
        assert all(hasattr(found[place], argument) for argument in newer.values())
