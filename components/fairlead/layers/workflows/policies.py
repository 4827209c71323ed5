"""What a workflow may not ask for: policies of the API server itself, so that no client goes past them.

A step's pod waits in no queue, so it may hold nothing that tenants have quotas of. And a workflow that must be cleaned
up after by pods of its own keeps its namespace from ever being deleted.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.contract.chart import Object
from fairlead.layers.objects import TENANTS, asks_for_no_device, refusal, sent
from fairlead.layers.workflows.place import GROUP, NAME, NAMESPACE

UNQUEUED, UNKEPT = "fairlead-workflow-steps", "fairlead-workflow-artefacts"
USER = f"system:serviceaccount:{NAMESPACE}:{NAME}"
NEVER = "Never"


def objects() -> list[Object]:
    """The policies and where they hold."""
    made = {"name": "made-for-a-workflow", "expression": f"request.userInfo.username == '{USER}'"}
    kinds = ("workflows", "workflowtemplates", "cronworkflows")
    return [
        *refusal(
            UNQUEUED,
            [sent("", ("pods",), ("CREATE",))],
            _no_accelerators(),
            TENANTS,
            {"matchConditions": [made]},
        ),
        *refusal(
            UNKEPT,
            [sent(GROUP, kinds)],
            _no_deleting(),
            TENANTS,
            {"variables": [_SPEC]},
        ),
    ]


_SPEC = {
    "name": "spec",
    "expression": "has(object.spec.workflowSpec) ? object.spec.workflowSpec : object.spec",
}
"""A CronWorkflow has the workflow inside."""


def _no_accelerators() -> list[Mapping[str, str]]:
    said = (
        "a step of a workflow waits in no queue and takes no accelerator: let it send a TrainJob, which does"
    )
    return asks_for_no_device("object.spec", said)


def _no_deleting() -> list[Mapping[str, str]]:
    """artifactGC of the workflow, of its templates' outputs: workflow/controller/artifact_gc.go."""
    own = _never("variables.spec")
    outputs = (
        "!has(variables.spec.templates) || variables.spec.templates.all(t, !has(t.outputs)"
        f" || !has(t.outputs.artifacts) || t.outputs.artifacts.all(a, {_never('a')}))"
    )
    said = (
        "artifactGC is not offered: its pods cannot run in a namespace that is being deleted, which then never goes."
        " The object store's own rules delete what is old"
    )
    return [{"expression": own, "message": said}, {"expression": outputs, "message": said}]


def _never(holder: str) -> str:
    gc = f"{holder}.artifactGC"
    return f"!has({gc}) || !has({gc}.strategy) || {gc}.strategy in ['', '{NEVER}']"
