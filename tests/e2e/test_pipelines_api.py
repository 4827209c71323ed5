"""The real API server: Kubeflow Pipelines' objects are accepted, its kind keeps what is written, callers are known.

The API server alone (e2e.bare): no program of Kubeflow Pipelines can be had here, so none runs. What its own server
asks Kubernetes (whose token is this, and may he do that) is asked here in its words, and Kubernetes answers it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from support.pipelines import TARGETS, Made, made

from e2e.bare import Bare
from fairlead import labels
from fairlead.layers.pipelines import kinds, members
from fairlead.layers.pipelines.place import AGENT, API, AUDIENCE, GROUP, METADATA, SCHEDULES, SCHEDULES_GROUP
from fairlead.plan.pipelines_model import NAMESPACE

pytestmark = pytest.mark.e2e

Object = Mapping[str, Any]
CALLER = f"system:serviceaccount:team-a:{labels.WORKLOAD_ACCOUNT}"
SPACES = ("team-a", "team-b")


@pytest.fixture(scope="module")
def standing(bare: Bare) -> Made:
    """The layer on AWS: its kind, its namespace, its rights and what a tenant gets stand; no program runs."""
    found = made("aws", replicas=2)
    bare.define([kinds.crd()])
    named = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": one}} for one in SPACES]
    bare.make(*named, found.one("Namespace", NAMESPACE))
    given = {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "NetworkPolicy"}
    bare.make(*(one for one in found.objects if one["kind"] in given))
    for space in SPACES:
        bare.kubectl("create", "serviceaccount", labels.WORKLOAD_ACCOUNT, "-n", space)
    return found


def asked(bare: Bare, kind: str, group: str, spec: Mapping[str, Any]) -> Any:
    """The answer to a review."""
    review = {"apiVersion": f"{group}/v1", "kind": kind, "spec": spec}
    return json.loads(bare.kubectl("create", "-o", "json", "-f", "-", given=review))["status"]


def allowed(bare: Bare, user: str, verb: str, resource: str, namespace: str, group: str = "") -> bool:
    what = {"verb": verb, "group": group, "resource": resource, "namespace": namespace}
    spec = {"user": user, "resourceAttributes": {"version": "v1beta1", **what}}
    return bool(asked(bare, "SubjectAccessReview", "authorization.k8s.io", spec)["allowed"])


def program(name: str) -> str:
    return f"system:serviceaccount:{NAMESPACE}:{name}"


# ---- objects -------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_every_object_is_accepted_as_it_is(bare: Bare, standing: Made, target: str) -> None:
    """Asked without making them, and with unknown fields as errors."""
    objects = [copy.deepcopy(dict(one)) for one in made(target, replicas=2).objects]
    for one in objects:
        # What stands already would be refused for that alone.
        one["metadata"] = {**one["metadata"], "name": f"x-{one['metadata']['name']}"}
    asked_for = [one for one in objects if one["kind"] != "CustomResourceDefinition"]
    assert len(asked_for) >= 40
    assert bare.refusals(asked_for) == []


def test_a_field_that_no_kind_has_would_be_found(bare: Bare, standing: Made) -> None:
    wrong = copy.deepcopy(dict(standing.one("Deployment", API)))
    wrong["spec"]["replica"] = 2
    assert "replica" in "".join(bare.refusals([wrong]))


@pytest.mark.parametrize("name", [API, AGENT, SCHEDULES, METADATA])
def test_every_pod_passes_the_restricted_standard_that_its_namespace_enforces(
    bare: Bare, standing: Made, name: str
) -> None:
    template = standing.one("Deployment", name)["spec"]["template"]
    meta = {**template["metadata"], "name": name, "namespace": NAMESPACE}
    pod: Any = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": copy.deepcopy(template["spec"])}
    assert bare.refusals([pod]) == []
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    assert "violates PodSecurity" in "".join(bare.refusals([pod]))


# ---- the kind that is a CRD ----------------------------------------------------------------------


def schedule(**spec: Any) -> dict[str, Any]:
    """A recurring run as the API server of 2.17.0 writes it: Go's types write times that are not set as null."""
    return {
        "apiVersion": f"{SCHEDULES_GROUP}/{kinds.VERSION}",
        "kind": "ScheduledWorkflow",
        "metadata": {"name": "nightly", "namespace": "team-a"},
        "spec": {
            "enabled": True,
            "maxConcurrency": 1,
            "noCatchup": True,
            "trigger": {"cronSchedule": {"startTime": "2026-11-29T00:00:00Z", "cron": "0 0 2 * * *"}},
            "workflow": {
                "parameters": [{"name": "rate", "value": "0.1"}],
                "pipelineRoot": "s3://lab/team-a/pipelines",
                "spec": {"any": ["thing", {"at": "all"}]},
            },
            "experimentId": "e",
            "pipelineId": "p",
            "pipelineVersionId": "v",
            "pipelineName": "train",
            "serviceAccount": labels.WORKLOAD_ACCOUNT,
            "pluginsInput": {"mlflow": {"experiment_name": "x"}},
            **spec,
        },
        "status": {
            "conditions": [
                {
                    "type": "Enabled",
                    "status": "True",
                    "lastHeartbeatTime": "2026-11-29T00:00:00Z",
                    "lastTransitionTime": None,
                    "reason": "Enabled",
                    "message": "The schedule is enabled.",
                }
            ],
            "trigger": {"nextTriggeredTime": "2026-11-29T02:00:00Z", "lastWorkflowIndex": 3},
            "workflowHistory": {
                "active": [
                    {
                        "name": "run",
                        "namespace": "team-a",
                        "selfLink": "/apis/x",
                        "uid": "u",
                        "phase": "Running",
                        "createdAt": "2026-11-29T02:00:00Z",
                        "startedAt": None,
                        "finishedAt": None,
                        "scheduledAt": "2026-11-29T02:00:00Z",
                        "index": 3,
                    }
                ]
            },
        },
    }


