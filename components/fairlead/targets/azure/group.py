"""Resource groups: one for the cluster, one for what outlives it."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import resources

from fairlead.plan.sites.azure_model import AzureSite


class ResourceGroups(pulumi.ComponentResource):
    """Whoever deletes a resource group deletes all that is in it: keys and data have their own."""

    cluster: resources.ResourceGroup
    data: resources.ResourceGroup

    def __init__(self, name: str, site: AzureSite, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("fairlead:azure:ResourceGroups", name, {}, opts)
        self.cluster = self._group(f"{name}-group", site.names.group, site, keep=False)
        self.data = self._group(f"{name}-data-group", site.names.data_group, site, keep=site.keep_objects)
        self.register_outputs({})

    def _group(self, name: str, group: str, site: AzureSite, keep: bool) -> resources.ResourceGroup:
        return resources.ResourceGroup(
            name,
            resources.ResourceGroupArgs(resource_group_name=group, location=site.region),
            pulumi.ResourceOptions(parent=self, protect=site.protect, retain_on_delete=keep),
        )
