"""Rules of identities: roles that exist and fit their scope, principals, federated service accounts, kubeconfig."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from reference.azure import facts, models
from reference.azure.kinds import KINDS
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource, filled, references, whole_reference

_GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"^system:serviceaccount:([a-z0-9]([a-z0-9-]*[a-z0-9])?):([a-z0-9]([a-z0-9.-]*[a-z0-9])?)$"
)
_REPOSITORY = re.compile(
    r"^repo:[\w.-]+/[\w.-]+:(ref:refs/(heads|tags)/[\w./-]+|environment:[\w.-]+|pull_request)$"
)
_GITHUB = "https://token.actions.githubusercontent.com"
_AUDIENCE = "api://AzureADTokenExchange"
"""What Entra ID asks of a federated token (documented at FederatedIdentityCredential.audiences)."""
_TOO_MUCH = {"Owner", "User Access Administrator", "Role Based Access Control Administrator"}
CLIENT_ID = "azure.workload.identity/client-id"


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against identities and who may use them."""
    for one in stack.of("authorization:RoleAssignment"):
        yield from _assignment(one, stack)
    for one in stack.of("managedidentity:FederatedIdentityCredential"):
        yield from _federated(one)
    yield from _twice(stack)
    for one in stack.objects("ServiceAccount"):
        yield from _service_account(one, stack)
    for one in stack.resources:
        if one["type"] == "pulumi:providers:kubernetes":
            yield from _kubeconfig(one)


def role_of(one: Resource) -> facts.Role | None:
    """The built-in role that an assignment gives."""
    return facts.roles().get(str(one["inputs"].get("roleDefinitionId", "")).rpartition("/")[2].lower())


def _assignment(one: Resource, stack: Stack) -> Iterator[Finding]:
    inputs = one["inputs"]
    own, role = stack.behind(inputs.get("roleDefinitionId")), role_of(one)
    if own is None and role is None:
        yield wrong(one, "roleDefinitionId", "no built-in role has this id", facts.ROLES)
    name = inputs.get("roleAssignmentName")
    if name is not None and not references(name) and not _GUID.match(str(name)):
        yield wrong(one, "roleAssignmentName", f"{name!r} is no GUID")
    machine = whole_reference(inputs.get("principalId")) is not None
    if inputs.get("principalType") is None or (machine and inputs["principalType"] != "ServicePrincipal"):
        yield wrong(one, "principalType", "a new identity is found only as a ServicePrincipal")
    if role is not None:
        yield from _fitting(one, role, stack)


def _fitting(one: Resource, role: facts.Role, stack: Stack) -> Iterator[Finding]:
    """A role must allow something on the kind of resource that it is given for, and never everything."""
    if role.name in _TOO_MUCH:
        yield from _handing_out(one, role)
    text = one["inputs"].get("scope", "")
    scope = stack.behind(text)
    place = models.template(KINDS[scope["type"]]) if scope and scope["type"] in KINDS else str(text)
    found = re.search(r"/providers/(Microsoft\..+)/[^/]+$", place)
    if found is None:
        if not re.search(r"/resourcegroups/[^/]+$", place, re.IGNORECASE):
            yield wrong(one, "scope", f"{role.name} on more than a resource group")
        return
    kind = "/".join(part for index, part in enumerate(found[1].split("/")) if index < 2 or index % 2).lower()
    if not any(_allows(action.lower(), kind) for action in role.actions):
        yield wrong(one, "scope", f"{role.name} allows nothing on {kind}", facts.ROLES)


def _handing_out(one: Resource, role: facts.Role) -> Iterator[Finding]:
    """Whoever hands out rights may hand out named roles only, and to identities, not to people."""
    condition = str(one["inputs"].get("condition", ""))
    if not condition or one["inputs"].get("conditionVersion") != "2.0" or role.name == "Owner":
        yield wrong(one, "roleDefinitionId", f"{role.name} may hand out every right")
        return
    ids = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", condition)
    given = {guid: facts.roles().get(guid) for guid in ids}
    for guid, allowed in given.items():
        if allowed is None or allowed.name in _TOO_MUCH:
            yield wrong(one, "condition", f"lets out {allowed.name if allowed else guid}", facts.ROLES)
    if not given or condition.count("(") != condition.count(")"):
        yield wrong(one, "condition", "names no role, or its brackets do not match")
    for word in ("roleAssignments/write", "roleAssignments/delete", "ServicePrincipal"):
        if word not in condition:
            yield wrong(one, "condition", f"says nothing of {word}")


def _allows(action: str, kind: str) -> bool:
    """True if an action pattern reaches a resource type, its parts or its data."""
    prefix = action.split("*", maxsplit=1)[0].rstrip("/")
    return kind.startswith(prefix) if "*" in action and len(prefix) < len(kind) else prefix.startswith(kind)


