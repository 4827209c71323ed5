"""Rules of rights: whoever needs something has a role that allows it, and nobody has more than he is for.

What a role allows is read in Azure's own definition of it.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from typing import Any

from reference.azure import facts
from reference.azure.rules_cluster import at
from reference.azure.rules_identity import CLIENT_ID, role_of
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource, whole_reference

JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
READ_DISKS = "Microsoft.Compute/diskEncryptionSets/read"
DECRYPT = "Microsoft.KeyVault/vaults/keys/decrypt/action"
UNWRAP = "Microsoft.KeyVault/vaults/keys/unwrap/action"
PLACE = "Microsoft.Compute/proximityPlacementGroups/write"
DEPLOY = "Microsoft.Compute/capacityReservationGroups/deploy/action"
SHARE = "Microsoft.Storage/storageAccounts/fileServices/shares/write"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"
READS_SECRETS = "Key Vault Secrets User"

_PARENTS = ("virtualNetworkName", "accountName", "vaultName", "resourceGroupName")
_URI = re.compile(r"^abfss?://([^@/]+)@([^./]+)\.")
_OUTSIDE = "https://token.actions.githubusercontent.com"


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against who may do what."""
    for cluster in stack.of("containerservice:ManagedCluster"):
        for identity in identities(cluster, stack):
            yield from _cluster(cluster, identity, stack)
    yield from _encrypted(stack)
    for one in stack.objects("ConfigMap"):
        yield from _object_store(one, stack)
    for one in stack.of("storage:BlobContainer"):
        yield from _of_a_layer(one, stack)
    for one in stack.of("managedidentity:UserAssignedIdentity"):
        yield from _modest(one, stack)


def identities(one: Resource, stack: Stack) -> list[Resource]:
    """The declared identities that a resource bears."""
    listed = at(one["inputs"], "identity.userAssignedIdentities") or ()
    return [found for text in listed if (found := stack.behind(text))]


def may(stack: Stack, who: Resource, action: str, target: Any) -> bool:
    """True if some role of an identity allows an action on what a value refers to, or on what that is in."""
    places = list(_around(stack, target))
    return any(
        any(fnmatch.fnmatch(action.lower(), pattern.lower()) for pattern in role.actions)
        and any(_covers(stack, given["inputs"].get("scope"), place) for place in places)
        for given in stack.users("authorization:RoleAssignment", "principalId", who)
        if (role := role_of(given))
    )


def _around(stack: Stack, value: Any) -> Iterator[Any]:
    """A thing and all that it is in: declared resources, or the text of an id."""
    one = stack.behind(value)
    if one is None:
        yield value
        return
    yield one
    for key in _PARENTS:
        if stack.behind(one["inputs"].get(key)):
            yield from _around(stack, one["inputs"][key])


def _covers(stack: Stack, scope: Any, place: Any) -> bool:
    one = stack.behind(scope)
    if one is not None:
        return one is place
    return (
        isinstance(place, str)
        and isinstance(scope, str)
        and f"{place}/".lower().startswith(f"{scope}/".lower())
    )


def _cluster(cluster: Resource, who: Resource, stack: Stack) -> Iterator[Finding]:
    """The control plane makes nodes: it needs what they are made of."""
    inputs, needs = cluster["inputs"], [("diskEncryptionSetID", READ_DISKS)]
    wanted = [(key, inputs[key], action) for key, action in needs if key in inputs]
    if key := at(inputs, "securityProfile.azureKeyVaultKms.keyId"):
        vault = (stack.behind(key) or {"inputs": {}})["inputs"].get("vaultName")
        if vault is not None:
            wanted.append(("securityProfile.azureKeyVaultKms.keyId", vault, DECRYPT))
    for pool in stack.pools():
        for name, action in (
            ("vnetSubnetID", JOIN),
            ("proximityPlacementGroupID", PLACE),
            ("capacityReservationGroupID", DEPLOY),
        ):
            if pool.cluster is cluster and name in pool.inputs:
                wanted.append((f"{pool.path}{name}", pool.inputs[name], action))
    for one in stack.objects("StorageClass"):
        account = at(one["inputs"], "parameters.storageAccount")
        if one["inputs"].get("provisioner") == "file.csi.azure.com" and account:
            wanted.append(("identity", account, SHARE))
    for path, target, action in wanted:
        if not may(stack, who, action, target):
            yield wrong(cluster, path, f"no role allows {who['name']} {action}", facts.ROLES)


