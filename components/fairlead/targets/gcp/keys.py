"""The key of Cloud KMS that encrypts secrets, disks, volumes and the bucket."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_gcp import kms

from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.targets.gcp.spelling import kept, seconds, under

USER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


class Key(pulumi.ComponentResource):
    """The key, made or brought, and the service agents that may use it. Depend on `ready` before using it."""

    id: pulumi.Input[str]
    """Its full name."""
    ready: Sequence[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: GcpSite,
        services: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:gcp:Key", name, {}, opts)
        plan = site.key
        if plan.given:
            self.id = plan.given
        else:
            ring = kms.KeyRing(
                name,
                name=plan.ring,
                location=site.region,
                project=site.project,
                opts=kept(self, site.protect, services),
            )
            key = kms.CryptoKey(
                name,
                name=plan.name,
                key_ring=ring.id,
                purpose="ENCRYPT_DECRYPT",
                rotation_period=seconds(plan.rotation_seconds),
                labels=dict(site.labels),
                opts=kept(self, site.protect),
            )
            self.id = key.id
        self.ready = [
            kms.CryptoKeyIAMMember(
                f"{name}-{service}",
                crypto_key_id=self.id,
                role=USER,
                member=agent,
                opts=under(self, services),
            )
            for service, agent in plan.users
        ]
        self.register_outputs({})
