"""Rules of the program's own ways: its subscription and tenant, and the deployment that tells where the API is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from reference.azure import sdk
from reference.azure.rules_cluster import at
from reference.azure.stack import CLUSTER, Stack, wrong
from reference.common import Finding, Resource, references, texts

_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_TENANT = {"tenantId", "tenantID"}


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against the providers and what is made with them."""
    providers = [one for one in stack.resources if one["type"] == "pulumi:providers:azure-native"]
    for one in providers:
        for key in ("subscriptionId", "tenantId"):
            if not _GUID.match(str(one["inputs"].get(key, ""))):
                yield wrong(one, key, "the program may run in whatever account someone has signed in to")
    yield from _accounts(stack, providers)
    for one in stack.of("resources:Deployment"):
        yield from _deployment(one)


def _accounts(stack: Stack, providers: list[Resource]) -> Iterator[Finding]:
    """Roles are those of the provider's subscription, tenants are the provider's tenant."""
    subscriptions = {one["inputs"].get("subscriptionId") for one in providers}
    tenants = {one["inputs"].get("tenantId") for one in providers}
    for one in stack.of("authorization:RoleAssignment"):
        found = re.match(r"/subscriptions/([^/]+)/", str(one["inputs"].get("roleDefinitionId", "")))
        if found and providers and found[1] not in subscriptions:
            yield wrong(one, "roleDefinitionId", f"a role of another subscription, {found[1]}")
    for one in stack.resources:
        for path, text in texts(one["inputs"]) if one["type"].startswith("azure-native:") else ():
            if (
                path.rpartition(".")[2] in _TENANT
                and providers
                and text not in tenants
                and not references(text)
            ):
                yield wrong(one, path, f"{text} is not the tenant that the program signs in to")


def _deployment(one: Resource) -> Iterator[Finding]:
    """A template that makes nothing and asks for credentials in the API version of the cluster."""
    template = at(one["inputs"], "properties.template") or {}
    if template.get("resources") != []:
        yield wrong(one, "properties.template.resources", "what a template makes, no judge has seen")
    declared, given = template.get("parameters") or {}, at(one["inputs"], "properties.parameters") or {}
    needed = {key for key, value in declared.items() if "defaultValue" not in value}
    if not needed <= set(given) <= set(declared):
        yield wrong(one, "properties.parameters", f"given {sorted(given)}, declared {sorted(declared)}")
    text = json.dumps(template)
    for name in sorted(set(re.findall(r"parameters\('(\w+)'\)", text)) - set(declared)):
        yield wrong(one, "properties.template", f"no parameter {name!r} is declared")
    for version in set(re.findall(r"listClusterUserCredential\([^,]*, '([^']*)'", text)):
        if version != sdk.api_version(CLUSTER):
            yield wrong(
                one, "properties.template", f"{version} is not the cluster's API, {sdk.api_version(CLUSTER)}"
            )
    for key, output in (template.get("outputs") or {}).items():
        value = str(output.get("value", ""))
        if value.count("(") != value.count(")") or not (value.startswith("[") and value.endswith("]")):
            yield wrong(one, f"properties.template.outputs.{key}", "not an expression")
