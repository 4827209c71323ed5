"""The store layer, decided: whose parts there are, and what a target has without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead import labels
from fairlead.errors import Problem
from fairlead.plan import tracking_model as tracking
from fairlead.plan.store_model import Share, StorePlan
from fairlead.spec.layer import Layers
from fairlead.spec.store import Store
from fairlead.spec.targets import AnyTarget

GIVEN = ("object-store", "identity")
"""Capabilities that the layer gives."""
OFF = "the spec switches it off: platform.layers.store.enabled is false"


def brings_store(target: AnyTarget) -> bool:
    """Whether the target has an object store without the layer."""
    return getattr(target, "object_store", None) is not None


def check(layers: Layers, target: AnyTarget) -> Iterator[Problem]:
    """Two stores for one contract are one too many."""
    if layers.store.enabled and brings_store(target):
        yield Problem(
            "platform.layers.store.enabled",
            "the target has an object store already: tenants can be told of one only",
            "true",
            "false",
            "write enabled: false, or leave the target's out where it is named in the spec",
        )


def shares(layers: Layers, tenants: Sequence[str]) -> tuple[Share, ...]:
    """The parts of an object store: one for each tenant, and one for each layer that keeps things in it."""
    own = [Share(name, name, labels.WORKLOAD_ACCOUNT) for name in tenants]
    if layers.tracking.enabled:
        own.append(Share(tracking.PART, tracking.NAMESPACE, labels.WORKLOAD_ACCOUNT, tracking.LAYER))
    return tuple(own)


def store_plan(layers: Layers, tenants: Sequence[str]) -> StorePlan:
    """Whether there is a store in the cluster, and for whom."""
    spec = layers.store
    return StorePlan(True, spec.size, spec.issuer, shares(layers, tenants)) if spec.enabled else StorePlan()


def lacks(spec: Store, target: AnyTarget, own: Mapping[str, str]) -> Mapping[str, str]:
    """What the platform has not: of what the target says, without what the layer gives."""
    if spec.enabled:
        return {name: why for name, why in own.items() if name not in GIVEN}
    return own if brings_store(target) else {**dict.fromkeys(GIVEN, OFF), **own}
