"""Jobs and scales as Pulumi resources: the same objects that `fairlead submit` and `fairlead scale` send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from fairlead.contract.handle import ClusterHandle
from fairlead.contract.manifest import Manifest, object_name
from fairlead.workload.model import TrainingJob
from fairlead.workload.render import render
from fairlead.workload.scale import ServiceScale
from fairlead.workload.scale_render import render as render_scale


class TrainingJobResource(pulumi.ComponentResource):
    """Registers a job's objects on a cluster, each after the one it needs.

    A job cannot be changed once it is there, only made anew under the same name: a changed job is
    deleted first. Its checkpoint volume outlives the change, not the removal of the resource.
    Raises InputError for an accelerator that the catalogue lacks, before anything is registered.
    """

    def __init__(
        self,
        name: str,
        job: TrainingJob,
        handle: ClusterHandle,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        objects = render(job)
        super().__init__("fairlead:workload:TrainingJob", name, None, opts)
        send(objects, handle.provider, handle.ready, self)
        self.register_outputs({"job": job.name, "tenant": job.tenant})


def send(
    objects: Sequence[Mapping[str, Any]],
    provider: pulumi.ProviderResource,
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> None:
    """Registers the objects of a job under a component, the first after what is named, each after the one it needs."""
    previous = list(after)
    for obj in objects:
        train_job = obj["kind"] == "TrainJob"
        child = pulumi.ResourceOptions(
            parent=parent,
            provider=provider,
            depends_on=previous,
            replace_on_changes=["spec"] if train_job else None,
            delete_before_replace=train_job,
        )
        previous = [Manifest(object_name(obj), obj, child)]


class ServiceScaleResource(pulumi.ComponentResource):
    """Scales a service that this program, or anybody else, has made on a cluster.

    Ready means that KEDA has found the service and made its HPA, so let it depend on the service. It needs the
    layer `scaling`. Raises InputError for parts that do not fit together, before anything is registered.
    """

    def __init__(
        self,
        name: str,
        scale: ServiceScale,
        handle: ClusterHandle,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        objects = render_scale(scale)
        super().__init__("fairlead:workload:ServiceScale", name, None, opts)
        for obj in objects:
            child = pulumi.ResourceOptions(
                parent=self, provider=handle.provider, depends_on=list(handle.ready)
            )
            Manifest(object_name(obj), obj, child)
        self.register_outputs({"scale": scale.name, "tenant": scale.tenant})
