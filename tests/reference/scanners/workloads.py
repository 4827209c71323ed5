"""The pods of what tenants send: scanners know pods of Kubernetes' own kinds alone, so pods are told to them as such.

What a controller makes of an object is its own doing, and shown by the end-to-end tests; here is what is written down:
templates inside custom objects as they stand, jobs with their runtime, models with their server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from support.rendered_pods import pod

from fairlead.catalog.read import load
from fairlead.workload import notebook_load, serve_load, serve_render
from fairlead.workload import notebook_render as notebook
from fairlead.workload.load import load_file
from fairlead.workload.render import render

Object = Mapping[str, Any]
KNOWN = {"Pod", "Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob", "ReplicaSet"}
"""Kinds whose pods scanners find themselves."""
TENANT = "team-a"
"""Whose the examples are."""
DOMAIN = "ml.example.com"
NO_POD = {"model", "multiModel", "protocolVersions", "supportedModelFormats", "annotations", "labels"}
"""What a ServingRuntime, or a predictor, has beside the spec of its pod."""


def rendered(folder: Path, runtimes: Mapping[str, Object], servers: Sequence[Object]) -> Iterator[Object]:
    """Objects and pods of all example files. runtimes: by name; servers: the ClusterServingRuntimes."""
    for file in sorted(folder.rglob("*.yaml")):
        for obj in _objects(file):
            yield obj
            yield from pods_inside(obj, TENANT)
            if obj["kind"] == "TrainJob" and (runtime := runtimes.get(obj["spec"]["runtimeRef"]["name"])):
                yield _named(pod(dict(obj), dict(runtime)), obj, "node", TENANT)
            if obj["kind"] == "InferenceService" and (spec := _served(obj, servers)):
                worn = {"labels": obj["metadata"]["labels"]}
                yield _named({"metadata": worn, "spec": spec}, obj, "server", TENANT)


def _objects(file: Path) -> Iterator[Object]:
    """What the API server is sent of a file."""
    catalog = load()
    documents = [one for one in yaml.safe_load_all(file.read_text(encoding="utf-8")) if one]
    kinds = {one["kind"] for one in documents}
    if "TrainingJob" in kinds:
        yield from (obj for job in load_file(file, catalog) for obj in render(job, catalog))
    elif "Model" in kinds:
        for model in serve_load.load_file(file, catalog):
            yield from serve_render.render(model, DOMAIN, catalog)
    elif "Notebook" in kinds:
        for one in notebook_load.load_file(file, catalog):
            yield from notebook.render(one, DOMAIN, catalog)
    else:
        yield from (_placed(one) for one in documents)


def _placed(obj: Object) -> Object:
    """With a name and a namespace, as the API server would store it."""
    meta = dict(obj["metadata"])
    name = meta.pop("name", None) or f"{meta.pop('generateName')}x"
    return {**obj, "metadata": {"namespace": TENANT, **meta, "name": name}}


def pods_inside(obj: Object, tenant: str) -> Iterator[Object]:
    """Pods of a custom object: each template in it whose containers all have their images.

    tenant: the namespace in which pods of an object without one come to be.
    """
    if obj["kind"] in KNOWN or obj["kind"] == "CustomResourceDefinition":
        return
    for place, template in enumerate(_templates(obj)):
        yield _named(template, obj, str(place), tenant)


def _templates(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        spec = value.get("spec")
        boxes = spec.get("containers") if isinstance(spec, Mapping) else None
        if isinstance(boxes, list) and boxes and all("image" in box for box in boxes):
            yield value
        for part in value.values():
            yield from _templates(part)
    elif isinstance(value, list):
        for part in value:
            yield from _templates(part)


def _named(template: Mapping[str, Any], owner: Object, part: str, tenant: str) -> Object:
    """A template as a pod that says whose it is."""
    told = template.get("metadata") or {}
    meta = {key: told[key] for key in ("labels", "annotations") if key in told}
    space = owner["metadata"].get("namespace", tenant)
    name = f"{owner['kind'].lower()}-{owner['metadata']['name']}-{part}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**meta, "name": name, "namespace": space},
        "spec": template["spec"],
    }


def _served(obj: Object, servers: Sequence[Object]) -> Mapping[str, Any] | None:
    """The pod of a model, as KServe's Standard mode fills its server in: the predictor's fields over the server's."""
    predictor = obj["spec"]["predictor"]
    model = predictor.get("model")
    if model is None:
        return None
    wanted = model["modelFormat"]["name"]
    fitting = [
        one for one in servers if wanted in [each["name"] for each in one["spec"]["supportedModelFormats"]]
    ]
    if not fitting:
        return None
    server = fitting[0]["spec"]
    [box] = server["containers"]
    told = {**box, "resources": model["resources"], "args": [*box.get("args", []), *model.get("args", [])]}
    both = {**server, **predictor, "containers": [told]}
    return {key: value for key, value in both.items() if key not in NO_POD | {"minReplicas", "maxReplicas"}}
