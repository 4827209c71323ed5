"""Rules between what the cloud is told and what the contract promises: the labels of nodes, the workloads' identity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reference.common import Finding, Resource, is_unknown
from reference.gcp import facts
from reference.gcp.declared import POOL, Declared, finding, members, some

SHARE = "fairlead.dev/share"
POOL_LABEL, ACCELERATOR, CAPACITY = "fairlead.dev/pool", "fairlead.dev/accelerator", "fairlead.dev/capacity"
LADDER = "fairlead.dev/ladder"
COMPUTE_CLASS = "cloud.google.com/compute-class"
# Accelerator type of GKE, or the family of a TPU machine -> name in the contract
NAMES = {
    "nvidia-tesla-t4": "T4",
    "nvidia-l4": "L4",
    "nvidia-rtx-pro-6000": "RTX-PRO-6000",
    "nvidia-tesla-a100": "A100-40GB",
    "nvidia-a100-80gb": "A100-80GB",
    "nvidia-h100-80gb": "H100",
    "nvidia-h100-mega-80gb": "H100",
    "nvidia-h200-141gb": "H200",
    "nvidia-b200": "B200",
    "nvidia-gb200": "GB200",
    "nvidia-gb300": "GB300",
    "tpu-v4-podslice": "TPU-v4",
    "tpu-v5-lite-podslice": "TPU-v5e",
    "tpu-v5p-slice": "TPU-v5p",
    "tpu-v6e-slice": "TPU-v6e",
    "tpu7x": "TPU-7x",
}
CAPACITIES = ("reserved", "on-demand", "flex", "spot")
WORKLOAD = re.compile(r".*/workloadIdentityPools/([^/]+\.svc\.id\.goog)/subject/ns/([^/]+)/sa/([^/]+)")


def check(stack: Declared) -> Iterator[Finding]:
    """Labels say how nodes were bought and what is in them; grants go to accounts that exist."""
    classes = {
        some(one["inputs"].get("metadata")).get("name")
        for one in stack.of("kubernetes:cloud.google.com/v1:ComputeClass")
    }
    for pool in stack.of(POOL):
        labels = some(some(pool["inputs"].get("nodeConfig")).get("labels"))
        for key in (POOL_LABEL, ACCELERATOR, CAPACITY):
            if key not in labels:
                yield finding(pool, "nodeConfig.labels", f"the contract's label {key} is missing")
        yield from _bought(pool, str(labels.get(CAPACITY)))
        yield from _accelerator(pool, str(labels.get(ACCELERATOR)))
        if not str(pool["inputs"].get("name")).startswith(str(labels.get(POOL_LABEL))[:16]):
            yield finding(pool, "nodeConfig.labels", f"{labels.get(POOL_LABEL)} is no pool of this name")
        if COMPUTE_CLASS in labels and labels[COMPUTE_CLASS] not in classes:
            yield finding(pool, "nodeConfig.labels", f"no ComputeClass {labels[COMPUTE_CLASS]!r} is declared")
    for grant in stack.resources:
        if "member" in grant["inputs"] and grant["type"].startswith("gcp:"):
            yield from _workload(stack, grant)


def _bought(pool: Resource, capacity: str) -> Iterator[Finding]:
    config = some(pool["inputs"].get("nodeConfig"))
    affinity = some(config.get("reservationAffinity")).get("consumeReservationType", "NO_RESERVATION")
    queued = some(pool["inputs"].get("queuedProvisioning")).get("enabled")
    real = "on-demand" if affinity == "NO_RESERVATION" else "reserved"
    if config.get("spot"):
        real = "spot"
    elif config.get("flexStart") or queued:
        real = "flex"
    if capacity != real:
        yield finding(pool, "nodeConfig.labels", f"{CAPACITY} is {capacity}, and the nodes are {real}")
    steps = str(some(config.get("labels")).get(LADDER, capacity)).split(".")
    if capacity not in steps or not set(steps) <= set(CAPACITIES):
        yield finding(pool, "nodeConfig.labels", f"{LADDER} is {steps}, and {CAPACITY} is {capacity}")


def _share(pool: Resource, share: str, config: dict[str, Any]) -> Iterator[Finding]:
    """The label says what GKE makes of the cards, and the taint keeps out what wants whole ones."""
    for card in members(config.get("guestAccelerators")):
        made = str(card.get("gpuPartitionSize") or ("shared" if card.get("gpuSharingConfig") else ""))
        if made != share:
            yield finding(
                pool, "nodeConfig.labels", f"{ACCELERATOR} says share {share!r}, the cards are {made!r}"
            )
    kept = [str(one.get("value")) for one in members(config.get("taints")) if one.get("key") == SHARE]
    if kept != ([share] if share else []):
        yield finding(pool, "nodeConfig.taints", f"{SHARE} is {kept}, and the share is {share!r}")


def _accelerator(pool: Resource, name: str) -> Iterator[Finding]:
    config = some(pool["inputs"].get("nodeConfig"))
    tpus = facts.tpus(str(config.get("machineType")))
    types = [tpus.label] if tpus else [one.get("type") for one in members(config.get("guestAccelerators"))]
    real = NAMES.get(str(types[0])) if types else "none"
    whole, _, share = name.partition("_")
    yield from _share(pool, share, config)
    if whole != real:
        yield finding(
            pool, "nodeConfig.labels", f"{ACCELERATOR} is {name}, and the machine has {types or 'none'}"
        )


def _workload(stack: Declared, grant: Resource) -> Iterator[Finding]:
    member = grant["inputs"]["member"]
    found = WORKLOAD.fullmatch(str(member))
    if found is None or is_unknown(member):
        return
    pool, namespace, name = found.groups()
    if stack.project and pool != f"{stack.project}.svc.id.goog":
        yield finding(grant, "member", f"the workload pool {pool} is not of {stack.project}")
    accounts = [some(one["inputs"].get("metadata")) for one in stack.of("kubernetes:core/v1:ServiceAccount")]
    if {"namespace": namespace, "name": name}.items() not in [
        {key: one.get(key) for key in ("namespace", "name")}.items() for one in accounts
    ]:
        yield finding(grant, "member", f"no service account {namespace}/{name} is declared")
