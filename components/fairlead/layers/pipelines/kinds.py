"""ScheduledWorkflow, the kind that the API server writes and the schedules' controller serves.

Fields after the Go types, backend/src/crd/pkg/apis/scheduledworkflow/v1beta1/types.go of github.com/kubeflow/pipelines
at tag 2.17.0. Upstream's own manifest lets everything by; what is written here is what those types write. There is no
subresource for the status: `+genclient:noStatus`, the controller updates the object as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.contract.chart import Object
from fairlead.layers.pipelines.place import SCHEDULES_GROUP

VERSION = "v1beta1"
PLURAL = "scheduledworkflows"

TEXT: Mapping[str, Any] = {"type": "string"}
FLAG: Mapping[str, Any] = {"type": "boolean"}
COUNT: Mapping[str, Any] = {"type": "integer", "format": "int64"}
TIME: Mapping[str, Any] = {"type": "string", "format": "date-time", "nullable": True}
"""A time that is not set is written as null: `omitempty` leaves out no struct."""
ANYTHING: Mapping[str, Any] = {"x-kubernetes-preserve-unknown-fields": True}


def _object(**fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {name: dict(field) for name, field in fields.items()}}


def _list(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(of)}


def _between(least: int, most: int) -> dict[str, Any]:
    return {**COUNT, "minimum": least, "maximum": most}


def _spec() -> dict[str, Any]:
    cron = _object(startTime=TIME, endTime=TIME, cron=TEXT)
    periodic = _object(startTime=TIME, endTime=TIME, intervalSecond=COUNT)
    parameters = _list(_object(name=TEXT, value=TEXT))
    return _object(
        enabled=FLAG,
        # Bounds that the comments of the types tell, and the controller keeps.
        maxConcurrency=_between(1, 10),
        noCatchup=FLAG,
        maxHistory=_between(0, 100),
        trigger=_object(cronSchedule=cron, periodicSchedule=periodic),
        workflow=_object(parameters=parameters, pipelineRoot=TEXT, spec=ANYTHING),
        experimentId=TEXT,
        pipelineId=TEXT,
        pipelineVersionId=TEXT,
        pipelineName=TEXT,
        serviceAccount=TEXT,
        pluginsInput={"type": "object", "additionalProperties": dict(ANYTHING)},
    )


def _status() -> dict[str, Any]:
    said = dict.fromkeys(("type", "status", "reason", "message"), TEXT)
    condition = _object(**said, lastHeartbeatTime=TIME, lastTransitionTime=TIME)
    run = _object(
        **dict.fromkeys(("name", "namespace", "selfLink", "uid", "phase", "message"), TEXT),
        **dict.fromkeys(("createdAt", "startedAt", "finishedAt", "scheduledAt"), TIME),
        index=COUNT,
    )
    trigger = _object(lastTriggeredTime=TIME, nextTriggeredTime=TIME, lastWorkflowIndex=COUNT)
    history = _object(active=_list(run), completed=_list(run))
    return _object(conditions=_list(condition), trigger=trigger, workflowHistory=history)


def crd() -> Object:
    """The definition."""
    schema = {
        **_object(apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, spec=_spec(), status=_status()),
        "required": ["spec"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{SCHEDULES_GROUP}"},
        "spec": {
            "group": SCHEDULES_GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": "ScheduledWorkflow",
                "listKind": "ScheduledWorkflowList",
                "plural": PLURAL,
                "singular": "scheduledworkflow",
                "shortNames": ["swf"],
            },
            "versions": [
                {"name": VERSION, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
            ],
        },
    }
