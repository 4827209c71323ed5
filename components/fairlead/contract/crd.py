"""Custom resource definitions as they are registered: without the prose of their schemas."""

from __future__ import annotations

from typing import Any, cast

from fairlead.contract.chart import Object


def without_descriptions(crd: Object) -> Object:
    """A CRD without the prose of its schema.

    Three quarters of these CRDs are prose: as JSON, Kueue's go from 855 to 230 kB, JobSet's from 366
    to 81 kB, Trainer's from 921 to 209 kB (docs/adr/0011). The engine writes every object into each
    checkpoint, and the API server holds them in memory; validation needs none of it.
    """
    return {**crd, "spec": _undescribed(crd["spec"])}


def in_one_version(crd: Object) -> Object:
    """A CRD with the version alone in which its objects are stored.

    The API server watches every object once for each version that is served, and has the controller's webhook convert
    it each time: for 865 jobs in a queue, 3,000 calls for a version that nobody asked for (getOrCreateServingInfoFor in
    apiextensions-apiserver). A cluster that has objects stored in another version refuses this, and says so.
    """
    stored = [one for one in crd["spec"]["versions"] if one["storage"]]
    return {**crd, "spec": {**crd["spec"], "versions": stored}}


_DATA = frozenset({"default", "enum", "example"})
"""Keys of a schema that hold values, not schemas: a `description` in them is no prose."""


def _undescribed(node: Any, *, names: bool = False) -> Any:
    """names: whether the keys are the user's, names of properties."""
    if isinstance(node, list):
        return [_undescribed(one) for one in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    return {
        key: value
        if key in _DATA and not names
        else _undescribed(value, names=key == "properties" and not names)
        for key, value in cast("dict[str, Any]", node).items()
        if not (key == "description" and isinstance(value, str))
    }
