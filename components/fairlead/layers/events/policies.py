"""What event sources and sensors may not ask for: their pods wait in no queue, and what they send has limits."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead import labels
from fairlead.contract.chart import Object
from fairlead.layers.events.place import ACCOUNT, GROUP, SENT
from fairlead.layers.objects import TENANTS, refusal, sent

SIZES, SENSORS, WORKFLOWS = (f"fairlead-events-{part}" for part in ("sizes", "sensors", "workflows"))
MOST = 2
"""Pods of one event source or sensor: one works, the other waits."""
_ASKED = "object.?spec.?template.?container.?resources"


def objects() -> list[Object]:
    """The policies and where they hold."""
    by = f"request.userInfo.username == 'system:serviceaccount:' + request.namespace + ':{ACCOUNT}'"
    condition = {"matchConditions": [{"name": "sent-by-a-sensor", "expression": by}]}
    return [
        *refusal(SIZES, [sent(GROUP, SENT)], [_no_device(), _few()], TENANTS),
        *refusal(SENSORS, [sent(GROUP, ["sensors"])], [_own_account(), _no_command_line()], TENANTS),
        *refusal(WORKFLOWS, [sent(GROUP, ["workflows"])], [_steps_account()], TENANTS, condition),
    ]


def _no_device() -> Mapping[str, str]:
    free = " && ".join(
        f"{_ASKED}.?{which}.orValue({{}}).all(k, !k.contains('/'))" for which in ("requests", "limits")
    )
    said = (
        "a pod of an event source or a sensor waits in no queue and takes no accelerator: let the workflow send a"
        " TrainJob, which does"
    )
    return {"expression": free, "message": said}


def _few() -> Mapping[str, str]:
    said = f"replicas is at most {MOST}: one works, the other waits for its end"
    return {"expression": f"object.?spec.?replicas.orValue(1) <= {MOST}", "message": said}


def _own_account() -> Mapping[str, str]:
    said = (
        f"spec.template.serviceAccountName must be {ACCOUNT}: it may send Workflows, other accounts may not"
    )
    expression = f"object.?spec.?template.?serviceAccountName.orValue('') == '{ACCOUNT}'"
    return {"expression": expression, "message": said}


def _no_command_line() -> Mapping[str, str]:
    """pkg/sensors/triggers/argo-workflow runs a program that the image of the local target has not."""
    said = (
        "triggers of kind argoWorkflow are not offered, for they run a program of Argo's: send the Workflow by a"
        " trigger of kind k8s with operation create"
    )
    expression = "object.?spec.?triggers.orValue([]).all(t, !t.?template.?argoWorkflow.hasValue())"
    return {"expression": expression, "message": said}


def _steps_account() -> Mapping[str, str]:
    account = f"object.?spec.?serviceAccountName.orValue('{labels.WORKLOAD_ACCOUNT}')"
    said = (
        f"a workflow that a sensor sends runs as {labels.WORKLOAD_ACCOUNT}: leave spec.serviceAccountName out"
    )
    return {"expression": f"{account} == '{labels.WORKLOAD_ACCOUNT}'", "message": said}
