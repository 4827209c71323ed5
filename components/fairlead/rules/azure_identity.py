"""Rules about who may do what in Azure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fairlead.rules.azure_links import is_open
from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.settings import is_known, listed, rows, text

ASSIGNMENT = "azure-native:authorization*:RoleAssignment"
DEFINITION = "azure-native:authorization*:RoleDefinition"
FEDERATED = "azure-native:managedidentity*:FederatedIdentityCredential"
SECRETS = (
    "azuread:index/applicationPassword:ApplicationPassword",
    "azuread:index/servicePrincipalPassword:ServicePrincipalPassword",
)
OWNERS = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
}
"""Built-in roles that may give themselves every other: id -> name.
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""
GIVERS = {**OWNERS, "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator"}
"""Those that give roles to others."""
WIDE = re.compile(
    r"/?|/subscriptions/[^/]+/?|/providers/Microsoft\.Management/managementGroups/[^/]+/?", re.IGNORECASE
)
"""Scopes of a whole subscription, or above."""
AUDIENCE = "api://AzureADTokenExchange"
"""https://learn.microsoft.com/entra/workload-id/workload-identity-federation"""


def _role(subject: Subject) -> str:
    return str(subject.get("roleDefinitionId")).rpartition("/")[2].lower()


def _is_wide(subject: Subject) -> bool:
    scope = subject.get("scope")
    return isinstance(scope, str) and bool(WIDE.fullmatch(scope))


def _owner(subject: Subject) -> Iterator[Flaw]:
    role = OWNERS.get(_role(subject))
    if role and _is_wide(subject):
        what = "it may do everything to everything in the subscription"
        yield Flaw(
            "roleDefinitionId", what, role, "a narrower role or scope", "give a role on a resource group"
        )


def _giver(subject: Subject) -> Iterator[Flaw]:
    role = GIVERS.get(_role(subject))
    told_already = _role(subject) in OWNERS and (_is_wide(subject) or is_open(subject.get("scope")))
    if role and not told_already and not subject.get("condition"):
        what = "it may give itself, or others, every role there is"
        fix = "add a condition that names the roles it may give"
        yield Flaw("condition", what, f"{role} without one", "a condition", fix)


def _custom(subject: Subject) -> Iterator[Flaw]:
    for place, one in rows(subject.get("permissions")):
        for action in listed(one.get("actions")):
            if action == "*":
                what = "the role may do everything, under a name that nobody knows"
                path = f"permissions[{place}].actions"
                yield Flaw(path, what, "*", "actions that it needs", "name them")


def _exact(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("subject")
    if is_known(given) and (not given or "*" in given):
        what = "more than one identity of the issuer may sign in"
        fix = "name one repository and environment, or one service account"
        yield Flaw("subject", what, text(given or "left out"), "one exact subject", fix)
    audiences: Any = subject.get("audiences")
    if is_known(audiences) and any(one != AUDIENCE for one in listed(audiences)):
        what = "tokens that were made for others are taken"
        yield Flaw("audiences", what, ", ".join(audiences), AUDIENCE, f"name {AUDIENCE} alone")


def _secret(subject: Subject) -> Iterator[Flaw]:
    what = "a password that holds until somebody deletes it, and lies in the state"
    fix = "sign in by a FederatedIdentityCredential"
    yield Flaw("", what, subject.kind, "tokens by workload identity federation", fix)


RULES = (
    ResourceRule(
        id="azure-no-owner",
        title="No program makes anybody owner of a subscription",
        reason="Whoever takes over one such identity has every resource of the subscription, and can lock you out.",
        level="mandatory",
        references=("CIS-Azure 5.0.0 5.3.3", "MCSB PA-1"),
        types=(ASSIGNMENT,),
        check=_owner,
    ),
    ResourceRule(
        id="azure-grants-bounded",
        title="Who gives roles gives named ones",
        reason="An identity that may give any role may give itself all of them: it is an owner by another name.",
        level="mandatory",
        references=("MCSB PA-7",),
        types=(ASSIGNMENT,),
        check=_giver,
    ),
    ResourceRule(
        id="azure-no-custom-owner",
        title="No role of your own allows everything",
        reason="Reviews look for owners by name, and pass over a role that is one by its actions.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 2.23", "MCSB PA-7"),
        types=(DEFINITION,),
        check=_custom,
    ),
    ResourceRule(
        id="azure-federation-exact",
        title="One exact subject signs in as an identity",
        reason="An issuer such as a forge signs tokens for all of its users, and for every branch of a repository.",
        level="mandatory",
        references=("MCSB IM-3",),
        types=(FEDERATED,),
        check=_exact,
    ),
    ResourceRule(
        id="azure-no-static-secrets",
        title="No application has passwords",
        reason="Passwords are copied, leak, and hold for years; tokens end by themselves.",
        level="mandatory",
        references=("MCSB IM-8",),
        types=SECRETS,
        check=_secret,
    ),
)
