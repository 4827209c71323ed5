"""The plan of the katib layer: plain data, as the rest of the plan."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.plan.databases_model import USERS

LAYER = CHART = "katib"
"""The layer and its chart of the lock."""
CONTROLLER, MANAGER = "katib-controller", "katib-db-manager"
COLLECTOR, HYPEROPT, OPTUNA = (
    "katib-metrics-collector",
    "katib-suggestion-hyperopt",
    "katib-suggestion-optuna",
)
IMAGES = (CONTROLLER, MANAGER, COLLECTOR, HYPEROPT, OPTUNA)
"""Images of the lock: the two programs of the platform, and those that run beside trials in tenants' namespaces."""
NAMESPACE = USERS[LAYER]


@dataclass(frozen=True)
class KatibPlan:
    """Whether there are experiments, and how many of each program."""

    enabled: bool = False
    replicas: int = 1
