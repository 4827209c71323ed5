"""The notebooks layer: runtimes, what Services of tenants may be, and what each tenant gets. It has no controller."""

from __future__ import annotations

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers import objects
from fairlead.layers.gateway.tool import ENTRANCE
from fairlead.layers.notebooks import policies
from fairlead.layers.objects import WRITE, rule
from fairlead.layers.tool import Ground, Part, Tool
from fairlead.plan.claimed import counts
from fairlead.plan.model import TenantPlan
from fairlead.plan.selecting import selectors
from fairlead.workload.nearness import pod_annotations
from fairlead.workload.notebook_runtime import runtimes

LAYER = "notebooks"
JOBS = "runtimes"
"""What stands when jobs can be sent: `platform`."""


def _parts(ground: Ground) -> list[Part]:
    plan, identity = ground.plan, ground.handle.identity
    made = runtimes(
        identity.pod_labels if identity else None,
        pod_annotations(plan.queues),
        plan.health.grace_seconds,
        selectors(plan.pools, plan.site),
        identity.token if identity else None,
        counts(plan.pools),
    )
    return [Part(LAYER, [*policies.objects(), *made], after=(JOBS, ENTRANCE))]


def members(ground: Ground, tenant: TenantPlan) -> list[Object]:
    """Members write the Services of their notebooks, and are told where these answer. The rest they may do anyway:
    jobs, volumes and secrets by the layer tenancy, routes by the layer gateway."""
    told = objects.told(tenant, labels.NOTEBOOKS, {labels.NOTEBOOK_DOMAIN: ground.plan.gateway.domain})
    return [told, *objects.members(tenant, labels.NOTEBOOKS, [rule(("",), ("services",), WRITE)])]


TOOL = Tool(LAYER, _parts, members)
