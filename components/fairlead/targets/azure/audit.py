"""What Azure's resources log, kept in the platform's own workspace."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import monitor


def audit(
    name: str,
    resource: pulumi.Input[str],
    workspace: pulumi.Input[str],
    categories: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> monitor.DiagnosticSetting:
    """resource, workspace: ids; categories: of logs, in the resource's own words."""
    return monitor.DiagnosticSetting(
        name,
        monitor.DiagnosticSettingArgs(
            name="audit",
            resource_uri=resource,
            workspace_id=workspace,
            log_analytics_destination_type="Dedicated",
            logs=[monitor.DiagnosticsLogSettingsArgs(category=one, enabled=True) for one in categories],
        ),
        opts,
    )
