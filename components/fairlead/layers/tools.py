"""The layers of tools, each behind those that it needs. One line adds one to what is built."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.layers.certificates import tool as certificates
from fairlead.layers.databases import tool as databases
from fairlead.layers.events import tool as events
from fairlead.layers.gateway import tool as gateway
from fairlead.layers.jobs_v1 import tool as jobs_v1
from fairlead.layers.katib import tool as katib
from fairlead.layers.lws import tool as lws
from fairlead.layers.measured import WOVEN, accelerators, of_target
from fairlead.layers.model_registry import tool as model_registry
from fairlead.layers.monitoring import tool as monitoring
from fairlead.layers.notebooks import tool as notebooks
from fairlead.layers.opencost import tool as opencost
from fairlead.layers.pipelines import tool as pipelines
from fairlead.layers.ray import tool as ray
from fairlead.layers.secrets import tool as secrets
from fairlead.layers.serving import tool as serving
from fairlead.layers.spark import tool as spark
from fairlead.layers.store import tool as store
from fairlead.layers.tool import Measured, Tool
from fairlead.layers.tracking import tool as tracking
from fairlead.layers.workflows import tool as workflows
from fairlead.plan.model import PlatformPlan

TOOLS: Sequence[Tool] = (
    certificates.TOOL,
    secrets.TOOL,
    gateway.TOOL,
    store.TOOL,
    databases.TOOL,
    tracking.TOOL,
    workflows.TOOL,
    events.TOOL,
    pipelines.TOOL,
    serving.TOOL,
    ray.TOOL,
    lws.TOOL,
    katib.TOOL,
    spark.TOOL,
    jobs_v1.TOOL,
    notebooks.TOOL,
    model_registry.TOOL,
    monitoring.TOOL,
    opencost.TOOL,
)


def running(enabled: Sequence[str]) -> list[Tool]:
    """Those of these layers."""
    return [tool for tool in TOOLS if tool.layer in enabled]


def measured(plan: PlatformPlan) -> list[Measured]:
    """What the layers that run and the target's own programs tell of themselves."""
    on = [layer.name for layer in plan.layers if layer.enabled]
    return [
        *(one for layer in on for one in WOVEN.get(layer, ())),
        *of_target(plan.site),
        *accelerators(plan.gpu),
        *(one for tool in running(on) for one in tool.measured(plan)),
    ]
