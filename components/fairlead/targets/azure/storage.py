"""Where data is: the object store, shared files, a parallel file system."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import storage, storagecache

from fairlead.contract.handle import ObjectStore, Reach
from fairlead.plan.sites.azure_model import AzureSite
from fairlead.targets.azure import spelling
from fairlead.targets.azure.group import ResourceGroups
from fairlead.targets.azure.identity import Identities, grant
from fairlead.targets.azure.keys import Keys, lock
from fairlead.targets.azure.network import Network, PrivateDoor

RESTORE_DAYS = 7
"""Days for which a deleted object can be restored beside its versions."""


NOT_PUBLIC = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")


def reach(site: AzureSite) -> list[Reach]:
    """What tenants' pods call: the store at its private endpoint, and Entra, which gives them their identity.

    Entra has no fixed addresses that a network policy could name: any in the internet, on one port.
    https://learn.microsoft.com/azure/aks/outbound-rules-control-egress (login.microsoftonline.com), 2026-11-23
    """
    inside = site.network.endpoints or site.network.space
    return [Reach(inside, (443,)), Reach("0.0.0.0/0", (443,), NOT_PUBLIC)]


class Storage(pulumi.ComponentResource):
    """Where data is. All of it is encrypted with the platform's key and reached inside the network only."""

    object_store: ObjectStore
    files: storage.StorageAccount | None
    lustre: storagecache.AmlFilesystem | None
    ready: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: AzureSite,
        parts: tuple[ResourceGroups, Identities, Keys, Network],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:azure:Storage", name, {}, opts)
        self._site = site
        self._groups, self._identities, self._keys, self._network = parts
        self.ready = []
        self.object_store = self._objects(name)
        self.files = self._files(name) if site.shared_storage else None
        subnet = self._network.lustre
        self.lustre = self._lustre(name, subnet) if site.lustre_tib and subnet is not None else None
        self.register_outputs({})

    def _account(
        self, name: str, account: str, kind: storage.Kind, sku: storage.SkuName, part: str, zone: str
    ) -> storage.StorageAccount:
        """An account that no key opens and that has no address in the internet."""
        site, encryption = self._site, self._identities.encryption
        blob = storage.EncryptionServiceArgs(enabled=True, key_type="Account")
        made = storage.StorageAccount(
            name,
            storage.StorageAccountArgs(
                resource_group_name=self._groups.data.name,
                account_name=account,
                location=site.region,
                kind=kind,
                sku=storage.SkuArgs(name=sku),
                access_tier=storage.AccessTier.HOT if part == "blob" else None,
                allow_blob_public_access=False,
                allow_shared_key_access=False,
                allow_cross_tenant_replication=False,
                default_to_o_auth_authentication=True,
                # NFS has no TLS of its own: the network is private instead.
                enable_https_traffic_only=part == "blob",
                minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
                public_network_access=storage.PublicNetworkAccess.DISABLED,
                network_rule_set=storage.NetworkRuleSetArgs(
                    default_action=storage.DefaultAction.DENY, bypass=storage.Bypass.AZURE_SERVICES
                ),
                identity=storage.IdentityArgs(
                    type=storage.IdentityType.USER_ASSIGNED, user_assigned_identities=[encryption.id]
                ),
                encryption=storage.EncryptionArgs(
                    key_source=storage.KeySource.MICROSOFT_KEYVAULT,
                    key_vault_properties=storage.KeyVaultPropertiesArgs(
                        key_name=self._keys.key.name, key_vault_uri=self._keys.key.vault_uri
                    ),
                    encryption_identity=storage.EncryptionIdentityArgs(
                        encryption_user_assigned_identity=encryption.id
                    ),
                    services=storage.EncryptionServicesArgs(blob=blob, file=blob),
                ),
            ),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=self._keys.granted,
                protect=site.protect,
                retain_on_delete=site.keep_objects,
            ),
        )
        if site.protect:
            lock(name, made.id, pulumi.ResourceOptions(parent=self))
        where, group = self._network, self._groups.cluster.name
        opts = pulumi.ResourceOptions(parent=self)
        self.ready.append(PrivateDoor(name, where, group, site.region, (made.id, part, zone), opts).ready)
        return made

    def _objects(self, name: str) -> ObjectStore:
        site, group = self._site, self._groups.data.name
        kind, sku = storage.Kind.STORAGE_V2, storage.SkuName.STANDARD_ZRS
        account = self._account(f"{name}-objects", site.names.objects, kind, sku, "blob", spelling.BLOB_ZONE)
        child = pulumi.ResourceOptions(parent=self)
        keep = storage.DeleteRetentionPolicyArgs(enabled=True, days=RESTORE_DAYS)
        blobs = storage.BlobServiceProperties(
            f"{name}-objects",
            storage.BlobServicePropertiesArgs(
                resource_group_name=group,
                account_name=account.name,
                blob_services_name="default",
                is_versioning_enabled=True,
                delete_retention_policy=keep,
                container_delete_retention_policy=keep,
            ),
            child,
        )
        self._expiry(name, account, blobs)
        for one in site.containers:
            container = storage.BlobContainer(
                f"{name}-{one.container}",
                storage.BlobContainerArgs(
                    resource_group_name=group,
                    account_name=account.name,
                    container_name=one.container,
                    public_access=storage.PublicAccess.NONE,
                ),
                pulumi.ResourceOptions(
                    parent=self, depends_on=[blobs], protect=site.protect, retain_on_delete=site.keep_objects
                ),
            )
            identity = self._identities.shares[one.share.name]
            role = "Storage Blob Data Contributor"
            self.ready.append(grant(f"{name}-{one.container}", site, role, container.id, identity, child))
        host = f"{site.names.objects}.blob.core.windows.net"
        uris = {one.share.name: f"abfs://{one.container}@{host}" for one in site.containers}
        return ObjectStore(uris, f"https://{host}", site.region, reach(site))

    def _expiry(self, name: str, account: storage.StorageAccount, blobs: pulumi.Resource) -> None:
        """Older versions go after a time; the newest stays."""
        after = storage.DateAfterCreationArgs(days_after_creation_greater_than=self._site.expire_days)
        rule = storage.ManagementPolicyRuleArgs(
            name="old-versions",
            type=storage.RuleType.LIFECYCLE,
            enabled=True,
            definition=storage.ManagementPolicyDefinitionArgs(
                filters=storage.ManagementPolicyFilterArgs(blob_types=["blockBlob"]),
                actions=storage.ManagementPolicyActionArgs(
                    version=storage.ManagementPolicyVersionArgs(delete=after)
                ),
            ),
        )
        storage.ManagementPolicy(
            f"{name}-objects",
            storage.ManagementPolicyArgs(
                resource_group_name=self._groups.data.name,
                account_name=account.name,
                management_policy_name="default",
                policy=storage.ManagementPolicySchemaArgs(rules=[rule]),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[blobs]),
        )

    def _files(self, name: str) -> storage.StorageAccount:
        """Shared volumes: the cluster makes an NFS share for each in this account."""
        kind, sku = storage.Kind.FILE_STORAGE, storage.SkuName.PREMIUM_LRS
        account = self._account(
            f"{name}-files", self._site.names.files, kind, sku, "file", spelling.FILE_ZONE
        )
        opts = pulumi.ResourceOptions(parent=self)
        role, cluster = "Storage Account Contributor", self._identities.cluster
        self.ready.append(grant(f"{name}-files", self._site, role, account.id, cluster, opts))
        return account

    def _lustre(self, name: str, subnet: pulumi.Input[str]) -> storagecache.AmlFilesystem:
        """The file system; whoever runs the cluster brings its CSI driver."""
        site = self._site
        return storagecache.AmlFilesystem(
            f"{name}-lustre",
            storagecache.AmlFilesystemArgs(
                resource_group_name=self._groups.data.name,
                aml_filesystem_name=f"{name}-lustre",
                location=site.region,
                zones=[site.zones[0]],
                filesystem_subnet=subnet,
                storage_capacity_ti_b=site.lustre_tib,
                sku=storagecache.SkuNameArgs(name="AMLFS-Durable-Premium-250"),
                maintenance_window=storagecache.AmlFilesystemMaintenanceWindowArgs(
                    day_of_week=storagecache.MaintenanceDayOfWeekType(site.maintenance_day.capitalize()),
                    time_of_day_utc=site.maintenance_start,
                ),
                identity=storagecache.AmlFilesystemIdentityArgs(
                    type=storagecache.AmlFilesystemIdentityType.USER_ASSIGNED,
                    user_assigned_identities=[self._identities.encryption.id],
                ),
                encryption_settings=storagecache.AmlFilesystemEncryptionSettingsArgs(
                    key_encryption_key=storagecache.KeyVaultKeyReferenceArgs(
                        key_url=self._keys.key.uri,
                        source_vault=storagecache.KeyVaultKeyReferenceSourceVaultArgs(
                            id=self._keys.key.vault
                        ),
                    )
                ),
            ),
            pulumi.ResourceOptions(
                parent=self,
                depends_on=self._keys.granted,
                protect=site.protect,
                retain_on_delete=site.keep_objects,
            ),
        )
