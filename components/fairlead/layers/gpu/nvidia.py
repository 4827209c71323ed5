"""NVIDIA's device plugin, and GPU feature discovery beside it where nodes are labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.contract.chart import Release
from fairlead.layers.gpu import place, sharing
from fairlead.plan.model import PoolPlan, Toleration

NAME = "nvidia-device-plugin"
PODS: Mapping[str, str] = {"app.kubernetes.io/name": NAME}
CALLERS = ("config-manager", "gpu-feature-discovery")
"""Its programs that call the API server, as k8s-device-plugin v0.19.3 has them: cmd/config-manager, and what uses
internal/flags/kubeclient.go. The plugin itself and MPS' daemon never do."""


def values(pools: Sequence[PoolPlan], further: Sequence[Toleration], *, discovery: bool) -> Mapping[str, Any]:
    """Values of the chart. Node Feature Discovery is a part of its own: the chart's is of another version."""
    configs = sharing.plugin_config(pools)
    return {
        "affinity": place.affinity(pools),
        "tolerations": place.tolerations(pools, further),
        "nfd": {"enabled": False},
        "gfd": {"enabled": discovery},
        **({"config": {"map": configs, "default": sharing.DEFAULT}} if configs else {}),
    }


def release(pools: Sequence[PoolPlan], further: Sequence[Toleration], *, discovery: bool) -> Release:
    """The plugin's chart on these pools."""
    return Release(NAME, NAME, place.NAMESPACE, values(pools, further, discovery=discovery))


def without_token(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """A pod change: without a program that calls the API server it gets no token."""
    boxes = [*(spec.get("initContainers") or ()), *spec["containers"]]
    calls = any(str(word).rpartition("/")[2] in CALLERS for box in boxes for word in box.get("command") or ())
    return {**spec, "automountServiceAccountToken": calls}
