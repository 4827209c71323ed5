"""Where references and ids may point: the source of each property by type and output.

A reference at a place that the table does not have is a finding too, so a new one must be entered. A
text in the place of a reference has the form of an id of that type, or is the name of a declared resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from reference.azure import models, sdk
from reference.azure.kinds import KINDS, PROVIDER
from reference.azure.shapes import Many, Record, Shape, Table
from reference.common import Finding, Reference, Resource, dangling, references, texts, whole_reference

Target = tuple[str, str]
"""Type without the provider, and output."""

_SUBNET: tuple[Target, ...] = (("network:Subnet", "id"),)
_KEY: tuple[Target, ...] = (("keyvault:Key", "keyUriWithVersion"),)
_IDENTITY: tuple[Target, ...] = (("managedidentity:UserAssignedIdentity", "id"),)
_WORKSPACE: tuple[Target, ...] = (("operationalinsights:Workspace", "id"),)
_PPG: tuple[Target, ...] = (("compute:ProximityPlacementGroup", "id"),)
_RESERVATION: tuple[Target, ...] = (("compute:CapacityReservationGroup", "id"),)
_ANYTHING: tuple[Target, ...] = tuple((kind.removeprefix(PROVIDER), "id") for kind in KINDS)

_EVERYWHERE: Mapping[str, tuple[Target, ...]] = {
    "resourceGroupName": (("resources:ResourceGroup", "name"),),
    "virtualNetworkName": (("network:VirtualNetwork", "name"),),
    "networkSecurityGroupName": (("network:NetworkSecurityGroup", "name"),),
    "routeTableName": (("network:RouteTable", "name"),),
    "privateEndpointName": (("network:PrivateEndpoint", "name"),),
    "privateZoneName": (("privatedns:PrivateZone", "name"),),
    "vaultName": (("keyvault:Vault", "name"),),
    "accountName": (("storage:StorageAccount", "name"),),
    "serverName": (("dbforpostgresql:Server", "name"),),
    "capacityReservationGroupName": (("compute:CapacityReservationGroup", "name"),),
    "identity.userAssignedIdentities[]": _IDENTITY,
}
"""Property -> where it comes from, on all types that do not give the property its own name in it."""

_BY_TYPE: Mapping[str, Mapping[str, tuple[Target, ...]]] = {
    "containerservice:ManagedCluster": {
        "diskEncryptionSetID": (("compute:DiskEncryptionSet", "id"),),
        "agentPoolProfiles[].vnetSubnetID": _SUBNET,
        "agentPoolProfiles[].podSubnetID": _SUBNET,
        "agentPoolProfiles[].proximityPlacementGroupID": _PPG,
        "agentPoolProfiles[].capacityReservationGroupID": _RESERVATION,
        "apiServerAccessProfile.subnetId": _SUBNET,
        "apiServerAccessProfile.privateDNSZone": (("privatedns:PrivateZone", "id"),),
        "identityProfile.kubeletidentity.resourceId": _IDENTITY,
        "identityProfile.kubeletidentity.clientId": (("managedidentity:UserAssignedIdentity", "clientId"),),
        "identityProfile.kubeletidentity.objectId": (
            ("managedidentity:UserAssignedIdentity", "principalId"),
        ),
        "securityProfile.azureKeyVaultKms.keyId": _KEY,
        "securityProfile.azureKeyVaultKms.keyVaultResourceId": (("keyvault:Vault", "id"),),
        "securityProfile.defender.logAnalyticsWorkspaceResourceId": _WORKSPACE,
        "addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID": _WORKSPACE,
    },
    "containerservice:AgentPool": {
        "resourceName": (("containerservice:ManagedCluster", "name"),),
        "vnetSubnetID": _SUBNET,
        "podSubnetID": _SUBNET,
        "proximityPlacementGroupID": _PPG,
        "capacityReservationGroupID": _RESERVATION,
    },
    "containerservice:MaintenanceConfiguration": {
        "resourceName": (("containerservice:ManagedCluster", "name"),)
    },
    "containerservice:TrustedAccessRoleBinding": {
        "resourceName": (("containerservice:ManagedCluster", "name"),)
    },
    "network:Subnet": {
        "natGateway.id": (("network:NatGateway", "id"),),
        "networkSecurityGroup.id": (("network:NetworkSecurityGroup", "id"),),
        "routeTable.id": (("network:RouteTable", "id"),),
    },
    "network:NatGateway": {
        "publicIpAddresses[].id": (("network:PublicIPAddress", "id"),),
        "publicIpPrefixes[].id": (("network:PublicIPPrefix", "id"),),
    },
    "network:PublicIPAddress": {"publicIPPrefix.id": (("network:PublicIPPrefix", "id"),)},
    "network:PrivateEndpoint": {
        "subnet.id": _SUBNET,
        "privateLinkServiceConnections[].privateLinkServiceId": (
            ("storage:StorageAccount", "id"),
            ("keyvault:Vault", "id"),
            ("containerservice:ManagedCluster", "id"),
            ("dbforpostgresql:Server", "id"),
        ),
    },
    "network:PrivateDnsZoneGroup": {
        "privateDnsZoneConfigs[].privateDnsZoneId": (("privatedns:PrivateZone", "id"),)
    },
    "network:FlowLog": {
        "targetResourceId": (("network:VirtualNetwork", "id"), ("network:NetworkSecurityGroup", "id")),
        "storageId": (("storage:StorageAccount", "id"),),
    },
    "privatedns:VirtualNetworkLink": {"virtualNetwork.id": (("network:VirtualNetwork", "id"),)},
    "compute:DiskEncryptionSet": {
        "activeKey.keyUrl": _KEY,
        "activeKey.sourceVault.id": (("keyvault:Vault", "id"),),
    },
    "authorization:RoleAssignment": {
        "principalId": (
            ("managedidentity:UserAssignedIdentity", "principalId"),
            ("containerservice:ManagedCluster", "identityProfile.kubeletidentity.objectId"),
            ("compute:DiskEncryptionSet", "identity.principalId"),
        ),
        "scope": _ANYTHING,
        "roleDefinitionId": (("authorization:RoleDefinition", "id"),),
    },
    "authorization:RoleDefinition": {
        "scope": (("resources:ResourceGroup", "id"),),
        "assignableScopes[]": (("resources:ResourceGroup", "id"),),
    },
    "authorization:ManagementLockByScope": {"scope": _ANYTHING},
    "resources:Deployment": {"properties.parameters{}.value": (("containerservice:ManagedCluster", "id"),)},
    "managedidentity:FederatedIdentityCredential": {
        "resourceName": (("managedidentity:UserAssignedIdentity", "name"),),
        "issuer": (("containerservice:ManagedCluster", "oidcIssuerProfile.issuerURL"),),
    },
    "storage:StorageAccount": {
        "encryption.encryptionIdentity.encryptionUserAssignedIdentity": _IDENTITY,
        "encryption.keyVaultProperties.keyName": (("keyvault:Key", "name"),),
        "encryption.keyVaultProperties.keyVaultUri": (
            ("keyvault:Vault", "properties.vaultUri"),
            ("keyvault:Vault", "name"),
        ),
        "networkRuleSet.virtualNetworkRules[].virtualNetworkResourceId": _SUBNET,
        "networkRuleSet.resourceAccessRules[].resourceId": (("containerservice:ManagedCluster", "id"),),
    },
    "monitor:DiagnosticSetting": {
        "workspaceId": _WORKSPACE,
        "storageAccountId": (("storage:StorageAccount", "id"),),
        "resourceUri": _ANYTHING,
    },
    "monitor:DataCollectionRule": {
        "destinations.logAnalytics[].workspaceResourceId": _WORKSPACE,
        "dataCollectionEndpointId": (),
    },
    "monitor:DataCollectionRuleAssociation": {
        "dataCollectionRuleId": (("monitor:DataCollectionRule", "id"),),
        "dataCollectionEndpointId": (),
        "resourceUri": (("containerservice:ManagedCluster", "id"),),
    },
    "dbforpostgresql:Server": {
        "dataEncryption.primaryKeyURI": _KEY,
        "dataEncryption.primaryUserAssignedIdentityId": _IDENTITY,
    },
    "dbforpostgresql:AdministratorsMicrosoftEntra": {
        "objectId": (("managedidentity:UserAssignedIdentity", "principalId"),),
        "principalName": (("managedidentity:UserAssignedIdentity", "name"),),
    },
    "storagecache:AmlFilesystem": {
        "filesystemSubnet": _SUBNET,
        "encryptionSettings.keyEncryptionKey.keyUrl": _KEY,
        "encryptionSettings.keyEncryptionKey.sourceVault.id": (("keyvault:Vault", "id"),),
        "hsm.settings.container": (("storage:BlobContainer", "id"),),
        "hsm.settings.loggingContainer": (("storage:BlobContainer", "id"),),
    },
}
"""Type -> property -> where it comes from."""

_NO_LINK = re.compile(
    r"^(system|none|https://token\.actions\.githubusercontent\.com"
    r"|https://[a-z0-9-]+\.vault\.azure\.net(/keys/[\w-]+(/[0-9a-f]{32})?|/)?"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|/subscriptions/[0-9a-f-]{36})$"
)
"""Texts that stand where a reference may: Azure's own words, a key of another program, an object of Entra."""

