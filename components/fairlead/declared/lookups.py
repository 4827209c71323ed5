"""What a program may look up: only a cluster that stands already, by its name. All else is known before.

Each answer has the shape of the real one, with references in place of what only the cloud can tell.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

Say = Callable[[str], str]
"""Path of a value in the answer -> the reference that stands for it."""

STACK_REFERENCE = "pulumi:pulumi:StackReference"
EXPORTS = ("kubeconfig",)
"""Outputs that a program takes from another stack."""


def _aws(say: Say) -> dict[str, Any]:
    authority = {"data": say("certificateAuthorities[0].data")}
    return {"endpoint": say("endpoint"), "certificateAuthorities": [authority]}


def _gcp(say: Say) -> dict[str, Any]:
    authority = {"clusterCaCertificate": say("masterAuths[0].clusterCaCertificate")}
    return {"endpoint": say("endpoint"), "masterAuths": [authority]}


def _azure(say: Say) -> dict[str, Any]:
    """The program decodes the kubeconfig in the answer: here it is one, made of references."""
    where = "kubeconfigs[0].value"
    cluster = {
        "server": say(f"{where}.server"),
        "certificate-authority-data": say(f"{where}.certificate-authority-data"),
    }
    text = json.dumps({"clusters": [{"name": "cluster", "cluster": cluster}]})
    return {"kubeconfigs": [{"name": "clusterUser", "value": base64.b64encode(text.encode()).decode()}]}


ANSWERS: Mapping[str, Callable[[Say], dict[str, Any]]] = {
    "aws:eks/getCluster:getCluster": _aws,
    "gcp:container/getCluster:getCluster": _gcp,
    "azure-native:containerservice:listManagedClusterUserCredentials": _azure,
}
"""Token of the function -> its answer."""
