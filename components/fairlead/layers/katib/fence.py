"""Who may call Katib's programs, whom they may call, and the doors in a tenant's fence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Object
from fairlead.contract.handle import Inside, Reach
from fairlead.layers.katib.place import (
    API_PORT,
    METRICS_PORT,
    PROGRAM,
    SUGGESTION,
    TRIAL,
    WEBHOOK_PORT,
    labels,
)
from fairlead.layers.objects import DNS, MONITORING, TENANTS, calling, closed, door, outward, pods_of
from fairlead.plan.katib_model import CONTROLLER, MANAGER, NAMESPACE

_CONTROLLER, _MANAGER = labels(PROGRAM[CONTROLLER]), labels(PROGRAM[MANAGER])
_TRIALS: Mapping[str, Any] = {
    "namespaceSelector": {"matchExpressions": list(TENANTS)},
    "podSelector": {"matchExpressions": [{"key": TRIAL, "operator": "Exists"}]},
}
"""Pods of trials: the container that reads their metrics, or the trial itself."""


def objects(reach: Sequence[Inside | Reach]) -> list[Object]:
    """reach: what the database manager calls; the namespace itself is closed beside its database.

    The webhooks are called by the API server, which is no pod; the controller calls it, so that its egress stays open.
    """
    callers = [_TRIALS, {"podSelector": {"matchLabels": _CONTROLLER}}]
    return [
        closed(CONTROLLER, NAMESPACE, _CONTROLLER, [door(WEBHOOK_PORT), door(METRICS_PORT, [MONITORING])]),
        closed(MANAGER, NAMESPACE, _MANAGER, [door(API_PORT, callers)]),
        calling(f"{MANAGER}-calls", NAMESPACE, _MANAGER, [DNS, *(outward(one) for one in reach)]),
    ]


def of_tenant(namespace: str) -> list[Object]:
    """Trials tell the database manager what they measure; the controller asks suggestion services what comes next."""
    told = calling("katib-trials", namespace, {}, [outward(Inside(NAMESPACE, _MANAGER, (API_PORT,)))])
    asked = closed("katib-suggestions", namespace, {}, [door(API_PORT, [pods_of(NAMESPACE, _CONTROLLER)])])
    return [_only(told, TRIAL), _only(asked, SUGGESTION)]


def _only(policy: Object, label: str) -> Object:
    """The policy for pods that have this label, whatever its value: that is the name of a trial or an experiment."""
    chosen = {"matchExpressions": [{"key": label, "operator": "Exists"}]}
    return {**policy, "spec": {**policy["spec"], "podSelector": chosen}}
