"""Accelerator machines of Google Cloud: what is in them, and in which regions.

Read on 2026-11-23. Types and counts: GoogleCloudPlatform/cluster-toolkit pkg/config/machine_mappings.json and
modules/internal/tpu-definition/main.tf (2026-06-25), GoogleCloudPlatform/accelerated-platforms
custom_compute_class/templates (2026-08-20). Regions, either of two: cloudpilot-ai/karpenter-provider-gcp
initial-prices.json (2026-08-03), Cyclenerd/google-cloud-pricing-cost-calculator tools/machinetyperegion.csv
(2026-08-20). Zones: docs.cloud.google.com/tpu/docs/regions-zones.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gpus:
    """The GPUs of an accelerator-optimized machine."""

    type: str
    """Accelerator type of GKE's node configuration."""
    counts: dict[str, int]
    """Machine -> GPUs; 0 for a fraction of one."""
    regions: frozenset[str]
    """Where one of the sources has it."""


def _regions(text: str) -> frozenset[str]:
    return frozenset(text.split())


GPUS = (
    Gpus(
        "nvidia-l4",
        {
            **{f"g2-standard-{size}": 1 for size in (4, 8, 12, 16, 32)},
            "g2-standard-24": 2,
            "g2-standard-48": 4,
            "g2-standard-96": 8,
        },
        _regions(
            "asia-east1 asia-northeast1 asia-northeast3 asia-south1 asia-southeast1 europe-west1 europe-west2"
            " europe-west3 europe-west4 europe-west6 me-central2 northamerica-northeast1"
            " northamerica-northeast2 us-central1 us-east1 us-east4 us-west1 us-west4"
        ),
    ),
    Gpus(
        "nvidia-rtx-pro-6000",
        {
            **{f"g4-standard-{size}": 0 for size in (6, 12, 24)},
            "g4-standard-48": 1,
            "g4-standard-96": 2,
            "g4-standard-192": 4,
            "g4-standard-384": 8,
        },
        _regions(
            "asia-east1 asia-northeast1 asia-south1 asia-south2 asia-southeast1 asia-southeast2 europe-north1"
            " europe-west1 europe-west10 europe-west2 europe-west4 europe-west8 me-central2 us-central1"
            " us-east1 us-east4 us-east5 us-south1 us-west1 us-west3 us-west4 southamerica-east1"
        ),
    ),
    Gpus(
        "nvidia-tesla-a100",
        {f"a2-highgpu-{count}g": count for count in (1, 2, 4, 8)},
        _regions(
            "asia-northeast1 asia-northeast3 asia-southeast1 europe-west4 me-west1 us-central1 us-east1"
            " us-west1 us-west3 us-west4"
        ),
    ),
    Gpus("nvidia-tesla-a100", {"a2-megagpu-16g": 16}, _regions("asia-southeast1 europe-west4 us-central1")),
    Gpus(
        "nvidia-a100-80gb",
        {f"a2-ultragpu-{count}g": count for count in (1, 2, 4, 8)},
        _regions("asia-southeast1 europe-west4 us-central1 us-east4 us-east5"),
    ),
    Gpus(
        "nvidia-h100-80gb",
        {f"a3-highgpu-{count}g": count for count in (1, 2, 4, 8)},
        _regions(
            "asia-east1 asia-northeast1 asia-northeast3 asia-south1 asia-south2 asia-southeast1"
            " australia-southeast1 australia-southeast2"
            " europe-north1 europe-west1 europe-west3 europe-west4 europe-west9 us-central1 us-east4 us-east5"
            " us-west1 us-west4"
        ),
    ),
    Gpus(
        "nvidia-h100-mega-80gb",
        {"a3-megagpu-8g": 8},
        _regions(
            "asia-east1 asia-northeast1 asia-southeast1 australia-southeast1 europe-north1 europe-west1"
            " europe-west3 europe-west4 us-central1 us-east4 us-east5 us-west1 us-west4"
        ),
    ),
    Gpus(
        "nvidia-h200-141gb",
        {"a3-ultragpu-8g": 8},
        _regions(
            "asia-south1 asia-south2 europe-west1 europe-west4 us-central1 us-east4 us-east5 us-south1 us-west1"
        ),
    ),
    Gpus(
        "nvidia-b200",
        {"a4-highgpu-8g": 8},
        _regions(
            "asia-northeast1 asia-southeast1 europe-north1 europe-west1 europe-west4 us-central1 us-east1"
            " us-east4 us-south1 us-west2 us-west3"
        ),
    ),
    Gpus("nvidia-gb300", {"a4x-maxgpu-4g-metal": 4}, _regions("us-central1 us-east4 us-east5")),
    Gpus("nvidia-gb200", {"a4x-highgpu-4g": 4}, _regions("europe-west4 us-central1 us-east1 us-east4")),
)


@dataclass(frozen=True)
class Tpus:
    """The TPU chips of a machine family."""

    label: str
    """Value of the node label cloud.google.com/gke-tpu-accelerator."""
    chips: dict[str, int]
    """Machine -> chips."""
    us_zones: frozenset[str]
    """Zones in the United States, by the page of zones; where it lists one of a region, it lists them all."""
    dimensions: int
    """Numbers in a topology: 2 for 4x4, 3 for 2x2x4."""
    regions: frozenset[str]
    """Where one of the sources has it."""


TPUS = (
    Tpus("tpu-v4-podslice", {"ct4p-hightpu-4t": 4}, _regions("us-central2-b"), 3, _regions("us-central2")),
    Tpus(
        "tpu-v5-lite-podslice",
        {f"ct5lp-hightpu-{chips}t": chips for chips in (1, 4, 8)},
        _regions("us-central1-a us-south1-a us-west1-c us-west4-a"),
        2,
        _regions(
            "asia-east1 asia-northeast1 asia-southeast1 europe-north1 europe-west1 europe-west3 europe-west4"
            " northamerica-northeast1 southamerica-west1 us-central1 us-east1 us-east4 us-east5 us-south1"
            " us-west1 us-west4"
        ),
    ),
    Tpus(
        "tpu-v5p-slice",
        {f"ct5p-hightpu-{chips}t": chips for chips in (1, 2, 4)},
        _regions("us-central1-a us-east5-a"),
        3,
        _regions("europe-west1 europe-west4 us-central1 us-east1 us-east5 us-south1"),
    ),
    Tpus(
        "tpu-v6e-slice",
        {f"ct6e-standard-{chips}t": chips for chips in (1, 4, 8)},
        _regions("us-central1-b us-east1-d us-east5-a us-east5-b us-central1-ai1a us-south1-ai1b"),
        2,
        _regions(
            "asia-east1 asia-northeast1 asia-south1 asia-southeast1 europe-west4 southamerica-east1"
            " southamerica-west1 us-central1 us-east1 us-east4 us-east5 us-south1 us-west1"
        ),
    ),
    Tpus(
        "tpu7x",
        {"tpu7x-standard-1t": 1, "tpu7x-standard-4t": 4},
        _regions("us-central1-c us-central1-ai1a"),
        3,
        _regions("europe-west2 us-central1 us-east1"),
    ),
)
