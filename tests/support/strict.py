"""Objects against schemas that we did not write: Kubernetes' own, and the CRDs of the charts.

Stricter than the API server, which drops unknown fields in silence: here they are problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate

from support.charts import rendered

KUBERNETES = "1.35"
CHARTS = ("kueue", "jobset", "kubeflow-trainer")


@cache
def custom_kinds() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """(apiVersion, kind) -> closed JSON Schema, for every version that the charts' CRDs serve."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for chart in CHARTS:
        for crd in rendered(chart):
            if crd["kind"] == "CustomResourceDefinition":
                found |= schemas(crd)
    return found


def schemas(crd: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The schemas of one CRD, by (apiVersion, kind)."""
    spec = crd["spec"]
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): top(
            version["schema"]["openAPIV3Schema"]
        )
        for version in spec["versions"]
        if version["served"]
    }


def top(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a whole object, closed; its metadata is the API server's to check."""
    closed = _closed(schema)
    return {**closed, "properties": {**closed["properties"], "metadata": {"type": "object"}}}


def _closed(node: Any) -> Any:
    """The schema with unknown keys forbidden wherever the API server would drop them."""
    if isinstance(node, list):
        return [_closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    result = {key: _closed(value) for key, value in node.items() if key != "properties"}
    if str(result.get("pattern", "")).startswith("^(?i)"):
        # Go's spelling of an expression that ignores case; Python wants the flag in front.
        result["pattern"] = f"(?i)^{result['pattern'].removeprefix('^(?i)')}"
    if isinstance(node.get("properties"), dict):
        result["properties"] = {key: _closed(value) for key, value in node["properties"].items()}
        if not node.get("x-kubernetes-preserve-unknown-fields"):
            result["additionalProperties"] = False
    return result


def problems(obj: Mapping[str, Any]) -> list[str]:
    """What the schema of its kind has against an object. A kind without a schema is a problem too."""
    schema = custom_kinds().get((obj["apiVersion"], obj["kind"]))
    name = f"{obj['kind']} {obj['metadata']['name']}"
    if schema is not None:
        errors = jsonschema.Draft7Validator(schema).iter_errors(obj)
        return [f"{name} {error.json_path}: {error.message[:200]}" for error in errors]
    try:
        kubernetes_validate.validate(dict(obj), KUBERNETES, strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
        return [f"{name}: {error!s:.300}"]
    return []


def pods(objects: list[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and pod template of every workload object."""
    for obj in objects:
        template = (obj.get("spec") or {}).get("template") if isinstance(obj.get("spec"), dict) else None
        if obj["kind"] in {"Deployment", "DaemonSet", "StatefulSet", "Job"} and template:
            yield f"{obj['kind']} {obj['metadata']['name']}", template


def containers(spec: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All containers of a pod spec, those of its start included."""
    return [*spec.get("initContainers", []), *spec["containers"]]
