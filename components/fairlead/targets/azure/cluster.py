"""The Azure target as a component: from the plan of the site to a cluster that keeps the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import Provider, ProviderArgs

from fairlead import labels
from fairlead.contract.group import ObjectGroup
from fairlead.contract.handle import ClusterHandle, NodePoolHandle
from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.azure_model import AzureSite
from fairlead.targets.azure import autoscaling, spelling, volumes
from fairlead.targets.azure.audit import audit
from fairlead.targets.azure.control_plane import ControlPlane
from fairlead.targets.azure.databases import Databases, DatabasesArgs
from fairlead.targets.azure.group import ResourceGroups
from fairlead.targets.azure.identity import Identities, WorkloadIdentities, grant
from fairlead.targets.azure.keys import Keys
from fairlead.targets.azure.network import Network
from fairlead.targets.azure.node_pools import NodePools
from fairlead.targets.azure.secrets import Secrets, SecretsArgs
from fairlead.targets.azure.storage import Storage

Render = Callable[[Any], Sequence[Mapping[str, Any]]]
"""Makes the objects of a chart; AKS brings its own controllers, so nothing is rendered here."""


@dataclass(frozen=True)
class AzureClusterArgs:
    """What the cluster is made of."""

    plan: PlatformPlan
    images: Mapping[str, str]
    """Image of the lock -> the reference that pods use."""
    render: Render


class AzureCluster(pulumi.ComponentResource):
    """A cluster of AKS and all around it. `handle` is what the layers get."""

    handle: ClusterHandle

    def __init__(self, name: str, args: AzureClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fairlead:azure:AzureCluster", name, {}, opts)
        plan, site = args.plan, _site(args.plan)
        # In this subscription only: whoever has signed in to another one is refused.
        azure = Provider(
            name,
            ProviderArgs(
                subscription_id=site.subscription, tenant_id=site.entra_tenant, location=site.region
            ),
            pulumi.ResourceOptions(parent=self),
        )
        child = pulumi.ResourceOptions(parent=self, providers=[azure])
        groups = ResourceGroups(name, site, child)
        identities = Identities(name, site, groups, child)
        keys = Keys(name, site, groups, identities, child)
        where = Network(name, site, groups, child)
        data = Storage(name, site, (groups, identities, keys, where), child)
        joins = grant(
            f"{name}-joins",
            site,
            "Network Contributor",
            site.network.subnet or where.vnet,
            identities.cluster,
            pulumi.ResourceOptions(parent=self, provider=azure),
        )
        parts = (groups, identities, keys, where)
        plane = ControlPlane(name, site, parts, [*keys.granted, joins], child)
        pools = NodePools(name, site, (groups, identities, where.nodes), plane.cluster, child)
        bound = WorkloadIdentities(name, site, identities, groups.cluster.name, plane.issuer, child)
        if site.key is None:
            # The vault of a key that stood before is its owner's to watch.
            vault = pulumi.ResourceOptions(parent=keys)
            audit(f"{name}-vault", keys.key.vault, plane.logs, spelling.VAULT_LOGS, vault)
        kept = SecretsArgs(site, groups, where, plane.issuer, plane.logs)
        secrets = Secrets(name, kept, child) if site.secrets else None
        outside = DatabasesArgs(site, groups, identities, keys, where, plane.logs)
        servers = Databases(name, outside, child) if site.servers else None
        inside = pulumi.ResourceOptions(parent=self, provider=plane.provider)
        classes = _classes(keys, data, groups)
        clients = {share: identity.client_id for share, identity in identities.shares.items()}
        objects = [
            *classes.values(),
            *volumes.mounts(site, groups.data.name, clients),
            *autoscaling.objects(site, where.nodes),
            *_pipeline(identities),
        ]
        made = ObjectGroup(f"{name}-base", objects, inside, after=[plane.cluster, *data.ready])
        if data.lustre is not None:
            shared = volumes.parallel(site, data.lustre, [tenant.namespace for tenant in plan.tenants])
            ObjectGroup(f"{name}-parallel", shared, inside, after=[plane.cluster])
        self.handle = ClusterHandle(
            name=name,
            target=plan.target,
            provider=plane.provider,
            kubeconfig=plane.kubeconfig,
            pools={pool.name: NodePoolHandle(pool, pools.ready.get(pool.name, [])) for pool in plan.pools},
            images=args.images,
            system_selector={labels.POOL: site.agent_pools[0].pool},
            storage_classes={one: one for one in classes},
            capabilities={one.name: one for one in plan.capabilities},
            ready=[
                *made.ready,
                *pools.ready[site.agent_pools[0].pool],
                *bound.ready,
                *(secrets.ready if secrets else ()),
            ],
            databases=servers.handle if servers else {},
            object_store=data.object_store,
            identity=bound.handle,
            secrets=secrets.handle if secrets else {},
        )
        self.register_outputs({})


def _site(plan: PlatformPlan) -> AzureSite:
    if not isinstance(plan.site, AzureSite):
        raise TypeError(f"the plan is for target {plan.target}")
    return plan.site


def _classes(keys: Keys, data: Storage, groups: ResourceGroups) -> dict[str, Mapping[str, Any]]:
    files = (groups.data.name, data.files.name) if data.files else None
    return volumes.classes(keys.disks.id, files)


def _pipeline(identities: Identities) -> list[Mapping[str, Any]]:
    """The pipeline deploys what is in the cluster too."""
    if identities.ci is None:
        return []
    group = "rbac.authorization.k8s.io"
    return [
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "fairlead-pipeline"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": group, "kind": "User", "name": identities.ci.principal_id}],
        }
    ]
