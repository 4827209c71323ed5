"""The tracking layer, decided: where artefacts lie, how many servers, which workspaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.errors import Problem
from fairlead.plan.model import PoolPlan
from fairlead.plan.replicas import pair
from fairlead.plan.tracking_model import Artifacts, TrackingPlan
from fairlead.spec.layer import Layers
from fairlead.spec.tenant import Tenant

NO_WORKSPACE = frozenset({"default", "workspaces", "api", "ajax-api", "static-files"})
"""Names that no workspace of a tenant may have: mlflow/store/workspace/abstract_store.py of 3.17.2, 2026-11-29."""
SHORTEST = 2
"""Letters of a workspace's name, at least: same file."""


def check(layers: Layers, tenants: Mapping[int, Tenant]) -> Iterator[Problem]:
    """Each tenant gets a workspace of its name, and MLflow takes not every name."""
    if not layers.tracking.enabled:
        return
    for place, tenant in tenants.items():
        if tenant.name in NO_WORKSPACE or len(tenant.name) < SHORTEST:
            yield Problem(
                f"platform.tenants[{place}].name",
                "layer tracking makes a workspace of this name, and MLflow lets none be called so",
                given=tenant.name,
                allowed=f"at least {SHORTEST} letters, and none of {', '.join(sorted(NO_WORKSPACE))}",
            )


def tracking_plan(
    layers: Layers, pools: Sequence[PoolPlan], tenants: Sequence[str], *, stored: bool, shared: bool
) -> TrackingPlan:
    """stored: the object store has a part for it; shared: volumes can be mounted from several nodes."""
    spec = layers.tracking
    if not spec.enabled:
        return TrackingPlan()
    several: Artifacts = "object-store" if stored else "fairlead-shared"
    artifacts = several if stored or shared else "fairlead-block"
    replicas = 1 if artifacts == "fairlead-block" else spec.replicas or pair(pools)
    size = "" if stored else spec.size
    return TrackingPlan(True, replicas, artifacts, size, tuple(tenants))


def notes(plan: TrackingPlan, host: str) -> Iterator[str]:
    """What the reader of a plan should know: who sees what, and where artefacts lie. host: its name outside, if any."""
    if not plan.enabled:
        return
    outside = f"whoever logs in at {host} sees the workspaces of their groups" if host else "nobody else does"
    yield (
        f"MLflow asks no pod who calls: pods of tenants reach it, {outside}; each tenant's runs and models"
        " are in a workspace of its own, but a pod may name the workspace of another tenant."
    )
    if plan.artifacts != "object-store":
        yield f"MLflow's artefacts lie on one volume of class {plan.artifacts}, {plan.size}: no copy is made of it."
