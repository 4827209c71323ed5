"""The parts of the layer by their names in the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fairlead.contract.chart import Object, Renderer
from fairlead.layers.fabric import device_plugin, place, rdma, sockets
from fairlead.plan.coherence import rendered
from fairlead.plan.fabric_model import FabricsPlan, JobFabric, NodePart


def objects(render: Renderer, part: NodePart, images: Mapping[str, str]) -> list[Object]:
    """A part's objects, with the lock's image; the namespace comes before the first of them.

    Raises FairleadError if they break an invariant of what runs on accelerator nodes.
    """
    made = _made(render, part, images[part.name])
    rendered.verify([*place.space(), *made], "layer fabric")
    return made


def _made(render: Renderer, part: NodePart, image: str) -> list[Object]:
    if part.name == rdma.NAME:
        return rdma.objects(part, image)
    if part.name == sockets.INJECTOR:
        return sockets.injector(part, image)
    if part.name in sockets.INSTALLERS:
        return sockets.installer(part, image)
    return device_plugin.objects(render, part, image)


def pinned(plan: FabricsPlan, images: Mapping[str, str]) -> FabricsPlan:
    """The plan with images as pods of this cluster name them, in place of their names in the lock."""
    return replace(plan, jobs=tuple(_pinned(one, images) for one in plan.jobs))


def _pinned(job: JobFabric, images: Mapping[str, str]) -> JobFabric:
    daemon = job.daemon
    return replace(job, daemon=replace(daemon, image=images[daemon.image])) if daemon else job
