"""What a served model is doing, read from the objects that the controllers keep. Pure: objects in, state out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead import labels
from fairlead.workload.conditions import condition, holds

Object = Mapping[str, Any]
SERVICE_LABEL = "serving.kserve.io/inferenceservice"
"""Label of every pod that serves a model: the name of its InferenceService. pkg/constants of KServe v0.20.0."""
ADMISSION = "kueue.x-k8s.io/admission"
"""Scheduling gate of a pod that waits in its queue."""
_SUFFIX = "-predictor"


@dataclass(frozen=True)
class VersionState:
    """One version at one moment."""

    name: str
    uri: str
    ready: bool
    """Whether it can be called; one that sleeps is: the first who calls wakes it."""
    running: int
    """Replicas that answer now."""
    weight: int | None
    """Its part of the calls; None while no route names it."""
    reason: str
    """Why it is not ready; empty where there is nothing to say."""


@dataclass(frozen=True)
class ModelState:
    """One model at one moment."""

    tenant: str
    name: str
    url: str
    """Where it is called; empty while it has no route."""
    versions: Sequence[VersionState]


def derive(services: Iterable[Object], routes: Iterable[Object], pods: Iterable[Object]) -> list[ModelState]:
    """Models, in the order of their names, of their InferenceServices, HTTPRoutes and pods."""
    pods = list(pods)
    by_name = {_key(one, one["metadata"]["name"]): one for one in routes}
    found: dict[tuple[str, str], list[Object]] = {}
    for service in services:
        found.setdefault(_key(service, service["metadata"]["labels"][labels.ENDPOINT]), []).append(service)
    return [_model(key, found[key], by_name.get(key), pods) for key in sorted(found)]


def ready(service: Object) -> bool:
    """Whether an InferenceService can be called."""
    return holds(service, "Ready")


def reason(service: Object, pods: Iterable[Object]) -> str:
    """Why an InferenceService is not ready, in few words; empty for one that is."""
    if ready(service):
        return ""
    if any(_waits(pod) for pod in pods):
        return "waits in the queue"
    told = service.get("status", {}).get("modelStatus", {}).get("lastFailureInfo", {}).get("message")
    said = condition(service, "PredictorReady") or condition(service, "Ready")
    return str(told or (said or {}).get("message") or "starts")


def _model(
    key: tuple[str, str], services: Sequence[Object], route: Object | None, pods: Sequence[Object]
) -> ModelState:
    tenant, name = key
    spec: Object = route["spec"] if route else {}
    shares: dict[str, int] = {
        backend["name"].removesuffix(_SUFFIX): backend.get("weight", 1)
        for rule in spec.get("rules", ())
        for backend in rule.get("backendRefs", ())
    }
    url = f"https://{spec['hostnames'][0]}" if spec.get("hostnames") else ""
    ordered = sorted(services, key=lambda one: one["metadata"]["name"])
    return ModelState(tenant, name, url, [_version(name, one, shares, pods) for one in ordered])


def _version(model: str, service: Object, shares: Mapping[str, int], pods: Sequence[Object]) -> VersionState:
    name = service["metadata"]["name"]
    own = of_service(service, pods)
    return VersionState(
        name.removeprefix(f"{model}-"),
        service["spec"]["predictor"]["model"]["storageUri"],
        ready(service),
        sum(holds(pod, "Ready") for pod in own),
        shares.get(name),
        reason(service, own),
    )


def of_service(service: Object, pods: Iterable[Object]) -> list[Object]:
    """The pods of an InferenceService."""
    wanted = _key(service, service["metadata"]["name"])
    return [
        pod for pod in pods if _key(pod, pod["metadata"].get("labels", {}).get(SERVICE_LABEL, "")) == wanted
    ]


def _waits(pod: Object) -> bool:
    return any(gate["name"] == ADMISSION for gate in pod["spec"].get("schedulingGates", ()))


def _key(obj: Object, name: str) -> tuple[str, str]:
    return obj["metadata"]["namespace"], name
