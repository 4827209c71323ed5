"""Facts of Google Cloud that no document of the API lists: regions, machines, accelerators.

They were read on 2026-11-23 from sources that this project did not write; each table names its own.
"""

from __future__ import annotations

import re

from reference.gcp.accelerators import GPUS, TPUS, Gpus, Tpus

PRICES = "cloudpilot-ai/karpenter-provider-gcp pkg/providers/pricing/initial-prices.json, 2026-08-03"
TPU_PAGE = "docs.cloud.google.com/tpu/docs/regions-zones"

# source: PRICES
REGIONS = frozenset(
    [
        "africa-south1",
        "asia-east1",
        "asia-east2",
        "asia-northeast1",
        "asia-northeast2",
        "asia-northeast3",
        "asia-south1",
        "asia-south2",
        "asia-southeast1",
        "asia-southeast2",
        "asia-southeast3",
        "australia-southeast1",
        "australia-southeast2",
        "europe-central2",
        "europe-north1",
        "europe-north2",
        "europe-southwest1",
        "europe-west1",
        "europe-west10",
        "europe-west12",
        "europe-west2",
        "europe-west3",
        "europe-west4",
        "europe-west6",
        "europe-west8",
        "europe-west9",
        "me-central1",
        "me-central2",
        "me-west1",
        "northamerica-northeast1",
        "northamerica-northeast2",
        "northamerica-south1",
        "southamerica-east1",
        "southamerica-west1",
        "us-central1",
        "us-east1",
        "us-east4",
        "us-east5",
        "us-south1",
        "us-west1",
        "us-west2",
        "us-west3",
        "us-west4",
    ]
) | {"us-central2"}  # TPU v4 only; source: TPU_PAGE

# Zone letters that differ from a, b, c; source: gist.github.com/shyuan/3a1aaeedf3d6ca8c2e844077c147eadb
ODD_ZONES = {
    "europe-west1": "bcd",
    "us-central1": "abcf",
    "us-east1": "bcd",
}


def zone_region(zone: str) -> str | None:
    """The region of a zone; None if the text is no zone of a known region. AI zones end in `-ai1a`."""
    region, _, letter = zone.rpartition("-")
    if region not in REGIONS:
        return None
    if re.fullmatch(r"ai\d[a-z]?", letter):
        return region
    if region == "us-central2":
        return region if letter == "b" else None
    return region if len(letter) == 1 and letter in ODD_ZONES.get(region, "abc") else None


# General-purpose machines: class -> numbers of vCPUs. Source: PRICES
FAMILIES: dict[str, dict[str, tuple[int, ...]]] = {
    "e2": {"standard": (2, 4, 8, 16, 32), "highmem": (2, 4, 8, 16), "highcpu": (2, 4, 8, 16, 32)},
    "n1": {
        "standard": (1, 2, 4, 8, 16, 32, 64, 96),
        "highmem": (2, 4, 8, 16, 32, 64, 96),
        "highcpu": (2, 4, 8, 16, 32, 64, 96),
    },
    "n2": {
        "standard": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128),
        "highmem": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128),
        "highcpu": (2, 4, 8, 16, 32, 48, 64, 80, 96),
    },
    "n2d": {
        "standard": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224),
        "highmem": (2, 4, 8, 16, 32, 48, 64, 80, 96),
        "highcpu": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224),
    },
    "n4": dict.fromkeys(("standard", "highmem", "highcpu"), (2, 4, 8, 16, 32, 48, 64, 80)),
    "c2": {"standard": (4, 8, 16, 30, 60)},
    "c2d": dict.fromkeys(("standard", "highmem", "highcpu"), (2, 4, 8, 16, 32, 56, 112)),
    "c3": dict.fromkeys(("standard", "highmem", "highcpu"), (4, 8, 22, 44, 88, 176)),
    "c3d": dict.fromkeys(("standard", "highmem", "highcpu"), (4, 8, 16, 30, 60, 90, 180, 360)),
    "c4": dict.fromkeys(("standard", "highmem", "highcpu"), (2, 4, 8, 16, 24, 32, 48, 96, 144, 192, 288)),
    "c4a": dict.fromkeys(("standard", "highmem", "highcpu"), (1, 2, 4, 8, 16, 32, 48, 64, 72)),
    "t2d": {"standard": (1, 2, 4, 8, 16, 32, 48, 60)},
}
SMALL = frozenset({"e2-micro", "e2-small", "e2-medium"})
# Where a family has no price. Source: PRICES
NOT_IN: dict[str, frozenset[str]] = {
    "e2": frozenset({"asia-southeast3"}),
    "n2": frozenset({"asia-southeast3", "europe-north2", "northamerica-south1"}),
    "n2d": frozenset({"asia-southeast3", "europe-north2", "northamerica-south1"}),
    "t2d": frozenset({"asia-northeast3", "asia-southeast3", "europe-north2", "northamerica-south1"}),
}