_AROUND = re.compile(r"^https://(\$\{[^{}]+:Vault::[^{}]+\.name\})\.vault\.azure\.net/?$")
"""The only text that may stand around a reference: a vault's address, made of its name."""
_SUBSCRIPTION = "/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PLACES = {
    "subscriptionId": _SUBSCRIPTION,
    "scope": f"(?:/subscriptions{_SUBSCRIPTION}(?:/resourceGroups/[^/]+(?:/providers/.+)?)?)?",
}
"""What stands in the place of a name in an id, where it is not any name."""


def check(resources: Sequence[Resource]) -> list[Finding]:
    """Dangling, crossed and unknown references, and texts in their places that cannot be right."""
    ours = [one for one in resources if one["type"].startswith(PROVIDER)]
    return dangling(ours) + [finding for one in ours for finding in _of(one, resources)]


@cache
def sources(kind: str, path: str) -> tuple[Target, ...]:
    """Where a property of a type comes from; empty where the table has nothing of it."""
    place = re.sub(r"^(properties\.parameters)\.\w+", r"\1{}", re.sub(r"\[\d+\]", "[]", path))
    return _own(kind).get(place, _EVERYWHERE.get(place, ()))


def _own(kind: str) -> Mapping[str, tuple[Target, ...]]:
    return _BY_TYPE.get(kind.removeprefix(PROVIDER), {})


