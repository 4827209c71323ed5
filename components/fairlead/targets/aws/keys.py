"""The key that encrypts everything at rest: secrets, disks, volumes, file systems, the bucket, logs."""

from __future__ import annotations

import pulumi
from pulumi_aws import kms

from fairlead.plan.sites.aws_model import AwsSite
from fairlead.targets.aws import policies
from fairlead.targets.aws.spelling import MANAGED

DELETION_DAYS = 30
"""Days between the order to delete the key and its end: the longest that there is."""


class Keys(pulumi.ComponentResource):
    """The platform's own key, or the one that was brought."""

    arn: pulumi.Input[str]

    def __init__(self, name: str, site: AwsSite, opts: pulumi.ResourceOptions) -> None:
        super().__init__("fairlead:aws:Keys", name, {}, opts)
        self.arn = site.key or self._made(name, site)
        self.register_outputs({})

    def _made(self, name: str, site: AwsSite) -> pulumi.Output[str]:
        key = kms.Key(
            name,
            kms.KeyArgs(
                description=f"Platform {name}: secrets, disks, file systems, object store, logs",
                enable_key_rotation=True,
                deletion_window_in_days=DELETION_DAYS,
                policy=policies.key(name, site.region, site.account, site.servers, site.workload_logs),
                tags={MANAGED: name},
            ),
            pulumi.ResourceOptions(parent=self, protect=site.protect),
        )
        kms.Alias(
            name,
            kms.AliasArgs(name=f"alias/{name}", target_key_id=key.key_id),
            pulumi.ResourceOptions(parent=self),
        )
        return key.arn
