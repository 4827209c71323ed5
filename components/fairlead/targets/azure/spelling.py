"""What Azure calls things: roles, resource ids, words of its interfaces. Pure, without the SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

ROLES: Mapping[str, str] = {
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    "Key Vault Crypto User": "12338af0-0e69-4776-bea7-57ae8d297424",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Role Based Access Control Administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "Storage Account Contributor": "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
}
"""Built-in roles. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles, 2026-11-23"""
AKS_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Application of every AKS API server in Entra. https://learn.microsoft.com/azure/aks/kubelogin-authentication"""
TOKEN_AUDIENCE = "api://AzureADTokenExchange"  # noqa: S105 - an audience, no secret
"""Whom a federated token must address. https://learn.microsoft.com/azure/aks/workload-identity-overview"""
CLIENT_ID = "azure.workload.identity/client-id"
"""Annotation of a service account that bears an identity."""
USE_IDENTITY = "azure.workload.identity/use"
"""Label of a pod that is to get its account's identity."""
TIERS: Mapping[str, str] = {"free": "Free", "standard": "Standard", "premium": "Premium"}
NODE_IMAGE_CHANNELS: Mapping[str, str] = {
    "node-image": "NodeImage",
    "security-patch": "SecurityPatch",
    "none": "None",
}
BLOB_ZONE, FILE_ZONE = "privatelink.blob.core.windows.net", "privatelink.file.core.windows.net"
POSTGRES_ZONE = "privatelink.postgres.database.azure.com"
VAULT_ZONE = "privatelink.vaultcore.azure.net"
"""Private DNS zones. https://learn.microsoft.com/azure/private-link/private-endpoint-dns"""
AUDIT_LOGS = (
    "kube-apiserver",
    "kube-audit-admin",
    "kube-controller-manager",
    "kube-scheduler",
    "cluster-autoscaler",
    "cloud-controller-manager",
    "guard",
    "csi-azuredisk-controller",
    "csi-azurefile-controller",
)
"""Log categories of the control plane; kube-audit-admin leaves out what only reads.

https://learn.microsoft.com/azure/aks/monitor-aks-reference#resource-logs, 2026-11-23
"""
VAULT_LOGS = ("AuditEvent",)
"""Of a key vault: who used a key or read a secret.

https://learn.microsoft.com/azure/azure-monitor/reference/supported-logs/microsoft-keyvault-vaults-logs, 2026-11-30
"""


def role_id(subscription: str, role: str) -> str:
    """Resource id of a built-in role. Raises KeyError for a role that is not in the table."""
    return f"{_authorization(subscription)}/roleDefinitions/{ROLES[role]}"


def _authorization(subscription: str) -> str:
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization"


def zone_label(region: str, zone: str) -> str:
    """Value of topology.kubernetes.io/zone on a node: eastus2-1."""
    return f"{region}-{zone}"


def only_roles(roles: Sequence[str]) -> str:
    """A condition under which role assignments may be written and deleted: these roles, for identities only.

    https://learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples, 2026-11-23
    """
    ids = ", ".join(ROLES[role] for role in roles)
    actions = {"write": "@Request", "delete": "@Resource"}
    return " AND ".join(
        f"((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{action}'}})) OR "
        f"({who}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
        f"ForAnyOfAnyValues:GuidEquals {{{ids}}} AND "
        f"{who}[Microsoft.Authorization/roleAssignments:PrincipalType] "
        "ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}))"
        for action, who in actions.items()
    )
