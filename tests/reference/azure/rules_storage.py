"""Rules of keys, disks, storage accounts and the storage classes that use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference import parallel
from reference.azure import drivers
from reference.azure.kinds import PROVIDER
from reference.azure.rules_cluster import at
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource, whole_reference

_SIZES = {"RSA": (2048, 3072, 4096), "RSA-HSM": (2048, 3072, 4096)}
"""Bits of an RSA key (documented at keySize in azure-mgmt-keyvault)."""


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against what keeps data."""
    for one in stack.of("keyvault:Vault"):
        yield from _vault(one, stack)
    for one in stack.of("keyvault:Key"):
        yield from _key(one, stack)
    for one in stack.of("compute:DiskEncryptionSet"):
        yield from _disk_encryption(one)
    for one in stack.of("storage:StorageAccount"):
        yield from _account(one, stack)
    for one in stack.of("storagecache:AmlFilesystem"):
        yield from _file_system(one)
    for one in stack.of("storage:ManagementPolicy"):
        yield from _lifecycle(one, stack)
    for one in stack.of("operationalinsights:Workspace"):
        days = one["inputs"].get("retentionInDays")
        if isinstance(days, int) and not 30 <= days <= 730:
            yield wrong(one, "retentionInDays", f"{days} days are not within 30 to 730")
    for one in stack.objects("StorageClass"):
        yield from _storage_class(one)
    for one in stack.objects("PersistentVolume"):
        yield from _parallel_volume(one, stack)


def _vault(one: Resource, stack: Stack) -> Iterator[Finding]:
    properties = one["inputs"].get("properties") or {}
    if properties.get("enableSoftDelete") is False or not properties.get("enablePurgeProtection"):
        yield wrong(one, "properties.enablePurgeProtection", "keys that encrypt must not be purged")
    if not properties.get("enableRbacAuthorization"):
        yield wrong(one, "properties.enableRbacAuthorization", "rights are role assignments here")
    days = properties.get("softDeleteRetentionInDays", 90)
    if isinstance(days, int) and not 7 <= days <= 90:
        yield wrong(one, "properties.softDeleteRetentionInDays", f"{days} days are not within 7 to 90")
    # Without virtual network integration, AKS' encryption of secrets reaches a vault from outside only.
    profiles = (
        at(cluster["inputs"], "securityProfile.azureKeyVaultKms") or {}
        for cluster in stack.of("containerservice:ManagedCluster")
    )
    if not any(profile.get("keyVaultNetworkAccess") == "Public" for profile in profiles):
        yield from _closed(one, properties, "networkAcls", "properties.")


def _closed(one: Resource, settings: Any, rules: str, prefix: str = "") -> Iterator[Finding]:
    """Nobody reaches it from the internet unless a rule lets them in."""
    closed = settings.get("publicNetworkAccess") in ("Disabled", "disabled", "SecuredByPerimeter")
    if not closed and at(settings, f"{rules}.defaultAction") != "Deny":
        yield wrong(one, f"{prefix}publicNetworkAccess", "open to the whole internet")


def _key(one: Resource, stack: Stack) -> Iterator[Finding]:
    properties = one["inputs"].get("properties") or {}
    kind, bits = properties.get("kty"), properties.get("keySize")
    if kind in _SIZES and bits is not None and bits not in _SIZES[kind]:
        yield wrong(one, "properties.keySize", f"{bits} is none of {', '.join(map(str, _SIZES[kind]))}")
    vault = stack.behind(one["inputs"].get("vaultName"))
    if str(kind).endswith("-HSM") and vault and at(vault["inputs"], "properties.sku.name") != "premium":
        yield wrong(one, "properties.kty", "keys in hardware are of the premium SKU")
    if not set(properties.get("keyOps") or ("wrapKey", "unwrapKey")) >= {"wrapKey", "unwrapKey"}:
        yield wrong(one, "properties.keyOps", "a key that encrypts other keys wraps and unwraps")


