"""What containers write, in a Log Analytics workspace of its own: who reads it reads no audit log by that.

AKS runs the collector, on nodes with any taint, under an identity that it makes; a rule says what is collected. The
words of both: scripts/onboarding/aks/onboarding-using-msi-auth/existingClusterOnboarding.json, and for the taints
kubernetes/ama-logs.yaml, of github.com/microsoft/Docker-Provider at b780558, 2026-11-30.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import containerservice, monitor, operationalinsights

STREAM = "Microsoft-ContainerLogV2"
"""Output of containers, and nothing that measures or counts: for that there is layer monitoring."""
EXTENSION, SOURCE, DESTINATION = "ContainerInsights", "ContainerInsightsExtension", "workloads"
COLLECTOR = "omsagent"


def workspace(
    name: str, region: str, group: pulumi.Input[str], days: int, opts: pulumi.ResourceOptions
) -> operationalinsights.Workspace:
    """Where logs are kept, for so many days. It takes tokens of Entra and no key of its own."""
    return operationalinsights.Workspace(
        name,
        operationalinsights.WorkspaceArgs(
            resource_group_name=group,
            workspace_name=name,
            location=region,
            retention_in_days=days,
            sku=operationalinsights.WorkspaceSkuArgs(
                name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018
            ),
            features=operationalinsights.WorkspaceFeaturesArgs(disable_local_auth=True),
        ),
        opts,
    )


def collector(
    kept: operationalinsights.Workspace | None,
) -> Mapping[str, containerservice.ManagedClusterAddonProfileArgs]:
    """The add-on of the cluster that collects, by its name. What is left out might stay as it is: so off is said.

    internal/services/containers/kubernetes_addons.go of github.com/hashicorp/terraform-provider-azurerm at fae5807 says
    it of every add-on too, 2026-11-30
    """
    if kept is None:
        return {COLLECTOR: containerservice.ManagedClusterAddonProfileArgs(enabled=False)}
    config: dict[str, pulumi.Input[str]] = {
        "logAnalyticsWorkspaceResourceID": kept.id,
        "useAADAuth": "true",
    }
    return {COLLECTOR: containerservice.ManagedClusterAddonProfileArgs(enabled=True, config=config)}


def rule(
    name: str,
    region: str,
    group: pulumi.Input[str],
    kept: operationalinsights.Workspace,
    cluster: containerservice.ManagedCluster,
    opts: pulumi.ResourceOptions,
) -> None:
    """What the collector of a cluster sends, and where to."""
    asked = {"interval": "1m", "namespaceFilteringMode": "Off", "enableContainerLogV2": True}
    settings = {"dataCollectionSettings": asked}
    made = monitor.DataCollectionRule(
        name,
        opts,
        resource_group_name=group,
        data_collection_rule_name=name,
        location=region,
        kind=monitor.KnownDataCollectionRuleResourceKind.LINUX,
        data_sources=monitor.DataCollectionRuleDataSourcesArgs(
            extensions=[
                monitor.ExtensionDataSourceArgs(
                    name=SOURCE,
                    extension_name=EXTENSION,
                    streams=[STREAM],
                    extension_settings=settings,
                )
            ]
        ),
        destinations=monitor.DataCollectionRuleDestinationsArgs(
            log_analytics=[
                monitor.LogAnalyticsDestinationArgs(name=DESTINATION, workspace_resource_id=kept.id)
            ]
        ),
        data_flows=[monitor.DataFlowArgs(streams=[STREAM], destinations=[DESTINATION])],
    )
    monitor.DataCollectionRuleAssociation(
        name,
        monitor.DataCollectionRuleAssociationArgs(
            association_name=SOURCE, resource_uri=cluster.id, data_collection_rule_id=made.id
        ),
        opts,
    )
