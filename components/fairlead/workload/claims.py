"""Devices that a pod claims: by a template in its own namespace, for its container. Pure: a pod in, a pod out."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fairlead.plan.claimed import template

ACCELERATORS = "accelerators"
"""Name of the claim inside the pod."""


def claiming(pod: Mapping[str, Any], name: str, of: str) -> Mapping[str, Any]:
    """The pod, each of whose containers gets what is claimed by the template `of`, called `name` within it."""
    return {
        **pod,
        "containers": [_with(box, name) for box in pod["containers"]],
        "resourceClaims": [
            *pod.get("resourceClaims", []),
            {"name": name, "resourceClaimTemplateName": of},
        ],
    }


def numbered(runtime: Mapping[str, Any], name: str, count: int) -> dict[str, Any]:
    """The ClusterTrainingRuntime under another name, whose pods claim so many accelerators of their nodes."""
    made = copy.deepcopy(dict(runtime))
    made["metadata"]["name"] = name
    for one in made["spec"]["template"]["spec"]["replicatedJobs"]:
        pod = one["template"]["spec"]["template"]
        pod["spec"] = claiming(pod["spec"], ACCELERATORS, template(count))
    return made


def _with(box: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    asked = box.get("resources", {})
    return {**box, "resources": {**asked, "claims": [*asked.get("claims", []), {"name": name}]}}
