"""The control plane of others: the one Kubernetes provider for it, and no credential in the state (C9)."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from fairlead.plan.sites.onprem import ClusterPlan, OnpremSite
from fairlead.targets.onprem import spelling


def provider(
    name: str, site: OnpremSite, kubeconfig: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> kubernetes.Provider:
    """The provider. It is given the path of a file, or the text of a kubeconfig with an exec plugin."""
    return kubernetes.Provider(
        name,
        kubeconfig=site.kubeconfig or kubeconfig,
        context=site.context or None,
        cluster_identifier=name,
        enable_server_side_apply=True,
        opts=opts,
    )


def kubeconfig(site: OnpremSite, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """C9: path of the file that the spec names, or the text for a cluster that a stack or a cloud knows."""
    if site.kubeconfig:
        return pulumi.Output.from_input(str(Path(site.kubeconfig).expanduser()))
    if site.cluster is not None:
        return _LOOKUPS[site.cluster.cloud](site.cluster)
    exported = pulumi.StackReference(site.stack, opts=opts).require_output("kubeconfig")
    return pulumi.Output.unsecret(exported).apply(
        lambda found: spelling.keyless(str(found), f"stack {site.stack}")
    )


def _aws(cluster: ClusterPlan) -> pulumi.Output[str]:
    from pulumi_aws import eks

    found = eks.get_cluster_output(name=cluster.name, region=cluster.region)
    authority = found.certificate_authorities[0].data
    return pulumi.Output.all(found.endpoint, authority).apply(
        lambda both: spelling.kubeconfig(cluster.name, both[0], both[1], spelling.exec_plugin(cluster))
    )


def _gcp(cluster: ClusterPlan) -> pulumi.Output[str]:
    from pulumi_gcp import container

    found = container.get_cluster_output(name=cluster.name, location=cluster.region, project=cluster.project)
    authority = found.master_auths[0].cluster_ca_certificate
    return pulumi.Output.all(found.endpoint, authority).apply(
        lambda both: spelling.kubeconfig(
            cluster.name, f"https://{both[0]}", both[1], spelling.exec_plugin(cluster)
        )
    )


def _azure(cluster: ClusterPlan) -> pulumi.Output[str]:
    from pulumi_azure_native import containerservice

    found = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=str(cluster.resource_group), resource_name=cluster.name
    )
    # What comes may hold a key: address and authority are taken out of it, and the rest is dropped.
    return pulumi.Output.unsecret(found.kubeconfigs[0].value).apply(
        lambda encoded: spelling.kubeconfig(
            cluster.name, *spelling.server_and_authority(encoded), spelling.exec_plugin(cluster)
        )
    )


_LOOKUPS = {"aws": _aws, "gcp": _gcp, "azure": _azure}
