"""Mistakes with vaults of Secrets that the judge of Azure must notice, one at a time."""

from __future__ import annotations

from reference.azure.mutations_around import ENDPOINT, ROLE, TRUST, cut
from reference.azure.mutations_data import VAULT
from reference.common import Resource
from reference.mutation import Mutation, delete, edit, to

OFFICER, READER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "4633458b-17de-408a-b874-0445c86b69e6"
"""Built-in roles that write Secrets, and that read them."""
CLOSED = "properties.publicNetworkAccess"


def _of_a(one: Resource) -> bool:
    return one["name"].endswith("-secrets-tenant-team-a")


SECRETS = (
    Mutation("pods that write Secrets", ROLE, "roleDefinitionId", edit(cut(READER, OFFICER)), _of_a),
    Mutation("the vault of another tenant", ROLE, "scope", edit(cut("team-a", "team-b")), _of_a),
    Mutation("the identity of another tenant", ROLE, "principalId", edit(cut("team-a", "team-b")), _of_a),
    Mutation("all vaults at once", ROLE, "scope", to("/subscriptions/00000000-0000-4000-8000-000000000001"), _of_a),
    Mutation("an account of every namespace", TRUST, "subject", to("system:serviceaccount:*:fairlead-secrets"), _of_a),
    Mutation("a credential of another's identity", TRUST, "resourceName", edit(cut("team-a", "team-b")), _of_a),
    Mutation("a vault that the internet reaches", VAULT, CLOSED, to("Enabled"), _of_a),
    Mutation("a vault that says nothing of the internet", VAULT, CLOSED, delete, _of_a),
    Mutation("a vault that can be purged", VAULT, "properties.enablePurgeProtection", to(False), _of_a),
    Mutation("a vault with access policies", VAULT, "properties.enableRbacAuthorization", to(False), _of_a),
    Mutation("a vault for services of others", VAULT, "properties.networkAcls.bypass", to("AzureServices"), _of_a),
    Mutation("a vault whose name is too long", VAULT, "vaultName", edit(lambda name: name + "x" * 24), _of_a),
    Mutation("a door to another vault", ENDPOINT, "privateLinkServiceConnections[0].privateLinkServiceId",
             edit(cut("team-a", "team-b")), _of_a),
    Mutation("a door for blobs", ENDPOINT, "privateLinkServiceConnections[0].groupIds[0]", to("blob"), _of_a),
)  # fmt: skip
