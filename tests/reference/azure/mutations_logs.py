"""Mistakes with output of containers that the judge of Azure must notice, one at a time."""

from __future__ import annotations

from reference.azure.kinds import PROVIDER
from reference.azure.rules_logs import BOND, RULE
from reference.azure.stack import CLUSTER
from reference.common import Resource
from reference.mutation import Mutation, delete, edit, to

COLLECTOR = "addonProfiles.omsagent"
SOURCE, FLOW = "dataSources.extensions[0]", "dataFlows[0]"
SETTINGS = f"{SOURCE}.extensionSettings.dataCollectionSettings"
KEPT = f"{PROVIDER}operationalinsights:Workspace"
ASKED, BOUND = f"{PROVIDER}{RULE}", f"{PROVIDER}{BOND}"


def _of_workloads(one: Resource) -> bool:
    return one["name"].endswith("-workloads")


def _audit(text: str) -> str:
    return text.replace("-workloads", "-logs")


LOGS = (
    Mutation("a key in the place of a token", CLUSTER, f"{COLLECTOR}.config.useAADAuth", to("false")),
    Mutation("no word of how it signs in", CLUSTER, f"{COLLECTOR}.config.useAADAuth", delete),
    Mutation("the audit log's workspace", CLUSTER, f"{COLLECTOR}.config.logAnalyticsWorkspaceResourceID", edit(_audit)),
    Mutation("no workspace", CLUSTER, f"{COLLECTOR}.config.logAnalyticsWorkspaceResourceID", delete),
    Mutation("a collector that is off", CLUSTER, f"{COLLECTOR}.enabled", to(False)),
    Mutation("no collector", CLUSTER, COLLECTOR, delete),
    Mutation("a bond that is not looked for", BOUND, "associationName", to("workloads")),
    Mutation("a bond of another thing", BOUND, "resourceUri", edit(lambda one: one.replace("ManagedC", "C"))),
    Mutation("a bond without a rule", BOUND, "dataCollectionRuleId", delete),
    Mutation("a rule for Windows", ASKED, "kind", to("Windows")),
    Mutation("a rule without a source", ASKED, "dataSources", delete),
    Mutation("a rule that sends nothing", ASKED, "dataFlows", delete),
    Mutation("a stream that is not read", ASKED, f"{FLOW}.streams[0]", to("Microsoft-KubeEvents")),
    Mutation("a stream that there is not", ASKED, f"{SOURCE}.streams[0]", to("Microsoft-ContainerLogV3")),
    Mutation("another extension", ASKED, f"{SOURCE}.extensionName", to("DependencyAgent")),
    Mutation("a source of another name", ASKED, f"{SOURCE}.name", to("output")),
    Mutation("the older table", ASKED, f"{SETTINGS}.enableContainerLogV2", to(False)),
    Mutation("a filter that there is not", ASKED, f"{SETTINGS}.namespaceFilteringMode", to("None")),
    Mutation("a destination that there is not", ASKED, f"{FLOW}.destinations[0]", to("elsewhere")),
    Mutation("another workspace", ASKED, "destinations.logAnalytics[0].workspaceResourceId", edit(_audit)),
    Mutation("output that is kept for a week", KEPT, "retentionInDays", to(7), _of_workloads),
    Mutation("keys that open the workspace", KEPT, "features.disableLocalAuth", delete, _of_workloads),
)  # fmt: skip
