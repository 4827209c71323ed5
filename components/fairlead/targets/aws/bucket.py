"""The object store: one bucket, closed to the public, encrypted, versioned, reached over TLS alone."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import s3

from fairlead.contract.handle import Reach
from fairlead.plan.sites.aws_model import AwsSite, OwnNetwork
from fairlead.targets.aws import policies
from fairlead.targets.aws.spelling import MANAGED

ABORT_DAYS = 7
"""Days after which the parts of an upload that was never finished are removed."""


AGENT = "169.254.170.23/32"
"""Where pods ask the agent on their node for their identity.

https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html; port 80: its source,
github.com/awsdocs/amazon-eks-user-guide@4d52b4d …/aws-access/service-accounts.adoc; both 2026-11-23
"""
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
HTTPS = (443,)


def reach(site: AwsSite) -> list[Reach]:
    """What tenants' pods call: the agent, and the store at its addresses in the network.

    Where the store has none there, its addresses are any in the internet: they change from day to day.
    """
    agent = Reach(AGENT, (80,))
    network = site.network
    if isinstance(network, OwnNetwork) and "s3" in network.endpoints:
        return [agent, *(Reach(zone.control, HTTPS) for zone in network.zones)]
    return [agent, Reach("0.0.0.0/0", HTTPS, PRIVATE)]


class Bucket(pulumi.ComponentResource):
    """The platform's object store."""

    name: pulumi.Output[str]
    ready: Sequence[pulumi.Resource]

    def __init__(
        self, name: str, site: AwsSite, key: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__("fairlead:aws:Bucket", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        store = site.store
        bucket = s3.Bucket(
            name,
            s3.BucketArgs(bucket=store.bucket, force_destroy=not store.keep, tags={MANAGED: name}),
            pulumi.ResourceOptions(parent=self, protect=site.protect and store.keep),
        )
        closed = s3.BucketPublicAccessBlock(
            name,
            s3.BucketPublicAccessBlockArgs(
                bucket=bucket.id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
            child,
        )
        owner = s3.BucketOwnershipControls(
            name,
            s3.BucketOwnershipControlsArgs(
                bucket=bucket.id,
                rule=s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            ),
            child,
        )
        encrypted = s3.BucketServerSideEncryptionConfiguration(
            name,
            s3.BucketServerSideEncryptionConfigurationInitArgs(bucket=bucket.id, rules=[_encryption(key)]),
            child,
        )
        versions = s3.BucketVersioning(
            name,
            s3.BucketVersioningInitArgs(
                bucket=bucket.id,
                versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            ),
            child,
        )
        expiry = s3.BucketLifecycleConfiguration(
            name,
            s3.BucketLifecycleConfigurationArgs(bucket=bucket.id, rules=[_lifecycle(store.expire_days)]),
            pulumi.ResourceOptions(parent=self, depends_on=[versions]),
        )
        tls = s3.BucketPolicy(
            name,
            s3.BucketPolicyArgs(bucket=bucket.id, policy=policies.bucket(store.bucket)),
            pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )
        self.name = bucket.id
        self.ready = [closed, owner, encrypted, versions, expiry, tls]
        self.register_outputs({})


def _encryption(key: pulumi.Input[str]) -> s3.BucketServerSideEncryptionConfigurationRuleArgs:
    """Everything by the platform's key; one call to the key service serves many objects."""
    default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms", kms_master_key_id=key
    )
    return s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=default, bucket_key_enabled=True
    )


def _lifecycle(days: int) -> s3.BucketLifecycleConfigurationRuleArgs:
    return s3.BucketLifecycleConfigurationRuleArgs(
        id="old-versions",
        status="Enabled",
        filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=days
        ),
        abort_incomplete_multipart_upload=s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=ABORT_DAYS
        ),
    )
