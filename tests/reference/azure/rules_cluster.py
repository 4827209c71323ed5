"""Rules of a cluster as a whole: what one profile asks of another, versions, maintenance, audit."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource, is_unknown, whole_reference

_MAINTENANCE = {"default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}
"""The three that AKS knows (MicrosoftDocs/azure-aks-docs, planned-maintenance.md, read 2026-11-23)."""
_LOGS = {
    "cloud-controller-manager", "cluster-autoscaler", "csi-azuredisk-controller", "csi-azurefile-controller",
    "csi-snapshot-controller", "guard", "kube-apiserver", "kube-audit", "kube-audit-admin",
    "kube-controller-manager", "kube-scheduler",
}  # fmt: skip
"""Log categories of a managed cluster (MicrosoftDocs/azure-reference-other, supported-logs, of 2024-02-21,
generated from Azure's API, read 2026-11-23)."""


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against the clusters and what belongs to them."""
    for one in stack.of("containerservice:ManagedCluster"):
        yield from _identity(one)
        yield from _access(one)
        yield from _encryption(one)
        yield from _network(one, stack)
        yield from _autoscalers(one, stack)
        yield from _versions(one, stack)
        yield from _audited(one, stack)
    for one in stack.of("containerservice:MaintenanceConfiguration"):
        yield from _maintenance(one)
    for one in stack.of("monitor:DiagnosticSetting"):
        yield from _logs(one, stack)


def at(inputs: Mapping[str, Any], path: str) -> Any:
    """A nested value, None where it or anything before it is left out."""
    value: Any = inputs
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _identity(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    kind, users = at(inputs, "identity.type"), at(inputs, "identity.userAssignedIdentities") or []
    if kind is None or "servicePrincipalProfile" in inputs:
        yield wrong(one, "identity", "a cluster without a managed identity has a password")
    if (kind == "UserAssigned") != (len(users) == 1):
        yield wrong(one, "identity.userAssignedIdentities", f"{len(users)} identities for {kind}")
    if at(inputs, "securityProfile.workloadIdentity.enabled") and not at(inputs, "oidcIssuerProfile.enabled"):
        yield wrong(one, "securityProfile.workloadIdentity", "workload identity needs the OIDC issuer")


def _access(one: Resource) -> Iterator[Finding]:
    inputs, profile = one["inputs"], one["inputs"].get("apiServerAccessProfile") or {}
    if not inputs.get("disableLocalAccounts"):
        yield wrong(one, "disableLocalAccounts", "local accounts are certificates that nobody can revoke")
    if not at(inputs, "aadProfile.managed"):
        yield wrong(one, "aadProfile", "without local accounts, people come in through Entra ID")
    if inputs.get("enableRBAC") is False:
        yield wrong(one, "enableRBAC", "everyone who comes in may do everything")
    if profile.get("enablePrivateCluster") and profile.get("authorizedIPRanges"):
        yield wrong(one, "apiServerAccessProfile.authorizedIPRanges", "of a public endpoint only")
    if not profile.get("enablePrivateCluster") and not profile.get("authorizedIPRanges"):
        yield wrong(one, "apiServerAccessProfile", "the API is open to the whole internet")
    if profile.get("privateDNSZone") and not profile.get("enablePrivateCluster"):
        yield wrong(one, "apiServerAccessProfile.privateDNSZone", "of a private cluster only")
    for index, text in enumerate(profile.get("authorizedIPRanges") or []):
        if network(text) is None or str(text).endswith("/0"):
            yield wrong(
                one, f"apiServerAccessProfile.authorizedIPRanges[{index}]", f"{text!r} is no range to allow"
            )


def _encryption(one: Resource) -> Iterator[Finding]:
    kms = at(one["inputs"], "securityProfile.azureKeyVaultKms") or {}
    path = "securityProfile.azureKeyVaultKms"
    if kms.get("enabled") and "keyId" not in kms:
        yield wrong(one, path, "encryption of secrets needs a key")
    if kms.get("keyId") and not kms.get("enabled"):
        yield wrong(one, path, "a key that is not used")
    private = kms.get("keyVaultNetworkAccess") == "Private"
    if kms and private != bool(kms.get("keyVaultResourceId")):
        yield wrong(one, f"{path}.keyVaultResourceId", "given exactly where the vault's access is Private")
    if private and not at(one["inputs"], "apiServerAccessProfile.enableVnetIntegration"):
        yield wrong(one, f"{path}.keyVaultNetworkAccess", "a private vault needs virtual network integration")
    if kms and at(one["inputs"], "identity.type") != "UserAssigned":
        yield wrong(one, path, "encryption of secrets needs an own cluster identity")


def network(text: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """An address range, None if it is none."""
    try:
        return ipaddress.ip_network(str(text))
    except ValueError:
        return None


def _network(one: Resource, stack: Stack) -> Iterator[Finding]:
    profile = one["inputs"].get("networkProfile") or {}
    if profile.get("networkPluginMode") == "overlay" and profile.get("networkPlugin") != "azure":
        yield wrong(one, "networkProfile.networkPluginMode", "overlay is a mode of the plugin azure")
    if (profile.get("networkDataplane") == "cilium") != (profile.get("networkPolicy") == "cilium"):
        yield wrong(
            one, "networkProfile.networkPolicy", "the policies and the data plane of Cilium go together"
        )
    ranges = {key: network(profile[key]) for key in ("podCidr", "serviceCidr") if key in profile}
    for key, found in ranges.items():
        if found is None:
            yield wrong(one, f"networkProfile.{key}", f"{profile[key]!r} is no address range")
    taken = [
        ("a virtual network", network(prefix))
        for vnet in stack.of("network:VirtualNetwork")
        for prefix in at(vnet["inputs"], "addressSpace.addressPrefixes") or ()
    ]
    pairs = [*ranges.items(), *taken]
    for index, (key, mine) in enumerate(ranges.items()):
        for other, theirs in pairs[index + 1 :]:
            if mine and theirs and mine.overlaps(theirs):
                yield wrong(one, f"networkProfile.{key}", f"{mine} overlaps {theirs} of {other}")
    yield from _dns(one, profile, ranges.get("serviceCidr"))
    yield from _room(one, stack, ranges.get("podCidr"), profile)


_LARGEST_SERVICES = 12
"""The range of services is smaller than /12 (MicrosoftDocs/azure-aks-docs, azure-cni-overlay.md)."""


def _dns(one: Resource, profile: Mapping[str, Any], services: Any) -> Iterator[Finding]:
    if services is not None and services.prefixlen <= _LARGEST_SERVICES:
        yield wrong(one, "networkProfile.serviceCidr", f"{services} is not smaller than /{_LARGEST_SERVICES}")
    text = profile.get("dnsServiceIP")
    if services is None or text is None:
        return
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        yield wrong(one, "networkProfile.dnsServiceIP", f"{text!r} is no address")
        return
    if address not in services or address == services.network_address + 1:
        yield wrong(one, "networkProfile.dnsServiceIP", f"{address} is not a free address of {services}")


def _room(one: Resource, stack: Stack, pods: Any, profile: Mapping[str, Any]) -> Iterator[Finding]:
    """Overlay gives every node a /24 of the pods' range (azure-cni-overlay.md)."""
    if pods is None or profile.get("networkPluginMode") != "overlay":
        return
    nodes = sum(pool.largest for pool in stack.pools() if pool.cluster is one)
    if nodes > 2 ** (24 - pods.prefixlen):
        yield wrong(one, "networkProfile.podCidr", f"{pods} has no room for the {nodes} nodes of the pools")


def _autoscalers(one: Resource, stack: Stack) -> Iterator[Finding]:
    """Node auto-provisioning and the cluster autoscaler exclude each other (Microsoft's page, read 2026-11-23)."""
    if at(one["inputs"], "nodeProvisioningProfile.mode") != "Auto":
        return
    for pool in stack.pools():
        if pool.cluster is one and pool.inputs.get("enableAutoScaling"):
            yield pool.wrong("enableAutoScaling", "not beside node auto-provisioning")


def _versions(one: Resource, stack: Stack) -> Iterator[Finding]:
    text = str(one["inputs"].get("kubernetesVersion", ""))
    cluster = _minor(text)
    if cluster is None:
        yield wrong(one, "kubernetesVersion", f"{text!r} is no pinned version")
        return
    for pool in stack.pools():
        version = pool.inputs.get("orchestratorVersion")
        minor = _minor(str(version)) if version else cluster
        if pool.cluster is one and (minor is None or not cluster - 3 <= minor <= cluster):
            yield pool.wrong("orchestratorVersion", f"{version!r} beside a cluster of {text}")
    long_term = one["inputs"].get("supportPlan") == "AKSLongTermSupport"
    if long_term and at(one["inputs"], "sku.tier") != "Premium":
        yield wrong(one, "supportPlan", "long-term support is of the Premium tier")


def _minor(text: str) -> int | None:
    found = re.fullmatch(r"1\.(\d{2})(\.\d{1,2})?", text)
    return int(found[1]) if found else None


def _maintenance(one: Resource) -> Iterator[Finding]:
    inputs, window = one["inputs"], one["inputs"].get("maintenanceWindow") or {}
    if inputs.get("configName") not in _MAINTENANCE:
        yield wrong(
            one, "configName", f"{inputs.get('configName')!r} is none of {', '.join(sorted(_MAINTENANCE))}"
        )
    if inputs.get("configName") == "default" and window:
        yield wrong(one, "maintenanceWindow", "the configuration `default` has timeInWeek only")
    schedule = window.get("schedule")
    if schedule is not None and len(schedule) != 1:
        yield wrong(one, "maintenanceWindow.schedule", f"exactly one schedule, not {len(schedule)}")


def _audited(one: Resource, stack: Stack) -> Iterator[Finding]:
    categories = {
        log.get("category") or log.get("categoryGroup")
        for setting in stack.users("monitor:DiagnosticSetting", "resourceUri", one)
        for log in setting["inputs"].get("logs") or ()
        if log.get("enabled")
    }
    if not categories & {"kube-audit", "kube-audit-admin", "audit", "allLogs"}:
        yield wrong(one, "", "nobody keeps the audit log of this cluster")


def _logs(one: Resource, stack: Stack) -> Iterator[Finding]:
    inputs = one["inputs"]
    kinds = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
    if not any(inputs.get(kind) for kind in kinds):
        yield wrong(one, "", "logs go nowhere")
    target = whole_reference(inputs.get("resourceUri"))
    of_cluster = target is not None and target.type.endswith(":ManagedCluster")
    for index, log in enumerate(inputs.get("logs") or ()):
        category = log.get("category")
        if (category is None) == (log.get("categoryGroup") is None):
            yield wrong(one, f"logs[{index}]", "exactly one of category and categoryGroup")
        elif of_cluster and category is not None and category not in _LOGS and not is_unknown(category):
            yield wrong(one, f"logs[{index}].category", f"a cluster has no log {category!r}")