# Attached to N1 machines. Source: AcceleratorType in the discovery document aiplatform.v1
N1_GPUS = frozenset({"nvidia-tesla-t4", "nvidia-tesla-v100", "nvidia-tesla-p100", "nvidia-tesla-p4"})

# Local SSDs of a machine that are its whole ephemeral storage.
# Source: cluster-toolkit modules/compute/gke-node-pool/disk_definitions.tf, 2026-06-25
LOCAL_SSDS = {"a3-highgpu-8g": 16, "a3-megagpu-8g": 16, "a3-ultragpu-8g": 32, "a4-highgpu-8g": 32}
# Interfaces beside the first that the fabric wants. Sources: cluster-toolkit gke-node-pool/gpu_direct.tf, and
# examples/gke-a3-ultragpu and gke-a4 (one more network, and eight subnetworks of RDMA), 2026-06-25
SOCKETS = {"a3-highgpu-8g": 4, "a3-megagpu-8g": 8}
FABRIC = {**SOCKETS, "a3-ultragpu-8g": 9, "a4-highgpu-8g": 9}
# Topology of the workload policy for one NVLink domain. Source: cluster-toolkit examples/gke-a4x, gke-a4x-max-bm
NVLINK_DOMAINS = {"a4x-highgpu-4g": "1x72", "a4x-maxgpu-4g-metal": "1x72"}


_PD = ("pd-balanced", "pd-ssd")
_HD = ("hyperdisk-balanced",)
# Boot disks by series. Sources: karpenter-provider-gcp pkg/providers/disktype/pdcsi/node-labeler-configmap.yaml;
# A3 Ultra: cluster-toolkit examples/machine-learning/a3-ultragpu-8g, and DiskSpec in aiplatform.v1
BOOT_DISKS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("e2", "n1", "n2d", "t2d", "c2", "c2d", "g2"), ("pd-standard", *_PD)),
    **dict.fromkeys(("a2", "n2", "ct4p"), ("pd-standard", *_PD, *_HD)),
    **dict.fromkeys(("a3", "c3", "c3d", "c4a", "n4", "ct5lp", "ct5p"), (*_PD, *_HD)),
    **dict.fromkeys(("a4", "a4x", "c4", "ct6e", "g4", "tpu7x"), _HD),
}


ACCELERATED = {name.partition("-")[0] for row in GPUS for name in row.counts} | {
    name.partition("-")[0] for row in TPUS for name in row.chips
}


def gpus(machine: str) -> Gpus | None:
    """The GPU row of a machine."""
    return next((row for row in GPUS if machine in row.counts), None)


def tpus(machine: str) -> Tpus | None:
    """The TPU row of a machine."""
    return next((row for row in TPUS if machine in row.chips), None)


def exists(machine: str) -> bool | None:
    """True or False for the families in these tables, None for others."""
    if gpus(machine) or tpus(machine) or machine in SMALL:
        return True
    family = machine.partition("-")[0]
    if family in ACCELERATED:
        return False
    if family not in FAMILIES or machine.endswith(("-lssd", "-metal")):
        return None
    shape = re.fullmatch(r"\w+-([a-z]+)-(\d+)", machine)
    return bool(shape) and int(shape[2]) in FAMILIES[family].get(shape[1], ())


def offered(machine: str, region: str) -> bool | None:
    """Whether a region has a machine; None where the sources say nothing."""
    if row := gpus(machine) or tpus(machine):
        return region in row.regions
    absent = NOT_IN.get(machine.partition("-")[0])
    return None if absent is None else region not in absent


def in_zone(machine: str, zone: str) -> bool | None:
    """Whether a zone has a TPU machine; None where the source lists no zone of its region."""
    row, region = tpus(machine), zone_region(zone)
    listed = {zone_region(one) for one in row.us_zones} if row else set()
    return zone in row.us_zones if row and region in listed else None


def boot_disks(machine: str) -> tuple[str, ...] | None:
    """Types of boot disk that a machine takes; None where the sources say nothing."""
    return _HD if machine.startswith("a3-ultragpu-") else BOOT_DISKS.get(machine.partition("-")[0])
