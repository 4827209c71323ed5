"""Nodes of a bare API server, where no kubelet runs and no driver: what both would tell of them, the test tells."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from e2e.bare import Bare
from fairlead.plan.model import Taint

Object = dict[str, Any]


def node(name: str, labels: Mapping[str, str], taints: Iterable[Taint], size: Mapping[str, str]) -> Object:
    """A node that is ready; size: what it offers beside its places for pods."""
    offers = {**size, "pods": "110"}
    ready = {"type": "Ready", "status": "True", "reason": "Test", "message": ""}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**labels, "kubernetes.io/hostname": name}},
        "spec": {"taints": [{"key": one.key, "value": one.value, "effect": one.effect} for one in taints]},
        "status": {"capacity": offers, "allocatable": offers, "conditions": [ready]},
    }


def resource_slice(driver: str, name: str, devices: Mapping[str, Mapping[str, str | int]]) -> Object:
    """All devices that a driver publishes of a node: name -> attributes."""
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {"name": f"{name}-{driver}"},
        "spec": {
            "driver": driver,
            "nodeName": name,
            "pool": {"name": name, "generation": 1, "resourceSliceCount": 1},
            "devices": [
                {"name": device, "attributes": {key: _typed(value) for key, value in attributes.items()}}
                for device, attributes in devices.items()
            ],
        },
    }


def _typed(value: str | int) -> Mapping[str, str | int]:
    return {"int" if isinstance(value, int) else "string": value}


def stands(bare: Bare, one: Object, *published: Object) -> None:
    """Makes a node with what is published of it, and writes its status, which is its kubelet's to write."""
    bare.make(one, *published)
    patch = json.dumps({"status": one["status"]})
    name = one["metadata"]["name"]
    bare.kubectl("patch", "node", name, "--subresource=status", "--type=merge", "-p", patch)
