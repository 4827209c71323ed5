"""Katib's own settings: katib-config.yaml, KatibConfig of config.kubeflow.org/v1beta1.

Fields and defaults: pkg/apis/config/v1beta1 of github.com/kubeflow/katib v0.19.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairlead.layers.katib.place import API_PORT, METRICS_PORT, PROBE_PORT, USER, WEBHOOK_PORT
from fairlead.layers.objects import SEALED, unprivileged
from fairlead.plan.katib_model import COLLECTOR, HYPEROPT, OPTUNA

NAME, FILE = "katib-config", "katib-config.yaml"
"""The ConfigMap and the file in it, by names that the program has."""
TRIALS: Mapping[str, str] = {"Job": "batch/v1", "TrainJob": "trainer.kubeflow.org/v1alpha1"}
"""What a trial may be: kind -> its API version. Both wait in queues."""
ALGORITHMS: Mapping[str, str] = {
    "random": HYPEROPT,
    "tpe": HYPEROPT,
    "multivariate-tpe": OPTUNA,
    "cmaes": OPTUNA,
    "grid": OPTUNA,
}
"""How the next trials are chosen -> image of the service that does so. Optuna's knows the first two as well, but when
its pod goes it forgets what it has proposed, and answers no more; Hyperopt's learns it anew from the trials."""
COLLECTORS = ("StdOut", "File")
"""How metrics are read, beside Push: by a container beside the trial's own, from what that prints or writes."""
PROPOSING, READING = ("50m", "128Mi", "512Mi"), ("20m", "32Mi", "256Mi")
"""Asked for by suggestion services and by what reads metrics: cpu, memory, most memory."""
NO_LIMIT = "-1"
"""By this Katib leaves a field out that it would fill in. A limit of the disk counts for all that the pod writes."""


def settings(image: Callable[[str], str], replicas: int) -> dict[str, Any]:
    """The settings; image: the reference of an image of the lock."""
    return {
        "apiVersion": "config.kubeflow.org/v1beta1",
        "kind": "KatibConfig",
        "init": {"controller": _controller(replicas)},
        "runtime": {
            "metricsCollectors": [_collector(kind, image(COLLECTOR)) for kind in COLLECTORS],
            "suggestions": [_suggestion(name, image(service)) for name, service in ALGORITHMS.items()],
        },
    }


def _controller(replicas: int) -> dict[str, Any]:
    groups = {kind: api.partition("/") for kind, api in TRIALS.items()}
    return {
        "webhookPort": WEBHOOK_PORT,
        "metricsAddr": f":{METRICS_PORT}",
        "healthzAddr": f":{PROBE_PORT}",
        "enableLeaderElection": replicas > 1,
        # The container beside a trial's own has the same security context, so that the tenant's standard lets it in.
        "injectSecurityContext": True,
        "trialResources": [f"{kind}.{version}.{group}" for kind, (group, _, version) in groups.items()],
    }


def _collector(kind: str, image: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": _resources(READING),
    }


def _suggestion(name: str, image: str) -> dict[str, Any]:
    probe = {"grpc": {"port": API_PORT, "service": "manager.v1beta1.Suggestion"}, "timeoutSeconds": 5}
    return {
        "algorithmName": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "resources": _resources(PROPOSING),
        # Of the container, since Katib says nothing of the pod.
        "securityContext": {**SEALED, **unprivileged(USER)},
        "readinessProbe": {**probe, "initialDelaySeconds": 1, "periodSeconds": 2},
        "livenessProbe": {**probe, "initialDelaySeconds": 60, "periodSeconds": 60},
    }


def _resources(asked: tuple[str, str, str]) -> dict[str, Any]:
    cpu, memory, most = asked
    return {
        "requests": {"cpu": cpu, "memory": memory, "ephemeral-storage": NO_LIMIT},
        "limits": {"cpu": NO_LIMIT, "memory": most, "ephemeral-storage": NO_LIMIT},
    }
