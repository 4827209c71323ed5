"""Identities without keys: the cluster's own, those of tenants' workloads and of layers, and the pipeline's."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import authorization, managedidentity

from fairlead.contract.handle import WorkloadIdentity
from fairlead.plan.sites.azure_model import AzureSite
from fairlead.targets.azure import spelling
from fairlead.targets.azure.group import ResourceGroups

SERVICE_PRINCIPAL = "ServicePrincipal"
GRANTED = (
    "Contributor",
    "Key Vault Crypto Service Encryption User",
    "Key Vault Crypto User",
    "Key Vault Secrets User",
    "Network Contributor",
    "Reader",
    "Storage Account Contributor",
    "Storage Blob Data Contributor",
)
"""Roles that this program gives to identities."""


def grant(
    name: str,
    site: AzureSite,
    role: str,
    scope: pulumi.Input[str],
    to: managedidentity.UserAssignedIdentity,
    opts: pulumi.ResourceOptions,
) -> authorization.RoleAssignment:
    """Gives an identity one role on one thing."""
    return authorization.RoleAssignment(
        name,
        authorization.RoleAssignmentArgs(
            principal_id=to.principal_id,
            principal_type=SERVICE_PRINCIPAL,
            role_definition_id=spelling.role_id(site.subscription, role),
            scope=scope,
        ),
        opts,
    )


class Identities(pulumi.ComponentResource):
    """Every identity of the platform. None has a key or a password."""

    cluster: managedidentity.UserAssignedIdentity
    """Of the control plane."""
    encryption: managedidentity.UserAssignedIdentity
    """Of what encrypts with the platform's key: disks and storage accounts."""
    shares: Mapping[str, managedidentity.UserAssignedIdentity]
    """By the parts of the object store that they open."""
    ci: managedidentity.UserAssignedIdentity | None
    """Of the pipeline that deploys."""

    def __init__(
        self, name: str, site: AzureSite, groups: ResourceGroups, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("fairlead:azure:Identities", name, {}, opts)
        self._site, self._groups = site, groups
        self.cluster = self._identity(f"{name}-cluster")
        self.encryption = self._identity(f"{name}-encryption", outlives=True)
        self.shares = {one.share.name: self._identity(one.identity) for one in site.containers}
        self.ci = self._pipeline(f"{name}-ci") if site.ci_issuer else None
        self.register_outputs({})

    def _identity(self, name: str, outlives: bool = False) -> managedidentity.UserAssignedIdentity:
        """outlives: it stays with the data that it encrypts, for without it nobody could read that."""
        group = self._groups.data if outlives else self._groups.cluster
        kept = outlives and self._site.keep_objects
        return managedidentity.UserAssignedIdentity(
            name,
            pulumi.ResourceOptions(
                parent=self, protect=outlives and self._site.protect, retain_on_delete=kept
            ),
            resource_group_name=group.name,
            resource_name_=name,
            location=self._site.region,
        )

    def _pipeline(self, name: str) -> managedidentity.UserAssignedIdentity:
        """Deploys into the two resource groups, and may give to identities only the roles that the program gives."""
        child, site = pulumi.ResourceOptions(parent=self), self._site
        identity = self._identity(name)
        for place, subject in enumerate(site.ci_subjects):
            before: pulumi.Resource = managedidentity.FederatedIdentityCredential(
                f"{name}-{place}",
                child,
                resource_group_name=self._groups.cluster.name,
                resource_name_=identity.name,
                federated_identity_credential_resource_name=f"pipeline-{place}",
                issuer=site.ci_issuer,
                subject=subject,
                audiences=[spelling.TOKEN_AUDIENCE],
            )
            # Azure writes one credential of an identity at a time.
            child = pulumi.ResourceOptions(parent=self, depends_on=[before])
        for part, group in (("group", self._groups.cluster), ("data", self._groups.data)):
            opts = pulumi.ResourceOptions(parent=self)
            grant(f"{name}-deploys-{part}", site, "Contributor", group.id, identity, opts)
            authorization.RoleAssignment(
                f"{name}-grants-{part}",
                authorization.RoleAssignmentArgs(
                    principal_id=identity.principal_id,
                    principal_type=SERVICE_PRINCIPAL,
                    role_definition_id=spelling.role_id(
                        site.subscription, "Role Based Access Control Administrator"
                    ),
                    scope=group.id,
                    condition=spelling.only_roles(GRANTED),
                    condition_version="2.0",
                ),
                opts,
            )
        return identity


class WorkloadIdentities(pulumi.ComponentResource):
    """Binds each service account to its identity: the cluster vouches for the account."""

    handle: WorkloadIdentity
    ready: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: AzureSite,
        identities: Identities,
        group: pulumi.Input[str],
        issuer: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:azure:WorkloadIdentities", name, {}, opts)
        self.ready = [
            managedidentity.FederatedIdentityCredential(
                one.identity,
                pulumi.ResourceOptions(parent=self),
                resource_group_name=group,
                resource_name_=identities.shares[one.share.name].name,
                federated_identity_credential_resource_name=name,
                issuer=issuer,
                subject=f"system:serviceaccount:{one.share.namespace}:{one.share.account}",
                audiences=[spelling.TOKEN_AUDIENCE],
            )
            for one in site.containers
        ]
        notes = {
            share: {spelling.CLIENT_ID: identity.client_id} for share, identity in identities.shares.items()
        }
        self.handle = WorkloadIdentity(notes, {spelling.USE_IDENTITY: "true"})
        self.register_outputs({})
