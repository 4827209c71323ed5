"""The workflows layer, decided: how many controllers run, and what the reader should know of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.plan.model import Capability, PoolPlan
from fairlead.plan.replicas import pair
from fairlead.plan.workflows_model import WorkflowsPlan
from fairlead.spec.workflows import Workflows
from fairlead.values import seconds


def workflows_plan(spec: Workflows, pools: Sequence[PoolPlan]) -> WorkflowsPlan:
    """Whether workflows run, and within which bounds."""
    if not spec.enabled:
        return WorkflowsPlan()
    replicas = spec.replicas or pair(pools)
    return WorkflowsPlan(True, replicas, seconds(spec.retention), spec.parallelism, spec.api_server)


def notes(plan: WorkflowsPlan, capabilities: Sequence[Capability]) -> Iterator[str]:
    """What the reader of a plan should know: what workflows do without, and what their pods may call."""
    [store] = [one for one in capabilities if one.name == "object-store"]
    if plan.enabled and store.status == "unsupported":
        yield (
            "Workflows hand no artefacts from step to step, and their logs go with their pods, for there is no object"
            f" store ({store.reason}); parameters they do hand over."
        )
    if plan.enabled and not plan.api_server:
        yield (
            "Pods of workflows may call any address on ports 443 and 6443, for they report to the API server and"
            " platform.layers.workflows.api_server does not say where it is."
        )
