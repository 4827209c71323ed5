"""The platform's key: it encrypts secrets in etcd, disks, and data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_azure_native import authorization, compute, keyvault

from fairlead.plan.sites.azure_model import AzureSite
from fairlead.targets.azure.group import ResourceGroups
from fairlead.targets.azure.identity import Identities, grant

LONG, SHORT = 90, 7
"""Days for which a deleted vault can be restored; protected platforms keep it longest."""


@dataclass(frozen=True)
class PlatformKey:
    """A key and where it is."""

    vault: pulumi.Input[str]
    """Resource id."""
    vault_uri: pulumi.Input[str]
    name: pulumi.Input[str]
    uri: pulumi.Input[str]
    """With its version."""


class Keys(pulumi.ComponentResource):
    """The key, who may use it, and the disk encryption set that does."""

    key: PlatformKey
    disks: compute.DiskEncryptionSet
    granted: list[pulumi.Resource]
    """Depend on these before anything encrypts with the key."""

    def __init__(
        self,
        name: str,
        site: AzureSite,
        groups: ResourceGroups,
        identities: Identities,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:azure:Keys", name, {}, opts)
        self._site, self._groups = site, groups
        child = pulumi.ResourceOptions(parent=self)
        self.key = self._standing() or self._made(name)
        vault = self.key.vault
        use = "Key Vault Crypto Service Encryption User"
        kept = pulumi.ResourceOptions(parent=self, retain_on_delete=site.keep_objects)
        encrypts = grant(f"{name}-encrypts", site, use, vault, identities.encryption, kept)
        secrets = grant(f"{name}-secrets", site, "Key Vault Crypto User", vault, identities.cluster, child)
        self.disks = compute.DiskEncryptionSet(
            f"{name}-disks",
            compute.DiskEncryptionSetArgs(
                resource_group_name=groups.data.name,
                disk_encryption_set_name=f"{name}-disks",
                location=site.region,
                encryption_type=compute.DiskEncryptionSetType.ENCRYPTION_AT_REST_WITH_CUSTOMER_KEY,
                active_key=compute.KeyForDiskEncryptionSetArgs(
                    key_url=self.key.uri, source_vault=compute.SourceVaultArgs(id=vault)
                ),
                identity=compute.EncryptionSetIdentityArgs(
                    type=compute.DiskEncryptionSetIdentityType.USER_ASSIGNED,
                    user_assigned_identities=[identities.encryption.id],
                ),
                # Nodes on their own disks must be away while the key changes: nobody rotates it unasked.
                rotation_to_latest_key_version_enabled=False,
            ),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[encrypts],
                protect=site.protect,
                retain_on_delete=site.keep_objects,
            ),
        )
        reads = grant(f"{name}-reads-disks", site, "Reader", self.disks.id, identities.cluster, child)
        self.granted = [encrypts, secrets, reads]
        self.register_outputs({})

    def _standing(self) -> PlatformKey | None:
        known = self._site.key
        return PlatformKey(known.vault, known.vault_uri, known.name, known.uri) if known else None

    def _made(self, name: str) -> PlatformKey:
        site = self._site
        kept = pulumi.ResourceOptions(parent=self, protect=site.protect, retain_on_delete=site.keep_objects)
        vault = keyvault.Vault(
            f"{name}-vault",
            keyvault.VaultArgs(
                resource_group_name=self._groups.data.name,
                vault_name=site.names.vault,
                location=site.region,
                # AKS' key service plugin reaches no vault behind a firewall unless the API server is in the network
                # too: https://learn.microsoft.com/azure/aks/use-kms-etcd-encryption#limitations
                properties=kept_safe(site, keyvault.SkuName.PREMIUM, "Enabled"),
            ),
            kept,
        )
        key = keyvault.Key(
            f"{name}-key",
            keyvault.KeyArgs(
                resource_group_name=self._groups.data.name,
                vault_name=vault.name,
                key_name="platform",
                properties=keyvault.KeyPropertiesArgs(
                    kty=keyvault.JsonWebKeyType.RS_A_HSM,
                    key_size=3072,
                    key_ops=["encrypt", "decrypt", "wrapKey", "unwrapKey"],
                ),
            ),
            kept,
        )
        if site.protect:
            self._lock(f"{name}-vault", vault.id)
        uri = pulumi.Output.concat("https://", vault.name, ".vault.azure.net")
        return PlatformKey(vault.id, uri, key.name, key.key_uri_with_version)

    def _lock(self, name: str, scope: pulumi.Input[str]) -> None:
        lock(name, scope, pulumi.ResourceOptions(parent=self))


def kept_safe(
    site: AzureSite,
    sku: keyvault.SkuName,
    public: Literal["Enabled", "Disabled"],
    rules: keyvault.NetworkRuleSetArgs | None = None,
) -> keyvault.VaultPropertiesArgs:
    """Of every vault: roles open it and no access policy, and what is deleted can be brought back for a while."""
    return keyvault.VaultPropertiesArgs(
        tenant_id=site.entra_tenant,
        sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=sku),
        enable_rbac_authorization=True,
        enable_soft_delete=True,
        enable_purge_protection=True,
        soft_delete_retention_in_days=LONG if site.protect else SHORT,
        public_network_access=public,
        network_acls=rules,
    )


def lock(
    name: str, scope: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> authorization.ManagementLockByScope:
    """Azure itself refuses to delete this until the lock is taken off."""
    return authorization.ManagementLockByScope(
        f"{name}-lock",
        authorization.ManagementLockByScopeArgs(
            level=authorization.LockLevel.CAN_NOT_DELETE,
            lock_name="fairlead",
            scope=scope,
            notes="Holds data of the platform. Taken off when target.protect is false.",
        ),
        opts,
    )
