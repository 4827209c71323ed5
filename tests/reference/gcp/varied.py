"""A committed stack with something changed, as its program declares it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import yaml

from reference.common import REPO, Resource


def varied(stack: str, change: Mapping[str, Any]) -> tuple[Resource, ...]:
    """change: keys of the platform spec that say something else, or are added; under layers, those that it names."""
    from fairlead.declared.record import record
    from fairlead.program import build

    file = REPO / "stacks" / f"Pulumi.{stack}.yaml"
    own = yaml.safe_load(file.read_text())["config"]["fairlead:platform"]
    spec = {**own, **change}
    if "layers" in change:
        spec["layers"] = {**own.get("layers", {}), **change["layers"]}
    made = record(lambda: build(REPO / "stacks", stack, spec, standing=False), stack)
    return tuple(json.loads(json.dumps([asdict(one) for one in made])))
