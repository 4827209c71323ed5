"""Secrets in Google Secret Manager: an account of the cluster reads what is kept under its namespace's own names.

The store signs in with a token of the account, which Google exchanges for one of the account itself: no account of IAM
stands between. TokenSource in pkg/provider/gcp/secretmanager/workload_identity.go of
github.com/external-secrets/external-secrets v0.20.4, and docs/provider/google-secrets-manager.md there, 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_gcp import projects

from fairlead.contract.secrets import SecretSource
from fairlead.plan.secrets_model import ACCOUNT
from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.plan.sites.gcp_secrets import ROLE
from fairlead.targets.gcp.spelling import under


class Secrets(pulumi.ComponentResource):
    """Who reads what. Depend on `ready` before a store signs in."""

    handle: Mapping[str, SecretSource]
    """By namespace."""
    ready: Sequence[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: GcpSite,
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """after: the pool of the cluster's identities is there when the cluster is."""
        super().__init__("fairlead:gcp:Secrets", name, {}, opts)
        self.ready = [
            projects.IAMMember(
                f"{name}-secrets-{part.share.name}",
                project=site.project,
                role=ROLE,
                member=part.principal,
                condition=projects.IAMMemberConditionArgs(
                    title=f"only-secrets-of-{part.share.namespace}", expression=part.condition
                ),
                opts=under(self, after),
            )
            for part in site.secrets
        ]
        self.handle = {
            part.share.namespace: SecretSource(
                provider=provider(site),
                place=f"Secret Manager of project {site.project}",
                names=part.names,
                keys=part.names,
            )
            for part in site.secrets
        }
        self.register_outputs({})


def provider(site: GcpSite) -> dict[str, Any]:
    """The store's own words for it. It adds nothing to what an ExternalSecret asks for: names are written out there."""
    identity = {
        "serviceAccountRef": {"name": ACCOUNT},
        "clusterProjectID": site.project,
        "clusterLocation": site.region,
        "clusterName": site.cluster,
    }
    return {"gcpsm": {"projectID": site.project, "auth": {"workloadIdentity": identity}}}