def _encrypted(stack: Stack) -> Iterator[Finding]:
    """Who encrypts with a key of its own may unwrap it, in the very vault of that key."""
    for kind, key in (
        ("compute:DiskEncryptionSet", "activeKey.sourceVault.id"),
        ("storagecache:AmlFilesystem", "encryptionSettings.keyEncryptionKey.sourceVault.id"),
    ):
        for one in stack.of(kind):
            yield from _unwraps(one, at(one["inputs"], key), identities(one, stack), stack)
    for one in stack.of("dbforpostgresql:Server"):
        if key := stack.behind(at(one["inputs"], "dataEncryption.primaryKeyURI")):
            yield from _unwraps(one, key["inputs"].get("vaultName"), identities(one, stack), stack)
    for one in stack.of("storage:StorageAccount"):
        user = at(one["inputs"], "encryption.encryptionIdentity.encryptionUserAssignedIdentity")
        address = str(at(one["inputs"], "encryption.keyVaultProperties.keyVaultUri") or "")
        if user is not None and user not in (at(one["inputs"], "identity.userAssignedIdentities") or ()):
            yield wrong(one, "encryption.encryptionIdentity", "reads the key and is none of its identities")
        vault = address.removeprefix("https://").removesuffix("/").removesuffix(".vault.azure.net")
        if user is not None and whole_reference(vault):
            yield from _unwraps(one, vault, [found for found in [stack.behind(user)] if found], stack)


def _unwraps(one: Resource, vault: Any, users: list[Resource], stack: Stack) -> Iterator[Finding]:
    for user in users:
        if vault is not None and not may(stack, user, UNWRAP, vault):
            yield wrong(one, "identity", f"no role allows {user['name']} {UNWRAP} there", facts.ROLES)


def _object_store(one: Resource, stack: Stack) -> Iterator[Finding]:
    """The service account beside an object store's address may write to that container."""
    found = [_URI.match(str(value)) for value in (one["inputs"].get("data") or {}).values()]
    for match in (match for match in found if match):
        containers = [
            container
            for container in stack.of("storage:BlobContainer")
            if container["inputs"].get("containerName") == match[1]
            and _named(stack, container["inputs"].get("accountName")) == match[2]
        ]
        if not containers:
            yield wrong(one, "data", f"nobody makes the container of {match[0]}")
        namespace = at(one["inputs"], "metadata.namespace")
        for container in containers:
            for who in _borne_in(namespace, stack):
                itself = f"${{{container['type']}::{container['name']}.id}}"
                if not may(stack, who, BLOBS, itself):
                    yield wrong(
                        one, "data", f"no role allows {who['name']} {BLOBS} in {match[1]}", facts.ROLES
                    )


def _of_a_layer(one: Resource, stack: Stack) -> Iterator[Finding]:
    """A layer's container is written to by the identity that is called like it; nothing else says whose it is."""
    name = str(one["inputs"].get("containerName"))
    if not name.startswith("layer-"):
        return
    for who in stack.of("managedidentity:UserAssignedIdentity"):
        called = str(who["inputs"].get("resourceName")).endswith(f"-{name}")
        if called and not may(stack, who, BLOBS, f"${{{one['type']}::{one['name']}.id}}"):
            yield wrong(one, "", f"no role allows {who['name']} {BLOBS} there", facts.ROLES)


def _named(stack: Stack, value: Any) -> Any:
    account = stack.behind(value)
    return account["inputs"].get("accountName") if account else value


def _borne_in(namespace: Any, stack: Stack) -> list[Resource]:
    accounts = [
        one for one in stack.objects("ServiceAccount") if at(one["inputs"], "metadata.namespace") == namespace
    ]
    values = [(at(one["inputs"], "metadata.annotations") or {}).get(CLIENT_ID) for one in accounts]
    return [found for value in values if (found := stack.behind(value))]


def _modest(one: Resource, stack: Stack) -> Iterator[Finding]:
    """Pods have data, pipelines have groups, and what the cluster itself bears is lent to neither."""
    trust = stack.users("managedidentity:FederatedIdentityCredential", "resourceName", one)
    outside = [credential for credential in trust if credential["inputs"].get("issuer") == _OUTSIDE]
    inside = [credential for credential in trust if credential not in outside]
    if trust and any(one in identities(bearer, stack) for bearer in stack.resources):
        yield wrong(one, "", "borne by Azure's own services and lent to others")
    if outside and inside:
        yield wrong(one, "", "trusted by pods and by a pipeline")
    for given in stack.users("authorization:RoleAssignment", "principalId", one):
        role = role_of(given)
        scope = stack.behind(given["inputs"].get("scope"))
        whole = scope is not None and scope["type"].endswith(":ResourceGroup")
        if role and inside and " Data " not in f" {role.name} " and role.name != READS_SECRETS:
            yield wrong(given, "roleDefinitionId", f"pods have {role.name}")
        if role and whole and not outside:
            yield wrong(given, "scope", f"{one['name']} has {role.name} on all of {scope['name']}")
