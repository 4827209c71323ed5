"""Secrets in Azure Key Vault: a vault for each namespace, and an identity that reads it and nothing else.

A role on a vault opens all of it: no condition of Azure knows the names of secrets, and a role on one secret needs the
secret to be there. https://learn.microsoft.com/azure/key-vault/general/rbac-guide and
https://learn.microsoft.com/azure/role-based-access-control/conditions-overview, 2026-11-29. The store signs in with a
token of its namespace's account: authorizerForWorkloadIdentity in pkg/provider/azure/keyvault/keyvault.go of
github.com/external-secrets/external-secrets v0.20.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import keyvault, managedidentity

from fairlead.contract.secrets import SecretSource
from fairlead.plan.secrets_model import ACCOUNT
from fairlead.plan.sites.azure_model import AzureSite, SecretPart
from fairlead.targets.azure import spelling
from fairlead.targets.azure.audit import audit
from fairlead.targets.azure.group import ResourceGroups
from fairlead.targets.azure.identity import grant
from fairlead.targets.azure.keys import kept_safe, lock
from fairlead.targets.azure.network import Network, private_door, private_zone

READS = "Key Vault Secrets User"
PART = "vault"
"""What a private endpoint of a vault is for. https://learn.microsoft.com/azure/private-link/private-endpoint-overview"""


@dataclass(frozen=True)
class SecretsArgs:
    """What the vaults are made of."""

    site: AzureSite
    groups: ResourceGroups
    where: Network
    issuer: pulumi.Input[str]
    """Of the cluster's tokens."""
    logs: pulumi.Input[str]
    """Id of the workspace that the control plane logs into."""


class Secrets(pulumi.ComponentResource):
    """The vaults, who reads them, and the way to them. Depend on `ready` before a store signs in."""

    handle: Mapping[str, SecretSource]
    """By namespace."""
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fairlead:azure:Secrets", name, {}, opts)
        self._name, self._args, self._site = name, args, args.site
        self._child = pulumi.ResourceOptions(parent=self)
        self.ready = []
        group = args.groups.cluster.name
        self._zone = private_zone(f"{name}-secrets", args.where, group, spelling.VAULT_ZONE, self._child)
        self.handle = {part.share.namespace: self._one(part) for part in self._site.secrets}
        self.register_outputs({})

    def _one(self, part: SecretPart) -> SecretSource:
        site, group, child = self._site, self._args.groups.cluster.name, self._child
        vault = self._vault(part)
        identity = managedidentity.UserAssignedIdentity(
            part.identity,
            child,
            resource_group_name=group,
            resource_name_=part.identity,
            location=site.region,
        )
        bound = managedidentity.FederatedIdentityCredential(
            part.identity,
            child,
            resource_group_name=group,
            resource_name_=identity.name,
            federated_identity_credential_resource_name=self._name,
            issuer=self._args.issuer,
            subject=f"system:serviceaccount:{part.share.namespace}:{part.share.account}",
            audiences=[spelling.TOKEN_AUDIENCE],
        )
        reads = grant(part.identity, site, READS, vault.id, identity, child)
        service = (vault.id, PART, self._zone)
        door = private_door(part.identity, self._args.where, group, site.region, service, child)
        self.ready += [bound, reads, door]
        return SecretSource(
            provider=provider(site, part),
            place=f"the key vault {part.vault}",
            account_annotations={spelling.CLIENT_ID: identity.client_id},
        )

    def _vault(self, part: SecretPart) -> keyvault.Vault:
        """It has no address in the internet."""
        site = self._site
        nobody = keyvault.NetworkRuleSetArgs(
            default_action=keyvault.NetworkRuleAction.DENY, bypass=keyvault.NetworkRuleBypassOptions.NONE
        )
        made = keyvault.Vault(
            part.identity,
            keyvault.VaultArgs(
                resource_group_name=self._args.groups.data.name,
                vault_name=part.vault,
                location=site.region,
                properties=kept_safe(site, keyvault.SkuName.STANDARD, "Disabled", nobody),
            ),
            pulumi.ResourceOptions(parent=self, protect=site.protect, retain_on_delete=site.keep_objects),
        )
        if site.protect:
            lock(part.identity, made.id, self._child)
        audit(part.identity, made.id, self._args.logs, spelling.VAULT_LOGS, self._child)
        return made


def provider(site: AzureSite, part: SecretPart) -> dict[str, Any]:
    """The store's own words for it. Which identity the account bears, the account's annotation says."""
    return {
        "azurekv": {
            "authType": "WorkloadIdentity",
            "vaultUrl": f"https://{part.vault}.vault.azure.net",
            "tenantId": site.entra_tenant,
            "serviceAccountRef": {"name": ACCOUNT},
        }
    }
