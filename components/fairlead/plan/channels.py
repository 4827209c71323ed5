"""NVLink between nodes: who claims a channel of it, and how the queue counts channels.

A pod claims a channel by a template of its tenant's ComputeDomain. Kueue 0.19.2 admits no work with a claim on a
device class that is mapped to no resource under quota (pkg/dra/claims.go), so each channel is counted. A node has
one channel and a job of whole nodes has one pod on each, so channels run out exactly when accelerators do: every
tenant's share of them is all that there are, and accelerators alone decide. docs/adr/0027.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fairlead import labels
from fairlead.catalog.fabrics import FabricRow
from fairlead.catalog.model import Catalog
from fairlead.plan.fabric_model import Claim, JobFabric
from fairlead.plan.gpu_model import NONE, GpuPlan
from fairlead.plan.model import PoolPlan
from fairlead.plan.queue_model import FlavorPlan, FlavorQuota, QueuesPlan

CHANNEL = f"{labels.DOMAIN}/nvlink-channel"
"""Resource by whose name the queue counts channels: no node has it."""
DOMAIN = "nvlink"
TEMPLATE = "nvlink-channel"


def with_claim(job: JobFabric, pools: Sequence[PoolPlan], catalog: Catalog, gpu: GpuPlan) -> JobFabric:
    """The decision about an accelerator's network, and what its pods claim of the NVLink between nodes."""
    rows = [row for row in catalog.fabrics.values() if row.claim and pools[0].accelerator in row.accelerators]
    joined = [one for pool in pools if (one := gpu.of(pool.name)) and one.compute_domains != NONE]
    if not rows or not joined:
        return job
    if why := _against(pools, len(joined)):
        return replace(job, apart=why)
    return replace(job, claim=_claim(rows[0]))


def _claim(row: FabricRow) -> Claim:
    return Claim(row.claim, CHANNEL, TEMPLATE, DOMAIN)


def _against(pools: Sequence[PoolPlan], joined: int) -> str:
    if joined < len(pools):
        return "fabric is off for one of its pools and one runtime serves them all"
    grow = [pool.name for pool in pools if pool.min_nodes != pool.max_nodes]
    if grow:
        return (
            f"pool {', '.join(grow)} grows, and no autoscaler here knows which devices a node that does not stand yet"
            " would publish; write the same number for min and max"
        )
    return ""


def with_channels(queues: QueuesPlan, pools: Sequence[PoolPlan], jobs: Sequence[JobFabric]) -> QueuesPlan:
    """The queues with channels under quota, where pods claim any."""
    claims = {one.accelerator: one.claim for one in jobs if one.claim}
    if not claims:
        return queues
    nodes = {
        flavor.name: _nodes(flavor, pools) if flavor.accelerator in claims else 0 for flavor in queues.flavors
    }
    names = tuple(dict.fromkeys(one.resource for one in claims.values()))
    return replace(
        queues,
        resources=(*queues.resources, *names),
        flavors=tuple(
            replace(one, totals=_add(one.totals, names, nodes[one.name])) for one in queues.flavors
        ),
        shared=tuple(_quota(one, names, 0) for one in queues.shared),
        queues=tuple(
            replace(one, quotas=tuple(_quota(quota, names, nodes[quota.flavor]) for quota in one.quotas))
            for one in queues.queues
        ),
        claims={one.device_class: one.resource for one in claims.values()},
    )


def _nodes(flavor: FlavorPlan, pools: Sequence[PoolPlan]) -> int:
    """Most nodes that there can be of a flavor: those whose labels it chooses."""
    return sum(pool.max_nodes for pool in pools if flavor.node_labels.items() <= pool.labels.items())


def _quota(quota: FlavorQuota, names: Sequence[str], number: int) -> FlavorQuota:
    return replace(quota, nominal=_add(quota.nominal, names, number))


def _add(amounts: Mapping[str, str], names: Sequence[str], number: int) -> Mapping[str, str]:
    return {**amounts, **dict.fromkeys(names, str(number))}