def _of(one: Resource, resources: Sequence[Resource]) -> Iterator[Finding]:
    for path, text in texts(one["inputs"]):
        allowed = sources(one["type"], path)
        named = path == own_name(one["type"]) and path not in _own(one["type"])
        if named or (path == _KEY_NAME and not references(_beside(one))):
            allowed = ()
        for ref in references(text):
            if what := _crossed(ref, text, allowed):
                yield Finding(one["urn"], path, what, "rules")
        if allowed and not references(text) and not _plausible(text, allowed, resources):
            expected = " or ".join(f"{kind}.{output}" for kind, output in allowed[:3])
            yield Finding(
                one["urn"], path, f"{text!r} is neither a reference to {expected} nor its id", "rules"
            )


_KEY_NAME = "encryption.keyVaultProperties.keyName"


def _beside(one: Resource) -> Any:
    """The vault of an account's key: where it is another program's, so is the key."""
    return one["inputs"]["encryption"]["keyVaultProperties"].get("keyVaultUri")


def _crossed(ref: Reference, text: str, allowed: Sequence[Target]) -> str:
    target = (ref.type.removeprefix(PROVIDER), ref.output)
    if not allowed:
        return f"a reference to {target[0]}.{target[1]} where no link is known"
    if target not in allowed:
        return f"comes from {target[0]}.{target[1]}, expected {' or '.join('.'.join(one) for one in allowed[:3])}"
    return "" if whole_reference(_AROUND.sub(r"\1", text)) else f"text around a reference: {text!r}"


@cache
def own_name(kind: str) -> str:
    """The input that names a resource itself: the last in its id."""
    if kind not in KINDS:
        return ""
    last = re.findall(r"\{(\w+)\}", models.template(KINDS[kind]))[-1]
    return str(last[0].lower() + last[1:])


def _plausible(text: str, allowed: Sequence[Target], resources: Sequence[Resource]) -> bool:
    return bool(_NO_LINK.match(text)) or any(
        _is_id(text, kind) if output == "id" else _is_name(text, kind, resources)
        for kind, output in allowed
        if output in ("id", "name")
    )


def _is_id(text: str, kind: str) -> bool:
    if (token := f"{PROVIDER}{kind}") not in KINDS:
        return False
    parts = re.split(r"/?\{(\w+)\}", models.template(KINDS[token]))
    pattern = "".join(
        _PLACES.get(part, "/[^/]+") if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )
    return re.fullmatch(pattern, text, re.IGNORECASE) is not None


def _is_name(text: str, kind: str, resources: Sequence[Resource]) -> bool:
    key = own_name(f"{PROVIDER}{kind}")
    return any(one["type"] == f"{PROVIDER}{kind}" and one["inputs"].get(key) == text for one in resources)


def example(ref: Reference) -> str:
    """A text of the form that a reference will have: an id made of the resource's name, or that name."""
    if ref.output != "id" or ref.type not in KINDS:
        return ref.name
    return re.sub(
        r"\{(\w+)\}", lambda found: _EXAMPLES.get(found[1], ref.name), models.template(KINDS[ref.type])
    )


_EXAMPLES = {"subscriptionId": "00000000-0000-4000-8000-000000000001"}


def names(resource: Resource) -> Any:
    """The name that a resource gets in Azure, if the program gives one."""
    return resource["inputs"].get(own_name(resource["type"]))


def misplaced() -> list[str]:
    """Places of the table that the SDK's types do not have."""
    return [
        f"{kind}: {place}"
        for kind, places in _BY_TYPE.items()
        for place in places
        if not _has(sdk.shape(f"{PROVIDER}{kind}"), place.replace("[]", "").replace("{}", ".key").split("."))
    ]


def _has(shape: Shape | None, steps: Sequence[str]) -> bool:
    while isinstance(shape, Many):
        shape = shape.item
    if isinstance(shape, Table) and steps:
        return _has(shape.value, steps[1:])
    if not steps or not isinstance(shape, Record):
        return not steps
    part = shape.parts.get(steps[0])
    return part is not None and _has(part.shape, steps[1:])
