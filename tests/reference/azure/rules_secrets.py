"""Who reads what is kept in vaults: one account of one namespace, one vault, which the internet does not reach."""

from __future__ import annotations

from collections.abc import Iterator

from reference.azure.rules_cluster import at
from reference.azure.rules_identity import role_of
from reference.azure.rules_rights import READS_SECRETS
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against readers of vaults and against the vaults."""
    given = [one for one in stack.of("authorization:RoleAssignment") if _reads(one)]
    for one in given:
        yield from _alone(one, given, stack)
    for vault in stack.of("keyvault:Vault"):
        if not stack.users("keyvault:Key", "vaultName", vault):
            yield from _vault(vault, given, stack)


def _reads(one: Resource) -> bool:
    role = role_of(one)
    return role is not None and role.name == READS_SECRETS


def _alone(one: Resource, given: list[Resource], stack: Stack) -> Iterator[Finding]:
    """Neither the vault nor the identity has to do with another."""
    for key, what in (("scope", "vault"), ("principalId", "identity")):
        own = stack.behind(one["inputs"].get(key))
        shared = [other for other in given if stack.behind(other["inputs"].get(key)) is own]
        if own is None or len(shared) != 1:
            yield wrong(one, key, f"shares its {what} with another reader")
    who = stack.behind(one["inputs"].get("principalId"))
    trust = stack.users("managedidentity:FederatedIdentityCredential", "resourceName", who) if who else []
    if len(trust) != 1:
        yield wrong(one, "principalId", f"is borne by {len(trust)} accounts, not by one")


def _vault(vault: Resource, given: list[Resource], stack: Stack) -> Iterator[Finding]:
    properties = vault["inputs"].get("properties") or {}
    if properties.get("publicNetworkAccess") != "Disabled":
        yield wrong(vault, "properties.publicNetworkAccess", "is reached from outside of the network")
    doors = [
        door
        for door in stack.of("network:PrivateEndpoint")
        for link in door["inputs"].get("privateLinkServiceConnections") or ()
        if stack.behind(link.get("privateLinkServiceId")) is vault
    ]
    if not doors:
        yield wrong(vault, "properties.publicNetworkAccess", "no private endpoint leads to it")
    if not any(stack.behind(one["inputs"].get("scope")) is vault for one in given):
        yield wrong(vault, "", "keeps Secrets that nobody reads")
    if at(vault["inputs"], "properties.networkAcls.bypass") not in (None, "None"):
        yield wrong(vault, "properties.networkAcls.bypass", "services of others come in")
