"""The workflows layer, decided: how many controllers run, and what the reader should know of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fairlead.errors import Problem
from fairlead.plan.model import Capability, PoolPlan
from fairlead.plan.replicas import pair
from fairlead.plan.workflows_model import WorkflowsPlan
from fairlead.spec.layer import Layers
from fairlead.spec.workflows import Workflows
from fairlead.values import seconds


def check(layers: Layers) -> Iterator[Problem]:
    """An archive is a database."""
    spec = layers.workflows
    if spec.enabled and spec.archive_days and not layers.databases.enabled:
        yield Problem(
            "platform.layers.databases.enabled",
            "layer workflows keeps its archive in a database: platform.layers.workflows.archive_days is set",
            "false",
            "true",
            "write enabled: true, or leave archive_days out",
        )


def workflows_plan(spec: Workflows, pools: Sequence[PoolPlan]) -> WorkflowsPlan:
    """Whether workflows run, and within which bounds."""
    if not spec.enabled:
        return WorkflowsPlan()
    replicas = spec.replicas or pair(pools)
    return WorkflowsPlan(
        True,
        replicas,
        seconds(spec.retention),
        spec.parallelism,
        spec.api_server,
        spec.archive_days or 0,
    )


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
