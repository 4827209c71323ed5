"""Google Cloud's own words for what the catalogue calls by other names. Facts, each with its source.

Read on 2026-11-23.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

ACCELERATORS: Mapping[str, str] = {
    "g2": "nvidia-l4",
    "g4": "nvidia-rtx-pro-6000",
    "a2-highgpu": "nvidia-tesla-a100",
    "a2-megagpu": "nvidia-tesla-a100",
    "a2-ultragpu": "nvidia-a100-80gb",
    "a3-highgpu": "nvidia-h100-80gb",
    "a3-megagpu": "nvidia-h100-mega-80gb",
    "a3-ultragpu": "nvidia-h200-141gb",
    "a4-highgpu": "nvidia-b200",
    "a4x-highgpu": "nvidia-gb200",
    "a4x-maxgpu": "nvidia-gb300",
}
"""Beginning of a machine type -> acceleratorType of its GPUs.

github.com/GoogleCloudPlatform/cluster-toolkit v1.95.0 pkg/config/machine_mappings.json, examples/gke-a4x-max-bm;
nvidia-a100-80gb: github.com/Cyclenerd/google-cloud-pricing-cost-calculator tools/acceleratortypezone.csv.
"""

TPUS: Mapping[str, str] = {
    "ct4p": "tpu-v4-podslice",
    "ct5lp": "tpu-v5-lite-podslice",
    "ct5p": "tpu-v5p-slice",
    "ct6e": "tpu-v6e-slice",
    "tpu7x": "tpu7x",
}
"""Machine series -> value of GKE's node label cloud.google.com/gke-tpu-accelerator.

github.com/GoogleCloudPlatform/cluster-toolkit v1.95.0 modules/internal/tpu-definition/main.tf
"""

TPU_SELECTORS = ("cloud.google.com/gke-tpu-accelerator", "cloud.google.com/gke-tpu-topology")
"""Node labels of TPUs, kind and shape: pods must ask for slices of several hosts by both.

https://docs.cloud.google.com/kubernetes-engine/docs/how-to/tpus, 2026-11-28
"""

HYPERDISK = ("a3-ultragpu-", "a4-", "a4x-", "c4-", "c4a-", "ct6e-", "g4-", "n4-", "tpu7x-")
"""Beginnings of machine types that boot from Hyperdisk; the others boot from Persistent Disk.

github.com/cloudpilot-ai/karpenter-provider-gcp 417f047 pkg/providers/disktype/pdcsi/node-labeler-configmap.yaml;
A3 Ultra, TPU7x: github.com/GoogleCloudPlatform/cluster-toolkit v1.95.0 examples/machine-learning/a3-ultragpu-8g,
examples/gke-tpu-7x
"""

WORKLOAD_POLICY = frozenset({"a4x", "tpu7x"})
"""Machine series whose node pools form a unit by a workload policy.

https://docs.cloud.google.com/kubernetes-engine/docs/concepts/tpu-ironwood, several hosts;
github.com/GoogleCloudPlatform/cluster-toolkit v1.95.0 examples/gke-a4x
"""

FLEX_COMPACT = ("a3-ultragpu-", "a4-")
"""Machine types that can stand near each other under Flex-start.

github.com/GoogleCloudPlatform/cluster-toolkit v1.95.0 modules/compute/gke-node-pool/main.tf, preconditions
"""

NVLINK_DOMAIN, NVLINK_MACHINES = "1x72", 18
"""Topology of a GB200 domain, and how many machines of four GPUs fill it: examples/gke-a4x of the same."""

FLEX_SECONDS = 7 * 86_400
"""Flex-start keeps a node at most 7 days: https://docs.cloud.google.com/kubernetes-engine/docs/concepts/dws"""

LUSTRE_STEP, LUSTRE_THROUGHPUT = 9000, 1000
"""Steps of Managed Lustre at 1000 MB/s for each TiB, in GiB: docs of gcp:lustre/instance in pulumi-gcp 10.2.0."""

NODE_POOL_NAME, ACCOUNT_ID, POOL_ID, COMPUTE_NAME, BUCKET_NAME = 40, 30, 32, 63, 63
"""Longest names. NodePool.name of container.v1, accountId of iam.v1, workloadIdentityPoolId of iam.v1, names of
compute.v1, https://cloud.google.com/storage/docs/buckets#naming, by google-api-python-client 2.202.0."""

SHORT: Mapping[str, str] = {"reserved": "res", "on-demand": "od", "flex": "flex", "spot": "spot"}
"""Capacities in names."""


def machine_type(machine: str) -> str:
    """The machine type of a catalogue name: `n1-standard-8+nvidia-tesla-t4` -> `n1-standard-8`."""
    return machine.partition("+")[0]


def series(machine: str) -> str:
    """`a3-ultragpu-8g` -> `a3`."""
    return machine.partition("-")[0]


def accelerator_type(machine: str) -> str | None:
    """GKE's name of the GPUs of a machine; None where it has none."""
    attached = machine.partition("+")[2]
    if attached:
        return attached
    return next((word for start, word in ACCELERATORS.items() if machine.startswith(f"{start}-")), None)


def disk_type(machine: str) -> str:
    """Boot disk of a machine."""
    return "hyperdisk-balanced" if machine.startswith(HYPERDISK) else "pd-balanced"


def fit(text: str, most: int) -> str:
    """A name of at most so many characters: what is too long is cut, and told apart by a digest."""
    if len(text) <= most:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{text[: most - 7].rstrip('-')}-{digest}"
