"""Sends models to a cluster, says what they do, and ends them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fairlead import labels
from fairlead.errors import FairleadError, InputError, Problem
from fairlead.plan.serving_model import REGISTRY
from fairlead.workload import scale_send
from fairlead.workload.api import Api
from fairlead.workload.queues import check_queue
from fairlead.workload.scale import ServiceScale
from fairlead.workload.scale_render import KIND as SCALE
from fairlead.workload.serve import ROOT, ServedModel
from fairlead.workload.serve_render import AUTOSCALER, ROUTE, SCALED, SERVICE, host, route, scales, services
from fairlead.workload.serve_state import ModelState, derive, of_service, ready, reason
from fairlead.workload.sizing import Object

Done = tuple[str, str]
"""A part of a model, and what was done to it: created, changed, unchanged or removed."""
Told = Callable[[str], None]
MADE_WITHIN = 60.0
"""Seconds in which KServe makes the Deployment of an InferenceService."""
LOOK = 1.0
"""Seconds between two looks."""


@dataclass(frozen=True)
class Served:
    """What came of sending a model."""

    url: str
    actions: Sequence[Done]
    """What was done to each of its parts, in the order in which it was done."""


def serve(api: Api, model: ServedModel, timeout: float | None = None, told: Told = lambda _: None) -> Served:
    """Sends a model and returns when its versions can be called; calls go to a version only then.

    timeout: seconds, None for ever; told: why it waits. The same model again changes nothing. Raises InputError where
    the cluster lacks what it needs, FairleadError where its name is taken or the time is over, and ApiFailure.
    """
    check_queue(api, model.tenant, model.stage, ROOT, model.name)
    domain = _domain(api, model)
    _check_registry(api, model)
    wanted, way = services(model), route(model, domain)
    here = {one["metadata"]["name"]: one for one in _services(api, model.tenant, model.name)}
    for one in (*wanted, way):
        _check_free(api, one)
    actions: list[Done] = []
    if model.scale is None:
        actions += _unscaled(api, [here[name] for name in _names(wanted) if name in here])
    actions += [(_called(one), _applied(api, one)) for one in wanted]
    actions += [(f"scale {scale.name}", _scaled(api, scale)) for scale in scales(model)]
    called = [model.service(name) for name, weight in model.weights().items() if weight]
    _await(api, model, called, timeout, told)
    actions.append((_called(way), _applied(api, way)))
    gone = [one for name, one in here.items() if name not in _names(wanted)]
    actions += [*_unscaled(api, gone), *(_removed(api, one) for one in gone)]
    return Served(f"https://{host(model, domain)}", actions)


def unserve(api: Api, tenant: str, name: str) -> Sequence[Done]:
    """Ends a model: its route first, so that nobody is sent to what goes. Raises FairleadError if there is none."""
    here = _services(api, tenant, name)
    ways, _ = api.list(ROUTE, tenant, _ours(name))
    if not here and not ways:
        fix = "`fairlead models` shows all there are"
        raise FairleadError(f"the tenant {tenant} has no model {name}\n    fix:     {fix}")
    return [
        *(_removed(api, one) for one in ways),
        *_unscaled(api, here),
        *(_removed(api, one) for one in here),
    ]


def models(api: Api, tenant: str | None = None) -> list[ModelState]:
    """The models of a tenant, or of all that this user may see."""
    every = {labels.MANAGED_BY: "fairlead"}
    found, _ = api.list(SERVICE, tenant, every)
    ways, _ = api.list(ROUTE, tenant, every)
    pods, _ = api.list("Pod", tenant, every)
    return derive(found, ways, pods)


def _ours(name: str) -> dict[str, str]:
    return {labels.MANAGED_BY: "fairlead", labels.ENDPOINT: name}


def _services(api: Api, tenant: str, name: str) -> list[Object]:
    return api.list(SERVICE, tenant, _ours(name))[0]


def _names(objects: Sequence[Object]) -> list[str]:
    return [one["metadata"]["name"] for one in objects]


def _called(obj: Object) -> str:
    return f"{'route' if obj['kind'] == ROUTE else 'version'} {obj['metadata']['name']}"


def _domain(api: Api, model: ServedModel) -> str:
    told = api.get("ConfigMap", labels.GATEWAY, model.tenant)
    if told is None:
        what = "this cluster has no gateway, through which models are called"
        fix = "switch the layers serving and gateway on: platform.layers.gateway.enabled"
        raise InputError(model.name, [Problem(f"{ROOT}.tenant", what, model.tenant, fix=fix)])
    return str(told["data"][labels.GATEWAY_DOMAIN])


def _check_registry(api: Api, model: ServedModel) -> None:
    asked = [one.uri for one in model.all_versions.values() if one.uri.startswith(REGISTRY)]
    if asked and api.get("ConfigMap", labels.TRACKING, model.tenant) is None:
        what = "this cluster has no registry of models"
        fix = "switch the layer tracking on, or say where the model lies"
        raise InputError(model.name, [Problem(f"{ROOT}.uri", what, asked[0], fix=fix)])


def _check_free(api: Api, wanted: Object) -> None:
    meta = wanted["metadata"]
    there = api.get(wanted["kind"], meta["name"], meta["namespace"])
    if there is None:
        return
    marks = there["metadata"].get("labels", {})
    if any(marks.get(key) != meta["labels"][key] for key in (labels.MANAGED_BY, labels.ENDPOINT)):
        what = f"the {wanted['kind']} {meta['namespace']}/{meta['name']} was not made by `fairlead serve`"
        raise FairleadError(f"{what}\n    fix:     delete it, or give the model another name")


def _applied(api: Api, wanted: Object) -> str:
    meta = wanted["metadata"]
    there = api.get(wanted["kind"], meta["name"], meta["namespace"])
    now = api.apply(wanted)
    if there is None:
        return "created"
    same = there["metadata"].get("generation") == now["metadata"].get("generation")
    return "unchanged" if same else "changed"


def _scaled(api: Api, scale: ServiceScale) -> str:
    """KEDA refuses a scale of what is not there yet: KServe makes it of the InferenceService."""
    end = time.monotonic() + MADE_WITHIN
    while api.get(scale.workload_kind, scale.workload_name, scale.tenant) is None:
        if time.monotonic() > end:
            what = f"KServe has not made the Deployment {scale.tenant}/{scale.workload_name} in {MADE_WITHIN:g} s"
            raise FairleadError(f"{what}\n    fix:     kubectl describe inferenceservice {scale.name}")
        time.sleep(LOOK)
    return scale_send.send(api, scale)


def _unscaled(api: Api, there: Sequence[Object]) -> list[Done]:
    """Takes their scales from versions that have one: whoever has none needs no right to."""
    done: list[Done] = []
    for one in there:
        meta = one["metadata"]
        scaled = meta.get("annotations", {}).get(AUTOSCALER) == SCALED
        if scaled and api.delete(SCALE, meta["name"], meta["namespace"]):
            done.append((f"scale {meta['name']}", "removed"))
    return done


def _removed(api: Api, obj: Object) -> Done:
    api.delete(obj["kind"], obj["metadata"]["name"], obj["metadata"]["namespace"])
    return _called(obj), "removed"


def _await(api: Api, model: ServedModel, names: Sequence[str], timeout: float | None, told: Told) -> None:
    """Returns when all of these can be called."""
    end = None if timeout is None else time.monotonic() + timeout
    last = ""
    while True:
        waiting = [one for one in _services(api, model.tenant, model.name) if _lacks(one, names)]
        if not waiting:
            return
        pods, _ = api.list("Pod", model.tenant, _ours(model.name))
        said = "; ".join(f"{one['metadata']['name']} {reason(one, of_service(one, pods))}" for one in waiting)
        if said != last:
            told(said)
            last = said
        if end is not None and time.monotonic() > end:
            fix = "send it again to wait on; the calls go where they went before"
            text = f"model {model.tenant}/{model.name} is not served after {timeout:g} s: {said}"
            raise FairleadError(f"{text}\n    fix:     {fix}")
        time.sleep(LOOK)


def _lacks(service: Object, names: Sequence[str]) -> bool:
    return service["metadata"]["name"] in names and not ready(service)
