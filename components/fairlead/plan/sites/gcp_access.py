"""Who may do what on Google Cloud: members as IAM writes them, and the fewest roles that do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from fairlead.plan.sites import gcp_words as words
from fairlead.plan.sites.gcp_model import AdminPlan, CiPlan, FolderPlan, GrantPlan
from fairlead.plan.sites.gcp_secrets import SecretPart
from fairlead.plan.store_model import Share
from fairlead.spec.gcp import GcpTarget

NODE_ROLES = ("roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader")
"""Logs, metrics and images, no more.
https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster#use_least_privilege_sa"""

AGENTS = {
    "container": "container-engine-robot",
    "compute": "compute-system",
    "storage": "gs-project-accounts",
    "file": "cloud-filer",
    "lustre": "gcp-sa-lustre",
    "sql": "gcp-sa-cloud-sql",
}
"""Service -> domain of its agent: https://cloud.google.com/iam/docs/service-agents, 2026-11-23"""

CI_ROLES = (
    "roles/artifactregistry.reader",
    "roles/cloudkms.admin",
    "roles/compute.networkAdmin",
    "roles/compute.securityAdmin",
    "roles/container.admin",
    "roles/dns.admin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/storage.admin",
)
"""What the pipeline needs to build and change everything of this target, and no owner or editor. It acts as the
nodes' account, and as no other one.
https://cloud.google.com/iam/docs/roles-permissions"""
AUDITED: Mapping[str, tuple[str, ...]] = {
    "cloudkms.googleapis.com": ("ADMIN_READ", "DATA_READ", "DATA_WRITE"),
    "container.googleapis.com": ("DATA_READ",),
    "storage.googleapis.com": ("ADMIN_READ", "DATA_WRITE"),
}
"""What is logged on demand. Not the pods' states that nodes write, and not each piece of training data that a job
reads: that would be most of the bill and none of the answers.
https://cloud.google.com/kubernetes-engine/docs/concepts/audit-policy, 2026-11-28"""
LUSTRE_ROLES = ("roles/lustre.admin",)
"""And what it needs beside them for a parallel file system."""
LOGS_ROLES = ("roles/logging.configWriter",)
"""And for a log bucket, the sink into it and the exclusion."""
VIEWER = "roles/container.clusterViewer"
"""Finds the cluster; what one may do inside, RBAC says."""


def account(name: str, end: str, target: GcpTarget) -> str:
    """E-mail address of a service account of the platform."""
    return f"{words.fit(f'{name}-{end}', words.ACCOUNT_ID)}@{target.project}.iam.gserviceaccount.com"


def node_grants(address: str) -> tuple[GrantPlan, ...]:
    """What nodes may do."""
    return tuple(GrantPlan(f"nodes-{_short(role)}", role, f"serviceAccount:{address}") for role in NODE_ROLES)


def admins(target: GcpTarget) -> tuple[AdminPlan, ...]:
    """Who may do everything in the cluster."""
    found: list[AdminPlan] = []
    for place, member in enumerate(target.admins):
        kind, _, address = member.partition(":")
        found.append(AdminPlan(f"admin-{place}", "Group" if kind == "group" else "User", address, member))
    return tuple(found)


def key_users(target: GcpTarget, databases: bool) -> tuple[tuple[str, str], ...]:
    """Service agents that encrypt with the key. databases: Cloud SQL runs some."""
    unused = {"lustre": not target.parallel_storage_tib, "sql": not databases}
    number = target.project_number
    return tuple(
        (service, f"serviceAccount:service-{number}@{domain}.iam.gserviceaccount.com")
        for service, domain in AGENTS.items()
        if not unused.get(service)
    )


def folder(share: Share, target: GcpTarget) -> FolderPlan:
    """A folder of the bucket, and the pods of one service account as the only ones that may use it."""
    own = f"layers/{share.layer}/" if share.layer else f"tenants/{share.name}/"
    return FolderPlan(share, own, principal(share, target))


def principal(share: Share, target: GcpTarget) -> str:
    """A Kubernetes service account as a member: no account of IAM stands between.

    https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    """
    return pods(share.namespace, share.account, target)


def secret_part(platform: str, share: Share, target: GcpTarget) -> SecretPart:
    """The Secrets of a namespace, told apart by their names: a name there has no slash, and ours have no underscore.

    Conditions know a project by its number. https://cloud.google.com/iam/docs/conditions-resource-attributes,
    2026-11-29
    """
    names = f"fairlead_{platform}_{share.namespace}_"
    own = json.dumps(f"projects/{target.project_number}/secrets/{names}")
    return SecretPart(share, names, principal(share, target), f"resource.name.startsWith({own})")


def pods(namespace: str, account: str, target: GcpTarget) -> str:
    """Pods of one service account of the cluster, as IAM writes them."""
    pool = f"projects/{target.project_number}/locations/global/workloadIdentityPools/{target.project}.svc.id.goog"
    return f"principal://iam.googleapis.com/{pool}/subject/ns/{namespace}/sa/{account}"


def ci(name: str, target: GcpTarget, roles: Sequence[str], grants: Sequence[str]) -> CiPlan | None:
    """The pipeline's identity, where the spec has one. roles: what it needs for further services; grants: roles
    that it may give beside those of nodes and admins."""
    if target.ci is None:
        return None
    pool = words.fit(f"{name}-pipeline", words.POOL_ID)
    path = f"projects/{target.project_number}/locations/global/workloadIdentityPools/{pool}"
    # JSON's texts are texts of the condition language too.
    subjects = ", ".join(json.dumps(subject) for subject in target.ci.subjects)
    return CiPlan(
        pool=pool,
        provider="tokens",
        account=account(name, "pipeline", target).partition("@")[0],
        issuer=target.ci.issuer,
        condition=f"assertion.sub in [{subjects}]",
        principals=tuple(
            (f"pipeline-subject-{place}", f"principal://iam.googleapis.com/{path}/subject/{subject}")
            for place, subject in enumerate(target.ci.subjects)
        ),
        roles=(*CI_ROLES, *(LUSTRE_ROLES if target.parallel_storage_tib else ()), *roles),
        grantable=tuple(sorted({*NODE_ROLES, VIEWER, *grants})),
    )


def _short(role: str) -> str:
    return role.rpartition("/")[2].replace(".", "-").lower()
