"""Checks objects against CRDs, more strictly than the API server: nothing is pruned in silence."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from support.strict import top

CHART = "kubeflow-trainer"


@cache
def crd_folder() -> Path:
    """CRDs of the pinned Trainer release; the test is skipped only where they cannot be had."""
    from fairlead.errors import FairleadError
    from fairlead.tools import charts
    from fairlead.tools.cache import Cache
    from fairlead.tools.progress import Progress

    cache_dir = Cache.default()
    try:
        charts.ensure([CHART], cache_dir, Progress(mode="quiet"))
    except FairleadError as error:
        pytest.skip(f"the Trainer release with its CRDs cannot be had here: {error}")
    return charts.part(CHART, "crds", cache_dir)


@cache
def schema(kind: str) -> dict[str, Any]:
    """JSON Schema of a custom kind of Trainer, closed: a key that the CRD does not know is an error."""
    for file in crd_folder().glob("*.yaml"):
        crd = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
        if crd.get("kind") == "CustomResourceDefinition" and crd["spec"]["names"]["kind"] == kind:
            return top(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    raise AssertionError(f"no CRD of kind {kind} in {crd_folder()}")


def problems(obj: dict[str, Any]) -> list[str]:
    """What the CRD has against the object, empty if nothing."""
    validator = jsonschema.Draft7Validator(schema(obj["kind"]))
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(obj)]