def _federated(one: Resource) -> Iterator[Finding]:
    inputs = one["inputs"]
    if inputs.get("audiences") != [_AUDIENCE]:
        yield wrong(one, "audiences", f"Entra ID asks for {_AUDIENCE}")
    subject = str(inputs.get("subject", ""))
    outside = inputs.get("issuer") == _GITHUB
    if not (_REPOSITORY if outside else _ACCOUNT).match(subject):
        yield wrong(
            one, "subject", f"{subject!r} is no subject of {'a workflow' if outside else 'a cluster'}"
        )


def _twice(stack: Stack) -> Iterator[Finding]:
    seen: set[tuple[str, ...]] = set()
    for one in stack.of("managedidentity:FederatedIdentityCredential"):
        key = tuple(str(one["inputs"].get(part)) for part in ("resourceName", "issuer", "subject"))
        if key in seen:
            yield wrong(one, "subject", "a second credential for the same service account")
        seen.add(key)
    given: set[tuple[str, ...]] = set()
    for one in stack.of("authorization:RoleAssignment"):
        key = tuple(str(one["inputs"].get(part)) for part in ("principalId", "scope", "roleDefinitionId"))
        if key in given:
            yield wrong(one, "", "a second assignment of the same role")
        given.add(key)


def _service_account(one: Resource, stack: Stack) -> Iterator[Finding]:
    """A service account that names an identity is trusted by that identity, by this very name."""
    metadata = one["inputs"].get("metadata") or {}
    value = (metadata.get("annotations") or {}).get(CLIENT_ID)
    if value is None:
        return
    identity, ref = stack.behind(value), whole_reference(value)
    if identity is None or ref is None or ref.output != "clientId":
        yield wrong(one, f"metadata.annotations.{CLIENT_ID}", "not the client id of a declared identity")
        return
    subject = f"system:serviceaccount:{metadata.get('namespace')}:{metadata.get('name')}"
    trusted = stack.users("managedidentity:FederatedIdentityCredential", "resourceName", identity)
    if not any(credential["inputs"].get("subject") == subject for credential in trusted):
        yield wrong(one, "metadata", f"{identity['name']} does not trust {subject}")


def _kubeconfig(one: Resource) -> Iterator[Finding]:
    """Access is asked for each time, through kubelogin: nothing in the state opens the cluster."""
    text = one["inputs"].get("kubeconfig")
    if not isinstance(text, str):
        return
    config = yaml.load(filled(text, lambda ref: "unknown"), yaml.CSafeLoader)
    if not isinstance(config, dict):
        yield wrong(one, "kubeconfig", "not a kubeconfig")
        return
    for index, user in enumerate(config.get("users") or ()):
        yield from _user(one, f"kubeconfig@json.users[{index}].user", user.get("user") or {})
    known = {part: {entry["name"] for entry in config.get(part) or ()} for part in ("clusters", "users")}
    for context in config.get("contexts") or ():
        inner = context.get("context") or {}
        if inner.get("cluster") not in known["clusters"] or inner.get("user") not in known["users"]:
            yield wrong(one, "kubeconfig@json.contexts", "a context of an unknown cluster or user")
    if config.get("current-context") not in {entry["name"] for entry in config.get("contexts") or ()}:
        yield wrong(one, "kubeconfig@json.current-context", "no such context")


_SERVER_ID = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The application of AKS in Entra ID (azure.github.io/kubelogin/concepts/aks.html)."""
PLUGIN_API = "client.authentication.k8s.io/v1beta1"
"""client-go knows v1beta1 and v1, lightkube 1.0.1 (config/client_adapter.py) v1alpha1 and v1beta1."""


def _user(one: Resource, path: str, user: dict[str, Any]) -> Iterator[Finding]:
    kept = sorted(set(user) & {"token", "client-key-data", "client-certificate-data", "password", "username"})
    if kept:
        yield wrong(one, path, f"a secret in the state: {', '.join(kept)}")
    command = user.get("exec")
    if not isinstance(command, dict):
        yield wrong(one, path, "no exec plugin")
        return
    if command.get("apiVersion") != PLUGIN_API:
        said = f"{command.get('apiVersion')!r} is no API of exec plugins that each of the clients knows"
        yield wrong(one, f"{path}.exec.apiVersion", said)
    words = [str(word) for word in command.get("args") or ()]
    if command.get("command") != "kubelogin" or words[:1] != ["get-token"] or _SERVER_ID not in words:
        yield wrong(one, f"{path}.exec", "not `kubelogin get-token` for the application of AKS")