def _disk_encryption(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    if at(inputs, "identity.type") in (None, "None"):
        yield wrong(one, "identity", "without an identity it reads no key")


def _account(one: Resource, stack: Stack) -> Iterator[Finding]:
    inputs = one["inputs"]
    if inputs.get("allowSharedKeyAccess") is not False:
        yield wrong(one, "allowSharedKeyAccess", "a key opens the account to whoever has it")
    if inputs.get("allowBlobPublicAccess") is not False:
        yield wrong(one, "allowBlobPublicAccess", "a container may be opened to everyone")
    if inputs.get("minimumTlsVersion") not in ("TLS1_2", "TLS1_3"):
        yield wrong(one, "minimumTlsVersion", "TLS below 1.2")
    nfs = inputs.get("kind") == "FileStorage"
    if inputs.get("enableHttpsTrafficOnly") is False and not nfs and not inputs.get("enableNfsV3"):
        yield wrong(one, "enableHttpsTrafficOnly", "plain HTTP")
    premium = str(at(inputs, "sku.name")).startswith("Premium")
    if inputs.get("kind") in ("FileStorage", "BlockBlobStorage") and not premium:
        yield wrong(one, "sku.name", f"{inputs.get('kind')} is premium only")
    yield from _closed(one, inputs, "networkRuleSet")
    yield from _encrypted(one)
    yield from _blobs(one, stack)


def _encrypted(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    if at(inputs, "encryption.keySource") == "Microsoft.Keyvault":
        if not at(inputs, "encryption.encryptionIdentity.encryptionUserAssignedIdentity"):
            yield wrong(
                one, "encryption.encryptionIdentity", "a key of one's own is read by an identity of one's own"
            )
    elif at(inputs, "encryption.keyVaultProperties"):
        yield wrong(one, "encryption.keySource", "the key that is named is not used")


def _blobs(one: Resource, stack: Stack) -> Iterator[Finding]:
    inputs = one["inputs"]
    blobs = ("storage:BlobContainer", "storage:BlobServiceProperties", "storage:ManagementPolicy")
    for inside in (found for kind in blobs for found in stack.users(kind, "accountName", one)):
        if inputs.get("kind") == "FileStorage":
            yield wrong(inside, "accountName", f"{one['name']} has no blobs")
    doors = [
        link.get("privateLinkServiceId")
        for endpoint in stack.of("network:PrivateEndpoint")
        for link in endpoint["inputs"].get("privateLinkServiceConnections") or ()
    ]
    if inputs.get("publicNetworkAccess") == "Disabled" and not any(
        stack.behind(door) is one for door in doors
    ):
        yield wrong(one, "publicNetworkAccess", "closed, and no private endpoint leads to it")
    for properties in stack.users("storage:BlobServiceProperties", "accountName", one):
        if inputs.get("isHnsEnabled") and properties["inputs"].get("isVersioningEnabled"):
            yield wrong(properties, "isVersioningEnabled", "not with a hierarchical namespace")


def _file_system(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    if len(inputs.get("zones") or ()) != 1:
        yield wrong(one, "zones", "a parallel file system is in one zone")
    if at(inputs, "sku.name") is None:
        yield wrong(one, "sku", "its throughput is not said")
    if at(inputs, "encryptionSettings.keyEncryptionKey") and not at(
        inputs, "identity.userAssignedIdentities"
    ):
        yield wrong(one, "identity", "without an identity it reads no key")


def _lifecycle(one: Resource, stack: Stack) -> Iterator[Finding]:
    if one["inputs"].get("managementPolicyName", "default") != "default":
        yield wrong(one, "managementPolicyName", "an account has one policy, `default`")
    account = one["inputs"].get("accountName")
    services = [
        service
        for service in stack.of("storage:BlobServiceProperties")
        if service["inputs"].get("accountName") == account
    ]
    for index, rule in enumerate(at(one["inputs"], "policy.rules") or ()):
        versions = at(rule, "definition.actions.version")
        kept = any(service["inputs"].get("isVersioningEnabled") for service in services)
        if versions and services and not kept:
            yield wrong(one, f"policy.rules[{index}].definition.actions.version", "no versions are kept")


def _storage_class(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    driver, parameters = inputs.get("provisioner"), inputs.get("parameters") or {}
    if not str(driver).endswith("azure.com"):
        return
    if driver not in drivers.parameters():
        yield wrong(one, "provisioner", f"{driver!r} is none of {', '.join(sorted(drivers.parameters()))}")
    for key, value in parameters.items():
        if not isinstance(value, str):
            yield wrong(one, f"parameters.{key}", f"{value!r} is no text")
    lower = {key.lower(): value for key, value in parameters.items()}
    for key in sorted(set(lower) - drivers.parameters().get(str(driver), frozenset(lower))):
        yield wrong(one, f"parameters.{key}", f"the driver knows no parameter {key!r}", drivers.NAME)
    if driver == "disk.csi.azure.com":
        yield from _disk_class(one, lower)
    else:
        yield from _share_class(one, lower, str(driver))


def _share_class(one: Resource, parameters: dict[str, Any], driver: str) -> Iterator[Finding]:
    protocol, sku = (
        parameters.get("protocol"),
        parameters.get("skuname", parameters.get("storageaccounttype")),
    )
    if protocol is not None and protocol not in drivers.PROTOCOLS[driver]:
        yield wrong(one, "parameters.protocol", f"{protocol!r} is none of {drivers.PROTOCOLS[driver]}")
    if sku is not None and sku not in drivers.account_skus():
        yield wrong(
            one, "parameters.skuName", f"{sku!r} is none of {', '.join(sorted(drivers.account_skus()))}"
        )
    if driver == "file.csi.azure.com" and protocol == "nfs" and not str(sku).startswith("Premium"):
        yield wrong(one, "parameters.skuName", "shares over NFS are premium only")


def _disk_class(one: Resource, parameters: dict[str, Any]) -> Iterator[Finding]:
    sku = parameters.get("skuname", parameters.get("storageaccounttype"))
    if sku is not None and sku not in drivers.disk_skus():
        yield wrong(one, "parameters.skuName", f"{sku!r} is none of {', '.join(sorted(drivers.disk_skus()))}")
    if sku == "PremiumV2_LRS" and parameters.get("cachingmode", "None") != "None":
        yield wrong(one, "parameters.cachingMode", "PremiumV2_LRS has no cache", drivers.NAME)
    if one["inputs"].get("volumeBindingMode") != "WaitForFirstConsumer":
        yield wrong(one, "volumeBindingMode", "a disk is made in the zone of its pod")
    key = parameters.get("diskencryptionsetid")
    ref = whole_reference(key)
    if key is not None and (
        ref is None or (ref.type, ref.output) != (f"{PROVIDER}compute:DiskEncryptionSet", "id")
    ):
        yield wrong(one, "parameters.diskEncryptionSetID", "not the id of a declared disk encryption set")


def _parallel_volume(one: Resource, stack: Stack) -> Iterator[Finding]:
    """What the Lustre driver is told: kubernetes-sigs/azurelustre-csi-driver, docs/examples/pv_subdir.yaml."""
    csi = at(one["inputs"], "spec.csi") or {}
    if not parallel.is_parallel(one):
        return
    if csi.get("driver") != "azurelustre.csi.azure.com":
        yield wrong(one, "spec.csi.driver", f"{csi.get('driver')!r} mounts no Lustre")
    given = csi.get("volumeAttributes") or {}
    address = whole_reference(given.get("mgs-ip-address"))
    wanted = (f"{PROVIDER}storagecache:AmlFilesystem", "clientInfo.mgsAddress")
    if address is None or (address.type, address.output) != wanted:
        yield wrong(one, "spec.csi.volumeAttributes.mgs-ip-address", "is not the address of a file system")
    if given.get("fs-name") != "lustrefs":
        yield wrong(one, "spec.csi.volumeAttributes.fs-name", "is lustrefs on every file system of Azure")
    handles = [at(each["inputs"], "spec.csi.volumeHandle") for each in stack.objects("PersistentVolume")]
    if handles.count(csi.get("volumeHandle")) != 1:
        yield wrong(one, "spec.csi.volumeHandle", "two volumes are one to the kubelet")
