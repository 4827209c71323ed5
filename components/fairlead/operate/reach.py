"""What to do where a stack's state does not tell how its cluster is reached."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.plan.model import PlatformPlan
from fairlead.plan.sites.aws_model import AwsSite
from fairlead.plan.sites.azure_model import AzureSite
from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.plan.sites.onprem import ClusterPlan, OnpremSite

FETCH: Mapping[str, str] = {
    "aws": "aws eks update-kubeconfig --name {name} --region {region} --kubeconfig FILE",
    "gcp": "KUBECONFIG=FILE gcloud container clusters get-credentials {name} --location {region}"
    " --project {project}",
    "azure": "az aks get-credentials --resource-group {resource_group} --name {name} --file FILE"
    " && kubelogin convert-kubeconfig --login azurecli --kubeconfig FILE",
}
"""Cloud -> the command of its own tool that writes a kubeconfig without a key.

https://docs.aws.amazon.com/cli/latest/reference/eks/update-kubeconfig.html,
https://cloud.google.com/sdk/gcloud/reference/container/clusters/get-credentials,
https://azure.github.io/kubelogin/cli/convert-kubeconfig.html, 2026-11-28
"""


def fix(owner: str, plan: PlatformPlan) -> str:
    """Every way to the kubeconfig of a cluster that stack `owner` should have exported."""
    engine = (
        f"`pulumi up -s {owner}` exports it; where it has run, `pulumi login` to the backend of its state"
    )
    fetched = fetch(plan)
    return (
        f"{engine}; or `{fetched}`, then --kubeconfig FILE" if fetched else f"{engine}; or --kubeconfig FILE"
    )


def fetch(plan: PlatformPlan) -> str:
    """The command that fetches the kubeconfig from the plan's cloud; empty where another stack's is meant."""
    cluster = _cluster(plan)
    if cluster is None:
        return ""
    command = FETCH[cluster.cloud].format(
        name=cluster.name,
        region=cluster.region,
        project=cluster.project,
        resource_group=cluster.resource_group,
    )
    by_name = isinstance(plan.site, GcpSite) and plan.site.dns_endpoint
    return f"{command} --dns-endpoint" if by_name else command


def _cluster(plan: PlatformPlan) -> ClusterPlan | None:
    match plan.site:
        case AwsSite(region=region):
            return ClusterPlan("aws", plan.name, region)
        case GcpSite(cluster=cluster, region=region, project=project):
            return ClusterPlan("gcp", cluster, region, project)
        case AzureSite(names=names):
            return ClusterPlan("azure", plan.name, resource_group=names.group)
        case OnpremSite(cluster=cluster):
            return cluster
        case _:
            return None
