"""A set of Kubernetes objects that belong together, registered in the order in which they can work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from fairlead.contract.manifest import Manifest, object_name

_FIRST = {"Namespace": 0, "CustomResourceDefinition": 0}
_LAST = {"Deployment": 2, "DaemonSet": 2, "StatefulSet": 2, "Job": 2}
_AFTER = {"APIService": 3, "PodDisruptionBudget": 3}


PATIENCE = "5m"
"""What is not ready, or not gone, within this time never will be: an image that cannot be pulled, say."""


def rank(kind: str) -> int:
    """0: namespaces and CRDs; 1: all that pods need; 2: workloads; 3: what needs running pods."""
    return {**_FIRST, **_LAST, **_AFTER}.get(kind, 1)


def _made_by_the_cluster(obj: Mapping[str, Any]) -> bool:
    """Whether the cluster makes the object anew as soon as it is deleted; it goes with its namespace."""
    return obj["kind"] == "ServiceAccount" and obj["metadata"]["name"] == "default"


class ObjectGroup(pulumi.ComponentResource):
    """Objects of one layer. Depend on `ready`: all of them stand, workloads have rolled out.

    Created rank by rank and deleted in reverse; within a rank everything runs in parallel.
    """

    ready: Sequence[pulumi.Resource]
    """Every object."""

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
        made: list[pulumi.Resource] = []
        before: list[pulumi.Resource] = list(after)
        current = 0
        for obj in sorted(objects, key=lambda one: (rank(one["kind"]), object_name(one))):
            if rank(obj["kind"]) != current:
                current, before = rank(obj["kind"]), [*after, *made]
            child = pulumi.ResourceOptions(
                parent=self,
                depends_on=before,
                hooks=hooks,
                retain_on_delete=_made_by_the_cluster(obj),
                custom_timeouts=pulumi.CustomTimeouts(create=PATIENCE, update=PATIENCE, delete=PATIENCE),
            )
            made.append(Manifest(f"{name}-{object_name(obj)}", obj, child))
        self.ready = made
        self.register_outputs({})
