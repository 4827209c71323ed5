"""Secrets in AWS Secrets Manager: a role for each namespace that reads what is kept under the namespace's own name.

The store signs in with a token of its namespace's account, which the cluster signs and IAM believes by OpenID Connect.
EKS Pod Identity does not do: it gives a role to the pod that asks, which is the operator's, for all namespaces at once.
docs/snippets/provider-aws-access.md ("cannot be used together with EKS Pod Identity") and credsFromServiceAccount in
pkg/provider/aws/auth/auth.go of github.com/external-secrets/external-secrets v0.20.4, 2026-11-29.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import eks, iam

from fairlead import labels
from fairlead.contract.secrets import SecretSource
from fairlead.plan.secrets_model import ACCOUNT
from fairlead.plan.sites.aws_model import AwsSite, SecretPart
from fairlead.targets.aws import policies
from fairlead.targets.aws.identity import AUDIENCE
from fairlead.targets.aws.spelling import MANAGED

ROLE = "eks.amazonaws.com/role-arn"
"""Annotation of a service account whose tokens are exchanged for a role."""


class Secrets(pulumi.ComponentResource):
    """The cluster as an issuer that IAM believes, and the roles. Depend on `ready` before a store signs in."""

    handle: Mapping[str, SecretSource]
    """By namespace."""
    ready: Sequence[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: AwsSite,
        cluster: eks.Cluster,
        key: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__("fairlead:aws:Secrets", name, {}, opts)
        self._name, self._site, self._key = name, site, key
        self._child = pulumi.ResourceOptions(parent=self)
        url = cluster.identities.apply(_issuer)
        self._issuer = iam.OpenIdConnectProvider(
            f"{name}-cluster",
            iam.OpenIdConnectProviderArgs(url=url, client_id_lists=[AUDIENCE], tags={MANAGED: name}),
            self._child,
        )
        self._host = url.apply(lambda found: found.removeprefix("https://"))
        made = {part.share.namespace: self._one(part) for part in site.secrets}
        self.ready = [rights for _, rights in made.values()]
        self.handle = {
            part.share.namespace: SecretSource(
                provider=provider(site.region, part.names),
                place=f"AWS Secrets Manager of account {site.account} in {site.region}",
                names=part.names,
                account_annotations={ROLE: made[part.share.namespace][0].arn},
            )
            for part in site.secrets
        }
        self.register_outputs({})

    def _one(self, part: SecretPart) -> tuple[iam.Role, pulumi.Resource]:
        name, site, share = f"{self._name}-secrets-{part.share.name}", self._site, part.share
        subject = f"system:serviceaccount:{share.namespace}:{share.account}"
        role = iam.Role(
            name,
            iam.RoleArgs(
                name=part.role,
                assume_role_policy=pulumi.Output.all(self._issuer.arn, self._host).apply(
                    lambda found: policies.web_identity(found[0], found[1], AUDIENCE, [subject])
                ),
                tags={MANAGED: self._name, **({} if share.layer else {labels.TENANT: share.name})},
            ),
            self._child,
        )
        document = pulumi.Output.from_input(self._key).apply(
            lambda key: policies.secrets(site.region, site.account, part.names, key)
        )
        rights = iam.RolePolicy(name, iam.RolePolicyArgs(role=role.name, policy=document), self._child)
        return role, rights


def provider(region: str, names: str) -> dict[str, Any]:
    """The store's own words for it. It puts `names` before what an ExternalSecret asks for."""
    return {
        "aws": {
            "service": "SecretsManager",
            "region": region,
            "prefix": names,
            "auth": {"jwt": {"serviceAccountRef": {"name": ACCOUNT}}},
        }
    }


def _issuer(identities: Sequence[eks.outputs.ClusterIdentity]) -> str:
    """Address under which the cluster's tokens are issued; there is one once the cluster stands."""
    oidc = (identities[0].oidcs or []) if identities else []
    return (oidc[0].issuer or "") if oidc else ""
