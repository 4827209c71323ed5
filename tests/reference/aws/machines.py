"""Facts of machine types, regions and zones, from tables that AWS's own API answers were written to.

moto carries DescribeInstanceTypes and DescribeInstanceTypeOfferings, cfn-lint the machine types of each
region, botocore the names of all. A type that no table places anywhere is sold apart from the lists.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from reference.aws import botocore_models, cloudformation
from reference.aws.cloudformation import package

REFERENCE = "moto 5.2.5"
EFA_TYPES = ("efa", "efa-only")


@cache
def _folder() -> Path:
    return package("moto") / "ec2" / "resources"


def _read(path: Path) -> Any:
    with gzip.open(path) as file:
        return json.load(file)


@cache
def _all() -> Mapping[str, Mapping[str, Any]]:
    return _read(_folder() / "instance_types.json.gz")


@cache
def regions() -> Mapping[str, frozenset[str]]:
    """Region -> machine types that are offered there, by either table."""
    offered: dict[str, set[str]] = {}
    for file in (_folder() / "instance_type_offerings" / "region").iterdir():
        for row in _read(file):
            offered.setdefault(row["Location"], set()).add(row["InstanceType"])
    listed = cloudformation.data() / "schemas" / "extensions" / "aws_ec2_instance" / "instancetype_enum.json"
    for region, row in json.loads(listed.read_text()).items():
        if isinstance(row, dict) and region != "all":
            offered.setdefault(region, set()).update(row["enum"])
    return {region: frozenset(types) for region, types in offered.items()}


@cache
def zones(region: str) -> frozenset[str]:
    """The zones of a region."""
    file = _folder() / "instance_type_offerings" / "availability-zone" / f"{region}.json.gz"
    return frozenset(row["Location"] for row in _read(file)) if file.exists() else frozenset()


def exists(machine: str) -> bool:
    """True for a machine type that EC2 knows."""
    return machine in botocore_models.values("ec2", "InstanceType")


def offered(machine: str, region: str) -> bool:
    """True if the region has the machine, or if no table places the machine anywhere."""
    places = [name for name, types in regions().items() if machine in types]
    return region in places or not places


def facts(machine: str) -> Mapping[str, Any]:
    """What DescribeInstanceTypes answers; empty for a machine that the table lacks."""
    return _all().get(machine, {})


def gpus(machine: str) -> int:
    """NVIDIA GPUs of a machine; AMD's and fractional ones count as none."""
    cards = facts(machine).get("GpuInfo", {}).get("Gpus", [])
    return sum(card["Count"] for card in cards if card["Manufacturer"] == "NVIDIA")


def neuron_devices(machine: str) -> int:
    """Trainium and Inferentia devices of a machine."""
    info = facts(machine).get("NeuronInfo", {})
    return sum(device["Count"] for device in info.get("NeuronDevices", []))


def architecture(machine: str) -> str | None:
    """`x86_64` or `arm64`; None if unknown."""
    kinds = facts(machine).get("ProcessorInfo", {}).get("SupportedArchitectures", [])
    return next((kind for kind in ("arm64", "x86_64") if kind in kinds), None)


def network_cards(machine: str) -> Mapping[int, Mapping[str, Any]]:
    """Index -> network card, with its interface types and how many interfaces it holds."""
    cards = facts(machine).get("NetworkInfo", {}).get("NetworkCards", [])
    return {card["NetworkCardIndex"]: card for card in cards}


def max_efa(machine: str) -> int:
    """The most interfaces with EFA."""
    return facts(machine).get("NetworkInfo", {}).get("EfaInfo", {}).get("MaximumEfaInterfaces", 0)


def usage_classes(machine: str) -> frozenset[str]:
    """`on-demand`, `spot`, `capacity-block`; empty if unknown."""
    return frozenset(facts(machine).get("SupportedUsageClasses", ()))


def placement_strategies(machine: str) -> frozenset[str]:
    """`cluster`, `partition`, `spread`; empty if unknown."""
    return frozenset(facts(machine).get("PlacementGroupInfo", {}).get("SupportedStrategies", ()))
