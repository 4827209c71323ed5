"""Output of containers: collector, the rule of what it sends, and the workspace that keeps it, are one chain.

scripts/onboarding/aks/onboarding-using-msi-auth/existingClusterOnboarding.json and existingClusterParam.json of
github.com/microsoft/Docker-Provider at b780558, 2026-11-30
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference.azure.rules_cluster import at
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource

STREAMS = frozenset(
    f"Microsoft-{name}"
    for name in (
        *("ContainerLog", "ContainerLogV2", "KubeEvents", "KubePodInventory", "KubeNodeInventory"),
        *("KubePVInventory", "KubeServices", "KubeMonAgentEvents", "InsightsMetrics", "Perf"),
        *("ContainerInventory", "ContainerNodeInventory"),
    )
)
"""What the collector can send. The lists of the SDK and of the library end before it."""
OUTPUT = "Microsoft-ContainerLogV2"
SOURCE, EXTENSION = "ContainerInsightsExtension", "ContainerInsights"
RULE, BOND = "monitor:DataCollectionRule", "monitor:DataCollectionRuleAssociation"
COLLECTOR = "addonProfiles.omsagent"


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against collectors and what they are told."""
    for cluster in stack.of("containerservice:ManagedCluster"):
        bonds = stack.users(BOND, "resourceUri", cluster)
        if at(cluster["inputs"], f"{COLLECTOR}.enabled"):
            yield from _collector(cluster, bonds, stack)
        elif bonds:
            yield wrong(bonds[0], "resourceUri", "nothing collects on this cluster")
    for one in stack.of(RULE):
        yield from _rule(one, stack)


def _collector(cluster: Resource, bonds: list[Resource], stack: Stack) -> Iterator[Finding]:
    config = at(cluster["inputs"], f"{COLLECTOR}.config") or {}
    workspace = stack.behind(config.get("logAnalyticsWorkspaceResourceID"))
    if config.get("useAADAuth") != "true":
        yield wrong(
            cluster, f"{COLLECTOR}.config.useAADAuth", "it signs in with a key that the workspace refuses"
        )
    if workspace is None:
        yield wrong(
            cluster, f"{COLLECTOR}.config.logAnalyticsWorkspaceResourceID", "is no workspace of this stack"
        )
    elif stack.users("monitor:DiagnosticSetting", "workspaceId", workspace):
        yield wrong(cluster, COLLECTOR, "who reads output of containers reads the audit log too")
    if [one["inputs"].get("associationName") for one in bonds] != [SOURCE]:
        yield wrong(cluster, COLLECTOR, f"no association {SOURCE} tells it what to send")
    rules = [rule for one in bonds if (rule := stack.behind(one["inputs"].get("dataCollectionRuleId")))]
    for rule in rules:
        kept = [stack.behind(one.get("workspaceResourceId")) for one in _destinations(rule)]
        if workspace not in kept:
            yield wrong(rule, "destinations.logAnalytics", "is another workspace than the collector's")
        if OUTPUT not in _sent(rule):
            yield wrong(rule, "dataFlows", "output of containers is not sent")


def _rule(rule: Resource, stack: Stack) -> Iterator[Finding]:
    inputs = rule["inputs"]
    if inputs.get("kind") != "Linux":
        yield wrong(rule, "kind", "the nodes run Linux")
    if not stack.users(BOND, "dataCollectionRuleId", rule):
        yield wrong(rule, "", "nobody is told")
    names = {one.get("name") for one in _destinations(rule)}
    read: set[Any] = set()
    for index, one in enumerate(at(inputs, "dataSources.extensions") or ()):
        where = f"dataSources.extensions[{index}]"
        read |= set(one.get("streams") or ())
        if (one.get("name"), one.get("extensionName")) != (SOURCE, EXTENSION):
            yield wrong(rule, where, f"is not {SOURCE} of {EXTENSION}")
        settings = at(one, "extensionSettings.dataCollectionSettings") or {}
        if OUTPUT in (one.get("streams") or ()) and settings.get("enableContainerLogV2") is not True:
            yield wrong(rule, f"{where}.extensionSettings", "the collector writes the older table")
        if settings.get("namespaceFilteringMode") not in ("Off", "Include", "Exclude"):
            yield wrong(rule, f"{where}.extensionSettings", "says of no namespaces")
    for stream in sorted(read ^ _sent(rule), key=str):
        yield wrong(rule, "dataFlows", f"{stream!r} is read or sent, and not both")
    for stream in sorted(read - STREAMS, key=str):
        yield wrong(rule, "dataSources", f"the collector knows no {stream!r}")
    for stream in sorted((read & STREAMS) - {OUTPUT}):
        yield wrong(rule, "dataSources", f"{stream} is paid for, and layer monitoring measures it")
    for index, flow in enumerate(inputs.get("dataFlows") or ()):
        if not flow.get("destinations") or set(flow["destinations"]) - names:
            yield wrong(rule, f"dataFlows[{index}].destinations", "is no destination of the rule")


def _destinations(rule: Resource) -> list[Any]:
    return list(at(rule["inputs"], "destinations.logAnalytics") or ())


def _sent(rule: Resource) -> set[Any]:
    return {one for flow in rule["inputs"].get("dataFlows") or () for one in flow.get("streams") or ()}
