"""Identities without keys: the nodes' account, admins, and the pipeline's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_gcp import iam, projects, serviceaccount

from fairlead.plan.sites.gcp_access import VIEWER
from fairlead.plan.sites.gcp_model import CiPlan, GcpSite
from fairlead.targets.gcp.spelling import under

IMPERSONATE = "roles/iam.workloadIdentityUser"
ACT_AS = "roles/iam.serviceAccountUser"
GRANTS = "roles/resourcemanager.projectIamAdmin"


class Identity(pulumi.ComponentResource):
    """The account of the nodes and the roles that it has. Depend on `ready` before nodes come up."""

    node_account: pulumi.Output[str]
    ready: Sequence[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: GcpSite,
        services: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:gcp:Identity", name, {}, opts)
        account = serviceaccount.Account(
            f"{name}-nodes",
            account_id=site.node_account,
            project=site.project,
            display_name=f"Nodes of {site.cluster}",
            opts=under(self, services),
        )
        self.node_account = account.email
        self.ready = [
            projects.IAMMember(
                f"{name}-{grant.name}",
                project=site.project,
                role=grant.role,
                member=account.member,
                opts=under(self),
            )
            for grant in site.node_grants
        ]
        for admin in site.admins:
            projects.IAMMember(
                f"{name}-{admin.name}",
                project=site.project,
                role=VIEWER,
                member=admin.member,
                opts=under(self, services),
            )
        for service, kinds in site.audited.items():
            projects.IAMAuditConfig(
                f"{name}-audit-{service.partition('.')[0]}",
                project=site.project,
                service=service,
                audit_log_configs=[
                    projects.IAMAuditConfigAuditLogConfigArgs(log_type=kind) for kind in kinds
                ],
                # The project's log is not the platform's to end: another platform in it may rely on it.
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(services), retain_on_delete=True),
            )
        if site.ci:
            self._pipeline(name, site, site.ci, account, services)
        self.register_outputs({})

    def _pipeline(
        self,
        name: str,
        site: GcpSite,
        plan: CiPlan,
        nodes: serviceaccount.Account,
        services: Sequence[pulumi.Resource],
    ) -> None:
        """The pipeline's tokens are exchanged for those of an account that has no key."""
        pool = iam.WorkloadIdentityPool(
            f"{name}-pipeline",
            workload_identity_pool_id=plan.pool,
            project=site.project,
            display_name="Pipeline",
            opts=under(self, services),
        )
        provider = iam.WorkloadIdentityPoolProvider(
            f"{name}-pipeline",
            workload_identity_pool_id=pool.workload_identity_pool_id,
            workload_identity_pool_provider_id=plan.provider,
            project=site.project,
            attribute_mapping={"google.subject": "assertion.sub"},
            attribute_condition=plan.condition,
            oidc=iam.WorkloadIdentityPoolProviderOidcArgs(issuer_uri=plan.issuer),
            opts=under(self),
        )
        account = serviceaccount.Account(
            f"{name}-pipeline",
            account_id=plan.account,
            project=site.project,
            display_name=f"Pipeline of {site.cluster}",
            opts=under(self, services),
        )
        for short, principal in plan.principals:
            serviceaccount.IAMMember(
                f"{name}-{short}",
                service_account_id=account.name,
                role=IMPERSONATE,
                member=principal,
                opts=under(self, [provider]),
            )
        serviceaccount.IAMMember(
            f"{name}-pipeline-nodes",
            service_account_id=nodes.name,
            role=ACT_AS,
            member=account.member,
            opts=under(self),
        )
        for role in plan.roles:
            projects.IAMMember(
                f"{name}-pipeline-{role.rpartition('/')[2].lower()}",
                project=site.project,
                role=role,
                member=account.member,
                opts=under(self),
            )
        projects.IAMMember(
            f"{name}-pipeline-grants",
            project=site.project,
            role=GRANTS,
            member=account.member,
            condition=projects.IAMMemberConditionArgs(
                title="only-roles-of-the-platform", expression=_only(plan.grantable)
            ),
            opts=under(self),
        )


def _only(roles: Sequence[str]) -> str:
    """A condition under which only these roles can be granted and taken away.

    https://cloud.google.com/iam/docs/setting-limits-on-granting-roles
    """
    return (
        f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly({json.dumps(list(roles))})"
    )


def admin_bindings(site: GcpSite) -> list[Mapping[str, Any]]:
    """Kubernetes objects that let admins do everything in the cluster."""
    if not site.admins:
        return []
    group = "rbac.authorization.k8s.io"
    subjects = [{"kind": one.kind, "name": one.address, "apiGroup": group} for one in site.admins]
    return [
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "fairlead:admins"},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": subjects,
        }
    ]