def test_a_schedule_keeps_every_field_and_its_status_is_written_with_the_rest(
    bare: Bare, standing: Made
) -> None:
    written = schedule()
    assert bare.refusals([written]) == []
    bare.make(written)
    read = bare.get("scheduledworkflows", "nightly", "team-a")
    assert (read["spec"], read["status"]) == (written["spec"], written["status"])
    # The controller updates the whole object: with a subresource of its own the status would stay as it was.
    read["status"]["trigger"]["lastWorkflowIndex"] = 4
    bare.kubectl("replace", "-f", "-", given=read)
    again = bare.get("scheduledworkflows", "nightly", "team-a")
    assert again["status"]["trigger"]["lastWorkflowIndex"] == 4
    bare.kubectl("delete", "scheduledworkflows", "nightly", "-n", "team-a")


@pytest.mark.parametrize("wrong", [{"maxConcurrency": 11}, {"maxHistory": 101}, {"enabled": "yes"}])
def test_a_schedule_that_the_controller_would_not_take_is_refused(
    bare: Bare, standing: Made, wrong: dict[str, Any]
) -> None:
    assert bare.refusals([schedule(**wrong)])


# ---- who is known, and what he may ---------------------------------------------------------------


def test_a_pods_own_token_says_who_it_is_for_this_audience_alone(bare: Bare, standing: Made) -> None:
    def reviewed(audience: str) -> Any:
        account = (labels.WORKLOAD_ACCOUNT, "-n", "team-a", "--audience", audience)
        token = bare.kubectl("create", "token", *account).strip()
        spec = {"token": token, "audiences": [AUDIENCE]}
        return asked(bare, "TokenReview", "authentication.k8s.io", spec)

    known = reviewed(AUDIENCE)
    assert known["authenticated"] is True
    assert known["user"]["username"] == CALLER
    assert known["audiences"] == [AUDIENCE]
    assert not reviewed("another.example.com").get("authenticated")


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        *(("create", "pipelines"), ("create", "runs"), ("terminate", "runs"), ("readArtifact", "runs")),
        *(("archive", "experiments"), ("enable", "jobs")),
    ],
)
def test_a_tenants_pods_may_do_this_at_home_and_nowhere_else(
    bare: Bare, standing: Made, verb: str, resource: str
) -> None:
    assert allowed(bare, CALLER, verb, resource, "team-a", GROUP)
    assert not allowed(bare, CALLER, verb, resource, "team-b", GROUP)
    assert not allowed(bare, CALLER, verb, resource, "", GROUP)
    stranger = CALLER.replace("team-a", "team-b")
    assert not allowed(bare, stranger, verb, resource, "team-a", GROUP)


def test_a_tenants_pods_report_nothing_in_the_controllers_place(bare: Bare, standing: Made) -> None:
    assert not allowed(bare, CALLER, "report", "workflows", "team-a", GROUP)
    assert not allowed(bare, CALLER, "create", "scheduledworkflows", "team-a", SCHEDULES_GROUP)
    assert allowed(bare, program(AGENT), "report", "workflows", "team-a", GROUP)


ARGO = "argoproj.io"


@pytest.mark.parametrize(
    ("name", "right", "there", "everywhere"),
    [
        (API, ("create", "workflows", ARGO), True, False),
        (API, ("list", "workflows", ARGO), True, False),
        (API, ("update", "scheduledworkflows", SCHEDULES_GROUP), True, False),
        (API, ("get", "secrets", ""), False, False),
        (API, ("create", "pods", ""), False, False),
        (API, ("create", "tokenreviews", "authentication.k8s.io"), True, True),
        (AGENT, ("watch", "workflows", ARGO), True, True),
        (AGENT, ("delete", "workflows", ARGO), False, False),
        (SCHEDULES, ("watch", "scheduledworkflows", SCHEDULES_GROUP), True, True),
        (SCHEDULES, ("update", "scheduledworkflows", SCHEDULES_GROUP), True, False),
        (SCHEDULES, ("create", "runs", GROUP), True, False),
        (SCHEDULES, ("create", "workflows", ARGO), False, False),
        (METADATA, ("get", "pods", ""), False, False),
    ],
)
def test_programs_change_things_where_a_tenant_is_and_nowhere_else(
    bare: Bare, standing: Made, name: str, right: tuple[str, str, str], there: bool, everywhere: bool
) -> None:
    verb, resource, group = right
    assert allowed(bare, program(name), verb, resource, "team-a", group) is there
    assert allowed(bare, program(name), verb, resource, "kube-system", group) is everywhere


def test_a_role_of_a_member_is_his_groups_and_no_accounts(bare: Bare, standing: Made) -> None:
    spec = {
        "user": "somebody",
        "groups": ["people"],
        "resourceAttributes": {
            "verb": "list",
            "group": SCHEDULES_GROUP,
            "resource": kinds.PLURAL,
            "namespace": "team-a",
        },
    }
    assert asked(bare, "SubjectAccessReview", "authorization.k8s.io", spec)["allowed"] is True
    assert bare.get("rolebinding", members.MEMBERS, "team-a")["subjects"][0]["kind"] == "Group"


def test_the_kind_goes_as_it_came(bare: Bare, standing: Made) -> None:
    name = kinds.crd()["metadata"]["name"]
    bare.kubectl("delete", "crd", name)
    assert not bare.kubectl("get", "crd", name, "--ignore-not-found").strip()
    bare.define([kinds.crd()])
