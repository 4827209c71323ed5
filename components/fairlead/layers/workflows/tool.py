"""The workflows layer: its one part, and what each tenant gets of it."""

from __future__ import annotations

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers.tool import CRD, Ground, Part, Tool
from fairlead.layers.workflows import controller, fence, members, policies, rights
from fairlead.layers.workflows.place import CHART, NAME, NAMESPACE, space
from fairlead.layers.workflows.settings import settings
from fairlead.plan.workflows_model import CONTROLLER, EXECUTOR


def crds(render: Renderer) -> list[Object]:
    """Argo's kinds. All of them: the controller does not start without one. The folder has a file for kustomize too."""
    return [one for one in render(Release(CHART, CHART, NAMESPACE, {})) if one["kind"] == CRD]


def parts(ground: Ground) -> list[Part]:
    """The controller, and the policies that its pods are held to."""
    plan, handle = ground.plan.workflows, ground.handle
    made = controller.objects(
        settings(plan, handle.object_store, handle.identity),
        ground.image(CONTROLLER),
        ground.image(EXECUTOR),
        handle.system_selector,
        plan.replicas,
    )
    archive = plan.archive is not None
    own = [space(), *fence.objects(), *policies.objects(), *rights.objects(archive=archive), *made]
    return [Part(NAME, [*crds(ground.render), *own])]


TOOL = Tool("workflows", parts, members.objects)
