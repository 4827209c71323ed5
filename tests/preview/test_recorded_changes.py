"""Changes of this repository's own stacks, recorded on both sides: the verdict on what each of them is about.

Clouds' verdicts follow the providers' documented immutable inputs (tests/reference holds those rows), Kubernetes' are
those of the real engine (tests/e2e/test_preview_verdicts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli
from ground import Edit, Platform, changed, pool, tenant


def onprem(platform: Platform) -> None:
    storage = platform["target"]["storage"]
    storage["block"]["parameters"] = {"numberOfReplicas": "3"}
    storage["shared"]["binding"] = "WaitForFirstConsumer"
    pool(platform, "l4")["nodes"] = {"names": ["edge-0", "edge-2"], "cpu": "15", "memory": "60Gi"}
    platform["tenants"] = [one for one in platform["tenants"] if one["name"] != "team-b"]
    tenant(platform, "team-a").update(quota={"accelerators": {"H100": 16, "L4": 1}}, groups=["research"])
    platform["layers"] = {"lws": {"enabled": True}}


def onprem_name(platform: Platform) -> None:
    platform["name"] = "rack-2"


def local(platform: Platform) -> None:
    platform["layers"] = {"health": {"enabled": False}}
    pool(platform, "h100").update(min=5, max=5)
    pool(platform, "l4")["accelerators"] = "L4:4"


def aws_pools(platform: Platform) -> None:
    pool(platform, "l4").update(max=4, capacity="on-demand")
    platform["pools"] += [
        {"name": "system", "machine": "m7i.2xlarge"},
        {"name": "cpu", "machine": "m7i.2xlarge", "min": 0, "max": 3},
    ]
    platform["target"]["shared_storage"] = False


def aws_network(platform: Platform) -> None:
    platform["target"]["cidr"] = "10.1.0.0/16"


def aws_data(platform: Platform) -> None:
    platform["target"] |= {"parallel_storage_tib": 8, "object_store": {"expire_days": 30}}
    pool(platform, "h100")["disk_gib"] = 600
    pool(platform, "trainium")["zones"] = ["us-east-1d"]
    platform["layers"] = {}


def gcp_region(platform: Platform) -> None:
    platform["target"] |= {"region": "us-east4", "zones": ["us-east4-a", "us-east4-c"]}


def azure_pools(platform: Platform) -> None:
    pool(platform, "system")["machine"] = "Standard_D8ds_v5"
    pool(platform, "t4").update(disk_gib=200, max=4)
    platform["target"]["cidr"] = "10.1.0.0/16"
    platform["target"]["object_store"]["expire_days"] = 14


def azure_generation(platform: Platform) -> None:
    pool(platform, "t4")["generation"] = 2
    platform["target"] |= {"tier": "standard", "maintenance": {"day": "monday"}}


RECORDINGS: Mapping[str, tuple[str, Edit]] = {
    "onprem": ("onprem", onprem),
    "onprem-name": ("onprem", onprem_name),
    "local": ("local", local),
    "aws-pools": ("aws-dev", aws_pools),
    "aws-network": ("aws-dev", aws_network),
    "aws-data": ("aws-prod", aws_data),
    "gcp-region": ("gcp-dev", gcp_region),
    "azure-pools": ("azure-dev", azure_pools),
    "azure-generation": ("azure-dev", azure_generation),
}
"""A recording has several changes that do not touch each other: each of them is a row below."""


@dataclass(frozen=True)
class Row:
    """What one change does to one resource."""

    change: str
    recording: str
    verdict: str
    type: str
    name: str
    path: str = ""
    """The input that forces, or that changes; of a resource that comes or goes, none."""
    refused: bool = False


ROWS = [Row(**one) for one in tomli.loads(Path(__file__).with_name("changes.toml").read_text())["changes"]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.recording}: {row.change}")
def test_a_recorded_change_gets_its_verdict(row: Row) -> None:
    steps = {(one.resource.type, one.resource.name): one for one in changed(*RECORDINGS[row.recording])}
    step = steps[row.type, row.name]
    assert step.verdict == row.verdict
    paths = step.forced_by if row.verdict == "replace" else [one.path for one in step.fields]
    assert not row.path or row.path in paths
    assert bool(step.refused) is row.refused
    assert not step.unsure


def test_every_recording_is_of_use_and_there_are_enough_changes() -> None:
    assert {row.recording for row in ROWS} == set(RECORDINGS)
    assert len(ROWS) >= 30
    assert {row.verdict for row in ROWS} == {"create", "update", "replace", "delete"}


@pytest.mark.parametrize("recording", sorted(RECORDINGS))
def test_no_type_of_our_programs_is_without_a_row(recording: str) -> None:
    assert [one.resource.type for one in changed(*RECORDINGS[recording]) if one.unsure] == []
