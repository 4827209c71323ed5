"""A served model as Kubernetes objects: a pure function, the same on every target.

An InferenceService for each version, reached inside alone; a ScaledObject for each that scales; and one HTTPRoute
before them all. Fields: the CRD of github.com/kserve/kserve v0.20.0, config/crd/standard of
sigs.k8s.io/gateway-api v1.5.1.
"""

from __future__ import annotations

from typing import Any

from fairlead import labels
from fairlead.catalog.model import Catalog
from fairlead.plan.gateway_model import NAME, NAMESPACE
from fairlead.values import seconds
from fairlead.workload.scale import ServiceScale
from fairlead.workload.scale_render import render as render_scale
from fairlead.workload.serve import OCI, ROOT, ServedModel, Version
from fairlead.workload.sizing import Object, accelerator, placement, read_catalog, resources

SERVICE_API, SERVICE = "serving.kserve.io/v1beta1", "InferenceService"
ROUTE_API, ROUTE = "gateway.networking.k8s.io/v1", "HTTPRoute"
AUTOSCALER = "serving.kserve.io/autoscalerClass"
SCALED, FIXED = "external", "none"
"""Its values: whoever else scales a version says how many replicas there are; or KServe does, and they stay as many.
pkg/controller/v1beta1/inferenceservice/reconcilers/deployment/deployment_reconciler.go of v0.20.0."""
INSIDE = {"networking.kserve.io/visibility": "cluster-local"}
VERSION_HEADER = "fairlead-version"
"""Of an answer: the InferenceService that has given it."""
PORT = 80
"""Of a version's Service."""


def workload(service: str) -> str:
    """Name of the Deployment and of the Service that KServe makes of an InferenceService: pkg/constants of v0.20.0."""
    return f"{service}-predictor"


def render(model: ServedModel, domain: str, catalog: Catalog | None = None) -> list[Object]:
    """The objects of a model, in the order in which they are made. domain: of the cluster's gateway.

    Raises InputError if the catalogue has no such accelerator.
    """
    return [*services(model, catalog), *map(scaled_object, scales(model)), route(model, domain)]


def services(model: ServedModel, catalog: Catalog | None = None) -> list[Object]:
    """An InferenceService for each version. Raises InputError if the catalogue has no such accelerator."""
    known = catalog or read_catalog()
    asked = accelerator(model, ROOT, known)
    held, placed = resources(model, asked, known), placement(asked, known)
    return [_service(model, name, one, held, placed) for name, one in model.all_versions.items()]


def scales(model: ServedModel) -> list[ServiceScale]:
    """How each version scales; none where their number is fixed."""
    if model.scale is None:
        return []
    said = dict(model.scale)
    return [
        ServiceScale(name=one, tenant=model.tenant, workload=workload(one), **said)
        for one in map(model.service, model.all_versions)
    ]


def scaled_object(scale: ServiceScale) -> Object:
    """The one object of a scale."""
    [made] = render_scale(scale)
    return made


def host(model: ServedModel, domain: str) -> str:
    """Under which name it is called."""
    return f"{model.name}.{model.tenant}.{domain}"


def route(model: ServedModel, domain: str) -> Object:
    """Who calls the model's name gets a version by its weight."""
    backends = [
        {
            "name": workload(model.service(name)),
            "port": PORT,
            "weight": weight,
            "filters": [_answered_by(model.service(name))],
        }
        for name, weight in model.weights().items()
    ]
    rule = {"backendRefs": backends, "timeouts": {"request": f"{seconds(model.timeout)}s"}}
    return {
        "apiVersion": ROUTE_API,
        "kind": ROUTE,
        "metadata": {"name": model.name, "namespace": model.tenant, "labels": _labels(model)},
        "spec": {
            "parentRefs": [{"name": NAME, "namespace": NAMESPACE}],
            "hostnames": [host(model, domain)],
            "rules": [rule],
        },
    }


def _answered_by(service: str) -> Object:
    """Who calls is told which version has answered; and a version with a filter of its own is counted by itself."""
    told = {"set": [{"name": VERSION_HEADER, "value": service}]}
    return {"type": "ResponseHeaderModifier", "responseHeaderModifier": told}


def _labels(model: ServedModel) -> dict[str, str]:
    return {labels.MANAGED_BY: "fairlead", labels.TENANT: model.tenant, labels.ENDPOINT: model.name}


def _service(model: ServedModel, name: str, version: Version, held: Object, placed: Object) -> Object:
    queued = {
        labels.STAGE: model.stage,
        labels.QUEUE: model.stage,
        labels.PRIORITY: model.queue_priority,
    }
    count = model.replicas or 1
    fixed: dict[str, Any] = {} if model.scale else {"minReplicas": count, "maxReplicas": count}
    server: dict[str, Any] = {
        "modelFormat": {"name": model.format},
        "storageUri": _address(version.uri),
        "resources": held,
    }
    if model.server:
        server["runtime"] = model.server
    if model.args:
        server["args"] = list(model.args)
    return {
        "apiVersion": SERVICE_API,
        "kind": SERVICE,
        "metadata": {
            "name": model.service(name),
            "namespace": model.tenant,
            "labels": {**_labels(model), **queued, **INSIDE},
            "annotations": {AUTOSCALER: SCALED if model.scale else FIXED},
        },
        "spec": {
            "predictor": {
                "serviceAccountName": labels.WORKLOAD_ACCOUNT,
                **fixed,
                **placed,
                "model": server,
            }
        },
    }


def _address(uri: str) -> str:
    """Images become volumes of the pod. KServe's other way, a sidecar that runs as the image has it, is refused by the
    restricted standard: pkg/utils/storage.go of v0.20.0 gives it no security context.
    """
    return f"oci+native://{uri.removeprefix(OCI)}" if uri.startswith(OCI) else uri
