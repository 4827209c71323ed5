"""The workflows layer: its archive's database where it has one, the controller, and what each tenant gets of it."""

from __future__ import annotations

from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers.databases.tool import called, database
from fairlead.layers.tool import CRD, Ground, Measured, Part, Tool
from fairlead.layers.workflows import controller, fence, members, place, policies, rights
from fairlead.layers.workflows.place import CHART, DATABASE, NAME, NAMESPACE, space
from fairlead.layers.workflows.settings import settings
from fairlead.plan.model import PlatformPlan
from fairlead.plan.workflows_model import CONTROLLER, EXECUTOR

ARCHIVE, LAYER = "workflows-database", "workflows"


def crds(render: Renderer) -> list[Object]:
    """Argo's kinds. All of them: the controller does not start without one. The folder has a file for kustomize too."""
    return [one for one in render(Release(CHART, CHART, NAMESPACE, {})) if one["kind"] == CRD]


def parts(ground: Ground) -> list[Part]:
    """The archive's database, then the controller and the policies that its pods are held to."""
    if not ground.plan.workflows.archive_days:
        return [Part(NAME, [space(), *_controller(ground)])]
    # The namespace stands with the operator of databases, which must watch it from its start.
    return [
        database(ARCHIVE, LAYER, DATABASE, ground),
        Part(NAME, _controller(ground), after=(ARCHIVE,)),
    ]


def _controller(ground: Ground) -> list[Object]:
    plan, handle = ground.plan.workflows, ground.handle
    archive = called(LAYER, DATABASE, ground) if plan.archive_days else None
    made = controller.objects(
        settings(plan, handle.object_store, handle.identity, archive),
        ground.image(CONTROLLER),
        ground.image(EXECUTOR),
        handle.system_selector,
        plan.replicas,
        archive,
    )
    own = [*policies.objects(), *rights.objects(archive=archive is not None), *made]
    return [*crds(ground.render), *fence.objects(denied=archive is not None), *own]


def _measured(_: PlatformPlan) -> list[Measured]:
    return [Measured(NAME, NAMESPACE, place.LABELS, place.METRICS_PORT, NAME)]


TOOL = Tool(LAYER, parts, members.objects, measured=_measured)
