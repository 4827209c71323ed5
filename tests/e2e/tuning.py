"""Experiments of Katib for tests: their trials are plain Jobs that fit a line; how one differs is said beside it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from e2e.stage import IMAGE
from fairlead import labels
from fairlead.layers.katib import place

TENANT, OTHER = "team-a", "team-b"
USER = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
SEALED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
RIDGE = """\
{ python3 -u - <<'PROGRAM'
import time

import numpy as np

random = np.random.default_rng(3)
rows, truth = random.normal(0, 1, (60, 30)), random.normal(0, 1, 30)
seen = rows @ truth + random.normal(0, 4, 60)
known, new = slice(0, 40), slice(40, 60)
inner = rows[known].T @ rows[known] + ${trialParameters.penalty} * np.eye(30)
found = np.linalg.solve(inner, rows[known].T @ seen[known])
time.sleep(4)
print(f"error={np.mean((rows[new] @ found - seen[new]) ** 2):.4f}")
PROGRAM
}"""
"""Fits a line with a penalty on its slopes, and tells how well it foresees what it has not seen."""
PENALTY = {
    "name": "penalty",
    "parameterType": "double",
    "feasibleSpace": {"min": "1", "max": "41", "step": "20"},
}
BOX = {
    "name": "main",
    "image": IMAGE,
    "command": ["sh", "-c"],
    "args": [RIDGE],
    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
    "securityContext": SEALED,
}
POD = {
    "restartPolicy": "Never",
    "automountServiceAccountToken": False,
    "securityContext": USER,
    "containers": [BOX],
}


def experiment(name: str, job: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """Tries three penalties, two at a time; job, spec: what differs."""
    template = {"metadata": {"labels": dict(place.MARKED)}, "spec": copy.deepcopy(POD)}
    trial = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"labels": {labels.QUEUE: "training"}},
        "spec": {"backoffLimit": 0, "template": template},
        **(job or {}),
    }
    return {
        "apiVersion": f"{place.GROUP}/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name, "namespace": TENANT, "labels": {labels.TENANT: TENANT}},
        "spec": {
            "objective": {"type": "minimize", "objectiveMetricName": "error"},
            "algorithm": {"algorithmName": "grid"},
            "maxTrialCount": 3,
            "parallelTrialCount": 2,
            "maxFailedTrialCount": 1,
            "parameters": [copy.deepcopy(PENALTY)],
            "trialTemplate": {
                "primaryContainerName": "main",
                "trialParameters": [{"name": "penalty", "reference": "penalty"}],
                "trialSpec": trial,
            },
            **spec,
        },
    }
