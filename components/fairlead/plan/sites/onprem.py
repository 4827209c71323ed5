"""A brought cluster's own part of the plan: how it is reached, its nodes by pool, its storage, its store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan.machines import Choice
from fairlead.plan.model import PoolPlan, Site
from fairlead.plan.sites import cuts, onprem_access, onprem_nodes
from fairlead.spec.model import Platform
from fairlead.spec.onprem import BroughtStore, OnpremTarget
from fairlead.spec.pool import Pool

BLOCK, SHARED = "fairlead-block", "fairlead-shared"
NO_CLASS = "the spec names nothing in this cluster that makes such volumes: platform.target.storage.{}"
NO_STORE = "the spec names no object store: platform.target.object_store"
NO_ACCOUNTS = "the spec does not say how workloads prove who they are: platform.target.object_store.accounts"


@dataclass(frozen=True)
class ClusterPlan:
    """A cluster of a cloud by its name; what its cloud does not ask for is None."""

    cloud: str
    name: str
    region: str | None = None
    project: str | None = None
    resource_group: str | None = None


@dataclass(frozen=True)
class VolumesPlan:
    """What makes volumes in the cluster."""

    provisioner: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    binding: str = "WaitForFirstConsumer"
    reclaim: str = "Delete"
    expand: bool = False


@dataclass(frozen=True)
class StorePlan:
    """An object store that others run."""

    uris: Mapping[str, str]
    """Tenant -> its own part."""
    endpoint: str
    region: str
    ranges: tuple[str, ...]
    """Ranges in which it answers."""
    port: int


@dataclass(frozen=True)
class AccountsPlan:
    """What marks pods and service accounts as bearers of an identity."""

    annotations: Mapping[str, Mapping[str, str]]
    """Tenant -> annotations of its service account."""
    pod_labels: Mapping[str, str]


@dataclass(frozen=True)
class OnpremSite(Site):
    """What a brought cluster is taken over with."""

    nodes: Mapping[str, tuple[str, ...]]
    """Pool -> names of its nodes."""
    kubeconfig: str
    """Path of the cluster's kubeconfig, `~` not expanded; empty where another way leads to it."""
    context: str
    stack: str
    """Stack whose output is the kubeconfig; empty where another way leads to it."""
    cluster: ClusterPlan | None
    """Cluster of a cloud by its name."""
    classes: Mapping[str, VolumesPlan] = field(default_factory=dict[str, VolumesPlan])
    """Storage class of the contract -> what makes its volumes."""
    store: StorePlan | None = None
    accounts: AccountsPlan | None = None

    @property
    def lacks(self) -> Mapping[str, str]:
        """Capability -> why this very cluster does not have it, though the target could."""
        absent = {
            "storage-block": NO_CLASS.format("block") if BLOCK not in self.classes else "",
            "storage-shared": NO_CLASS.format("shared") if SHARED not in self.classes else "",
            "object-store": NO_STORE if self.store is None else "",
            "identity": (NO_STORE if self.store is None else NO_ACCOUNTS) if self.accounts is None else "",
        }
        return {name: reason for name, reason in absent.items() if reason}


def check(
    target: OnpremTarget, pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog
) -> Iterator[Problem]:
    """How the cluster is reached, and which of its nodes are which pool."""
    yield from onprem_access.check(target)
    yield from onprem_nodes.check(pools, choices, catalog)
    yield from cuts.all_slices(pools, choices, catalog)


def site(spec: Platform, pools: Sequence[PoolPlan], catalog: Catalog) -> OnpremSite:
    """The site of a platform on a brought cluster."""
    target = spec.target
    if not isinstance(target, OnpremTarget):
        raise TypeError(f"{target.kind} is not onprem")
    sources = {BLOCK: target.storage.block, SHARED: target.storage.shared}
    tenants = [tenant.name for tenant in spec.tenants]
    return OnpremSite(
        nodes={pool.name: pool.nodes.names for pool in spec.pools if pool.nodes},
        kubeconfig=target.kubeconfig or "",
        context=target.context or "",
        stack=target.stack or "",
        cluster=ClusterPlan(**target.cluster.model_dump()) if target.cluster else None,
        classes={name: VolumesPlan(**one.model_dump()) for name, one in sources.items() if one},
        store=_store(target.object_store, tenants),
        accounts=_accounts(target.object_store, tenants),
    )


def _store(store: BroughtStore | None, tenants: Sequence[str]) -> StorePlan | None:
    if store is None:
        return None
    at = urlsplit(store.endpoint)
    port = at.port or (443 if at.scheme == "https" else 80)
    uris = {tenant: f"{store.uri}/{tenant}" for tenant in tenants}
    return StorePlan(uris, store.endpoint, store.region, store.ranges, port)


def _accounts(store: BroughtStore | None, tenants: Sequence[str]) -> AccountsPlan | None:
    if store is None or store.accounts is None:
        return None
    notes = store.accounts.annotations
    per_tenant = {
        tenant: {key: value.replace("{tenant}", tenant) for key, value in notes.items()} for tenant in tenants
    }
    return AccountsPlan(per_tenant, dict(store.accounts.pod_labels))
