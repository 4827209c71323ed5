"""The part of the plan that only AWS has: its checks, and everything its builder needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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
    WorkloadLogs,
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
COLLECTOR = "amazon-cloudwatch-observability"
COLLECTED = tuple(f"/aws/containerinsights/{{}}/{part}" for part in ("application", "dataplane", "host"))
"""Log groups of its Fluent Bit: containers; kubelet, containerd, kube-proxy and the CNI; kernel and system of the node.

github.com/aws-observability/helm-charts, tag amazon-cloudwatch-observability-6.3.0, values.yaml, log_group_name,
2026-11-30
"""
LOGS_ALONE: Mapping[str, Any] = {
    "agents": [],
    "containerLogs": {"enabled": True},
    **{
        name: {"enabled": False}
        for name in (
            *("containerInsights", "applicationSignals", "dcgmExporter", "neuronMonitor"),
            *("kubeStateMetrics", "nodeExporter"),
        )
    },
}
"""Its Fluent Bit and nothing that measures, for which there is layer monitoring: without `agents: []` an agent with an
empty configuration crashes on every node. Fluent Bit runs on nodes with any taint, its operator on none.

values.yaml and templates there; terraform/addon-cloudwatch.tf of github.com/Latnook/voteball, which runs it so;
2026-11-30
"""
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
    addons = tuple(_addons(spec, target, pinned))
    names = [tenant.name for tenant in spec.tenants]
    shares, kept = store.shares(spec.layers, names), secrets.shares(spec.layers, names)
    return AwsSite(
        region=target.region,
        account=target.account,
        version=".".join(kubernetes_of(target, catalog.targets["aws"]).split(".")[:2]),
        service_cidr=aws_network.service_range(target.cidr),
        public=target.endpoint.public,
        allow=target.endpoint.allow,
        network=_network(spec, target, secrets=managed is not None or bool(kept)),
        key=target.key or "",
        protect=target.protect,
        log_days=target.log_days,
        workload_logs=_workload_logs(spec),
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


def _network(spec: Platform, target: AwsTarget, *, secrets: bool) -> OwnNetwork | BroughtNetwork:
    """secrets: pods of layers ask for what is kept in AWS Secrets Manager."""
    if target.network is None:
        asked = {aws_network.SECRETS: secrets, aws_network.LOGS: spec.logs is not None}
        return aws_network.own(target, *(name for name, wanted in asked.items() if wanted))
    return BroughtNetwork(target.network.vpc, {zone: target.network.subnets[zone] for zone in target.zones})


def _access(target: AwsTarget) -> tuple[Access, ...]:
    """One entry for each person or role, with all its groups: EKS takes no second one."""
    groups: dict[str, list[str]] = {arn: [] for arn in target.admins}
    for group, members in target.groups.items():
        for arn in members:
            groups.setdefault(arn, []).append(group)
    return tuple(Access(arn, arn in target.admins, tuple(found)) for arn, found in groups.items())


def _addons(spec: Platform, target: AwsTarget, rows: Releases) -> Iterator[Addon]:
    """Managed add-ons in the order in which they are made."""

    def addon(name: str, account: str = "", *, settings: str = "", before_nodes: bool = False) -> Addon:
        role = aws_names.role(spec.name, name) if account else ""
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
    if spec.logs:
        yield addon(COLLECTOR, "cloudwatch-agent", settings=json.dumps(LOGS_ALONE, sort_keys=True))


def _workload_logs(spec: Platform) -> WorkloadLogs | None:
    """The groups are those that the collector writes into by its own names."""
    if spec.logs is None:
        return None
    return WorkloadLogs(tuple(group.format(spec.name) for group in COLLECTED), spec.logs.days)


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
