"""Log groups for what containers write: made before the collector, so that they keep for a time and under our key."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import cloudwatch

from fairlead.plan.sites.aws_model import WorkloadLogs
from fairlead.targets.aws.spelling import MANAGED


def log_groups(
    name: str, plan: WorkloadLogs, key: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> Sequence[pulumi.Resource]:
    """The collector adds to them once they are there, and may make none of its own."""
    return [
        cloudwatch.LogGroup(
            f"{name}-workloads-{group.rpartition('/')[2]}",
            cloudwatch.LogGroupArgs(
                name=group, retention_in_days=plan.days, kms_key_id=key, tags={MANAGED: name}
            ),
            opts,
        )
        for group in plan.groups
    ]
