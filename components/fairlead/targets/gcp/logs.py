"""What containers of one cluster write, in a log bucket of its own, and no longer in the one that the project shares.

GKE's own collector sends it to Cloud Logging, from nodes with any taint. A sink takes it into the bucket, and an
exclusion out of the project's `_Default` sink, which would keep it, and charge for it, a second time. A project takes
ten exclusions. https://docs.cloud.google.com/logging/docs/routing/overview; logging.v2 rev 20260911
(google-api-python-client), projects.exclusions.create, 2026-11-30
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_gcp import logging

from fairlead.plan.sites.gcp_model import GcpSite, WorkloadLogs
from fairlead.targets.gcp.spelling import under


class Logs(pulumi.ComponentResource):
    """The bucket and the way into it."""

    def __init__(
        self,
        name: str,
        site: GcpSite,
        plan: WorkloadLogs,
        services: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:gcp:Logs", name, {}, opts)
        bucket = logging.ProjectBucketConfig(
            f"{name}-workloads",
            bucket_id=plan.bucket,
            project=site.project,
            location=site.region,
            retention_days=plan.days,
            description=f"Output of containers of {site.cluster}",
            opts=under(self, services),
        )
        sink = logging.ProjectSink(
            f"{name}-workloads",
            name=plan.bucket,
            project=site.project,
            # Of the same project the sink may write to it without any grant.
            destination=bucket.id.apply(lambda found: f"logging.googleapis.com/{found}"),
            filter=plan.filter,
            description=f"Output of containers of {site.cluster}",
            unique_writer_identity=True,
            opts=under(self),
        )
        logging.ProjectExclusion(
            f"{name}-workloads",
            name=plan.bucket,
            project=site.project,
            filter=plan.filter,
            description=f"Kept in the log bucket {plan.bucket}",
            # Before the sink stands, nothing else would keep it.
            opts=under(self, [sink]),
        )
        self.register_outputs({})
