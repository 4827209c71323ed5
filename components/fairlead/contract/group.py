"""A set of Kubernetes objects that belong together, registered in the order in which they can work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import pulumi

from fairlead.contract.manifest import Manifest, object_name
from fairlead.plan.coherence import rendered

_FIRST = {"Namespace": 0, "CustomResourceDefinition": 0}
_LAST = {"Deployment": 2, "DaemonSet": 2, "StatefulSet": 2, "Job": 2}
_AFTER = {"APIService": 3, "PodDisruptionBudget": 3}

_FIXED = {"ClusterTrainingRuntime": "spec.template.spec.failurePolicy"}
"""Kind -> the part that the cluster lets nobody change: an object whose part differs is made anew.

Of a ClusterTrainingRuntime that is the failure policy of its JobSet: sigs.k8s.io/jobset v0.12.0,
api/jobset/v1alpha2/jobset_types.go, "Value is immutable".
"""

PATIENCE = "5m"
"""What is not ready, or not gone, within this time never will be: an image that cannot be pulled, say."""


def rank(kind: str) -> int:
    """0: namespaces and CRDs; 1: all that pods need; 2: workloads; 3: what needs running pods."""
    return {**_FIRST, **_LAST, **_AFTER}.get(kind, 1)


def _made_by_the_cluster(obj: Mapping[str, Any]) -> bool:
    """Whether the cluster makes the object anew as soon as it is deleted; it goes with its namespace."""
    return obj["kind"] == "ServiceAccount" and obj["metadata"]["name"] == "default"


class ObjectGroup(pulumi.ComponentResource):
    """Objects of one layer. Depend on `ready`: then all of them stand, workloads have rolled out.

    Created rank by rank and deleted in reverse; within a rank everything runs in parallel.
    """

    ready: Sequence[pulumi.Resource]
    """The objects of the last rank: every other stands before they do."""

    def __init__(
        self,
        name: str,
        objects: Iterable[Mapping[str, Any]],
        opts: pulumi.ResourceOptions | None = None,
        *,
        kind: str = "ObjectGroup",
        after: Sequence[pulumi.Resource] = (),
        hooks: pulumi.ResourceHookBinding | None = None,
    ) -> None:
        super().__init__(f"fairlead:index:{kind}", name, {}, opts)
        objects = list(objects)
        rendered.verify(objects, name, rendered.ONE_BY_ONE)
        before: list[pulumi.Resource] = list(after)
        last: list[pulumi.Resource] = []
        in_order = sorted(objects, key=lambda one: (rank(one["kind"]), object_name(one)))
        for _, same in groupby(in_order, key=lambda one: rank(one["kind"])):
            # One rank waits for the one before it only: what is behind that one is behind it too, and
            # the engine's work grows with the number of edges.
            last = [self._one(name, obj, before, hooks) for obj in same]
            before = last
        self.ready = last
        self.register_outputs({})

    def _one(
        self,
        name: str,
        obj: Mapping[str, Any],
        before: Sequence[pulumi.Resource],
        hooks: pulumi.ResourceHookBinding | None,
    ) -> pulumi.Resource:
        fixed = _FIXED.get(obj["kind"])
        options = pulumi.ResourceOptions(
            parent=self,
            depends_on=before,
            hooks=hooks,
            replace_on_changes=[fixed] if fixed else None,
            delete_before_replace=True if fixed else None,
            retain_on_delete=_made_by_the_cluster(obj),
            custom_timeouts=pulumi.CustomTimeouts(create=PATIENCE, update=PATIENCE, delete=PATIENCE),
        )
        return Manifest(f"{name}-{object_name(obj)}", obj, options)
