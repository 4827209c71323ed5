"""Names of quotas in the catalogue are those that Google's API has, or that the Cloud Quotas API lists."""

from __future__ import annotations

from fairlead.catalog.read import load
from reference.gcp import discovery

FAMILIES = {
    *("NVIDIA_H100", "NVIDIA_H100_MEGA", "NVIDIA_H200", "NVIDIA_B200", "NVIDIA_GB200", "NVIDIA_RTX_PRO_6000"),
}
"""Values of gpu_family that public programs read from the Cloud Quotas API, 2026-11-28."""
BESIDE = {f"PREEMPTIBLE_NVIDIA_{one}_GPUS" for one in ("H100_MEGA", "H200", "B200")}
"""Metrics that the API's list lacks and that public set-ups for GKE name, 2026-11-28."""


def test_quotas_that_are_metrics_are_those_of_the_api():
    known = set(discovery.document("compute.v1")["schemas"]["Quota"]["properties"]["metric"]["enum"])
    named = {name for row in load().machines["gcp"].values() for name in (row.quota, row.spot_quota) if name}
    metrics = {name for name in named if name.isupper() and "-" not in name}
    assert len(metrics) >= 12
    assert metrics - known == BESIDE
    assert {name.partition("=")[2] for name in named if "gpu_family=" in name} == FAMILIES


def test_vm_families_are_the_first_word_of_the_machine():
    rows = [row for row in load().machines["gcp"].values() if "vm_family=" in row.quota]
    assert len(rows) >= 8
    for row in rows:
        assert row.quota.partition("=")[2] == row.name.partition("-")[0].upper()
