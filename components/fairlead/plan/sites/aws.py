"""The part of the plan that only AWS has: its checks, and everything its builder needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from fairlead.catalog import faults, releases
from fairlead.catalog.model import Catalog
from fairlead.catalog.releases import Releases
from fairlead.errors import Problem
from fairlead.plan import databases, secrets, store
from fairlead.plan.machines import Choice
from fairlead.plan.model import PoolPlan
from fairlead.plan.pools import kubernetes_of
from fairlead.plan.sites import aws_check, aws_databases, aws_names, aws_network, aws_nodes
from fairlead.plan.sites.aws_model import (
    Access,
    Addon,
    AwsSite,
    BroughtNetwork,
    Lustre,
    OwnNetwork,
    Pipeline,
    Store,
)
from fairlead.plan.sites.window import DAYS, window
from fairlead.spec.aws import AwsTarget
from fairlead.spec.model import Platform
from fairlead.spec.pool import Pool

LUSTRE_STEP = 2400
"""GiB: a PERSISTENT_2 file system has 1200, or a multiple of this.

botocore 1.44.5 (PyPI) fsx service model, CreateFileSystemRequest.StorageCapacity, 2026-11-23
"""
KARPENTER = ("karpenter", "karpenter-crd")
COPIES = 2
"""Karpenter: one works, one stands by."""


def check(
    target: AwsTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog
) -> Iterator[Problem]:
    """Every problem of the target's own settings and of pools on it."""
    yield from aws_check.check(target, pools, choices, catalog)


def site(spec: Platform, pools: Sequence[PoolPlan], catalog: Catalog) -> AwsSite:
    """Everything the builder needs, for a spec that the checks have passed."""
    target = spec.target
    if not isinstance(target, AwsTarget):
        raise TypeError(f"{target.kind} is not aws")
    pinned = releases.load("aws")
    rows = aws_nodes.Rows(catalog.machines["aws"], pinned, faults.load())
    groups = tuple(
        aws_nodes.node_group(spec.name, pool, target.capacity_blocks, spec.layers.health, rows)
        for pool in pools
        if pool.min_nodes
    )
    growing = [pool for pool in pools if pool.max_nodes > pool.min_nodes]
    provisioners = tuple(one for pool in growing for one in aws_nodes.provisioners(spec.name, pool, rows))
    shapes = [one.shape for one in (*groups, *provisioners)]
    system = _system(pools)
    managed = databases.managed_plan(spec.layers, "aws")
    addons = tuple(_addons(spec.name, target, pinned))
    names = [tenant.name for tenant in spec.tenants]
    shares, kept = store.shares(spec.layers, names), secrets.shares(spec.layers, names)
    return AwsSite(
        region=target.region,
        account=target.account,
        version=".".join(kubernetes_of(target, catalog.targets["aws"]).split(".")[:2]),
        service_cidr=aws_network.service_range(target.cidr),
        public=target.endpoint.public,
        allow=target.endpoint.allow,
        network=_network(target, managed is not None or bool(kept)),
        key=target.key or "",
        protect=target.protect,
        log_days=target.log_days,
        access=_access(target),
        roles=aws_names.roles(spec.name, shares),
        addons=addons,
        remarks=tuple(releases.unconfirmed([one.name for one in addons], pinned)),
        groups=groups,
        provisioners=provisioners,
        repair=all(pool.repair for pool in growing),
        system_pool=system.name,
        controllers=min(COPIES, system.min_nodes),
        placement_groups=tuple(dict.fromkeys(one.placement for one in shapes if one.placement)),
        fabric=any(one.interfaces for one in shapes),
        window=window(target.maintenance),
        store=Store(
            aws_names.bucket(spec.name, target.account, target.region),
            target.object_store.expire_days,
            target.object_store.protect,
            shares,
        ),
        servers=tuple(aws_databases.servers(spec.name, managed, target.maintenance)),
        secrets=tuple(aws_names.secret_part(spec.name, share) for share in kept),
        shared_storage=target.shared_storage,
        lustre=_lustre(target),
        pipeline=_pipeline(target),
        queue=f"{spec.name}-interruptions",
        charts=KARPENTER if provisioners else (),
    )


def _system(pools: Sequence[PoolPlan]) -> PoolPlan:
    """The first pool of plain nodes that are always there and no spot ones: the checks have seen to it."""
    steady = [pool for pool in pools if pool.accelerator is None and pool.min_nodes]
    return next(pool for pool in steady if pool.capacity != "spot")


def _network(target: AwsTarget, secrets: bool) -> OwnNetwork | BroughtNetwork:
    """secrets: pods of layers ask for what is kept in AWS Secrets Manager."""
    if target.network is None:
        return aws_network.own(target, secrets=secrets)
    return BroughtNetwork(target.network.vpc, {zone: target.network.subnets[zone] for zone in target.zones})


def _access(target: AwsTarget) -> tuple[Access, ...]:
    """One entry for each person or role, with all its groups: EKS takes no second one."""
    groups: dict[str, list[str]] = {arn: [] for arn in target.admins}
    for group, members in target.groups.items():
        for arn in members:
            groups.setdefault(arn, []).append(group)
    return tuple(Access(arn, arn in target.admins, tuple(found)) for arn, found in groups.items())


def _addons(platform: str, target: AwsTarget, rows: Releases) -> Iterator[Addon]:
    """Managed add-ons in the order in which they are made."""

    def addon(name: str, account: str = "", *, settings: str = "", before_nodes: bool = False) -> Addon:
        role = aws_names.role(platform, name) if account else ""
        return Addon(name, rows.addons[name].version, settings, role, account, before_nodes)

    cni = {
        "enableNetworkPolicy": "true",
        "env": {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"},
    }
    yield addon("vpc-cni", "aws-node", settings=json.dumps(cni, sort_keys=True), before_nodes=True)
    yield addon("kube-proxy", before_nodes=True)
    yield addon("eks-pod-identity-agent", before_nodes=True)
    yield addon("coredns")
    yield addon("metrics-server")
    yield addon("eks-node-monitoring-agent")
    yield addon("aws-ebs-csi-driver", "ebs-csi-controller-sa")
    if target.shared_storage:
        yield addon("aws-efs-csi-driver", "efs-csi-controller-sa")
    if target.parallel_storage_tib:
        yield addon("aws-fsx-csi-driver", "fsx-csi-controller-sa")


def _lustre(target: AwsTarget) -> Lustre | None:
    if target.parallel_storage_tib is None:
        return None
    gib = target.parallel_storage_tib * 1024
    size = LUSTRE_STEP // 2 if gib <= LUSTRE_STEP // 2 else -(-gib // LUSTRE_STEP) * LUSTRE_STEP
    day = DAYS.index(target.maintenance.day) or 7
    return Lustre(size, target.zones[0], f"{day}:{target.maintenance.start}")


def _pipeline(target: AwsTarget) -> Pipeline | None:
    if target.ci is None:
        return None
    return Pipeline(
        target.ci.issuer, target.ci.issuer.removeprefix("https://").rstrip("/"), target.ci.subjects
    )
