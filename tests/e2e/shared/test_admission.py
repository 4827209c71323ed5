"""What would take over a node, the queue or the cluster is refused by the real API server, each by whom it says.

Nothing is made: every object is only asked about (server-side dry-run). Sent by an administrator, so that rights do not
refuse it; what rights alone refuse, as a member of the tenant. Of each the harmless object that it was laid over is let
in: what is refused is the attack.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from support.attacks import Attack, attacks

from e2e.stage import TENANT, Stage, until
from fairlead.layers.admission import PREFIX
from fairlead.layers.tenancy import ROLE

pytestmark = pytest.mark.e2e

GROUP = "attackers"
HERE = [one for one in attacks() if not one.needs]
BY_OTHERS = [one for one in HERE if one.by != "rbac" and one.laid_over]
MEMBER = ("--as", "somebody", "--as-group", GROUP, "--as-group", "system:authenticated")


@pytest.fixture(scope="module", autouse=True)
def member(stage: Stage) -> Iterator[None]:
    """Somebody with a member's rights in one tenant's namespace: the stack names no groups."""
    told = ("rolebinding", "attackers", "-n", TENANT)
    stage.kubectl("create", *told, f"--role={ROLE}", f"--group={GROUP}")
    yield
    stage.kubectl("delete", *told)


@pytest.fixture(scope="module", autouse=True)
def _counted(stage: Stage, member: None) -> None:
    """Quotas refuse nothing before the controller has counted."""
    told = ("get", "resourcequota", "tenant", "-n", TENANT, "-o", "json")
    until("the quota is counted", lambda: json.loads(stage.kubectl(*told)).get("status", {}).get("used"))


def asked(stage: Stage, obj: Mapping[str, Any], *more: str, operation: str = "create") -> str:
    """What the API server says of an object, without making it."""
    return stage.kubectl(operation, "--dry-run=server", "-f", "-", *more, given=obj, check=False)


def sender(attack: Attack) -> Sequence[str]:
    return MEMBER if attack.by == "rbac" else ()


@pytest.mark.parametrize("attack", HERE, ids=lambda one: one.name)
def test_an_attack_is_refused_by_whom_it_says(stage: Stage, attack: Attack) -> None:
    said = asked(stage, attack.object, *sender(attack), operation=attack.operation)
    assert attack.said in said


@pytest.mark.parametrize("attack", BY_OTHERS, ids=lambda one: one.name)
def test_without_the_attack_the_same_object_is_let_in(stage: Stage, attack: Attack) -> None:
    assert "(server dry run)" in asked(stage, attack.harmless)


def test_a_member_sends_jobs_so_that_what_rights_refuse_is_refused_for_what_it_is(stage: Stage) -> None:
    job = next(one.harmless for one in HERE if one.name == "a-privileged-job")
    assert "(server dry run)" in asked(stage, job, *MEMBER)


def test_a_job_of_the_platforms_own_words_is_let_in_by_every_policy(stage: Stage) -> None:
    job = stage.submit(name="kept", cpus="50m", memory="32Mi", run="true")
    assert stage.finished(job) == "Succeeded"


def test_a_secret_in_a_variable_is_let_in_with_a_warning(stage: Stage) -> None:
    job: Any = json.loads(json.dumps(next(one.harmless for one in HERE if one.name == "a-privileged-job")))
    [box] = job["spec"]["template"]["spec"]["containers"]
    box["env"] = [{"name": "HF_TOKEN", "value": "a-token-of-mine"}]
    said = asked(stage, job)
    assert "(server dry run)" in said
    assert "workload-no-literal-secret" in said


def test_no_policy_has_an_expression_that_the_api_server_cannot_type(stage: Stage) -> None:
    """It reads each of them when it is made, and says in its status what it does not understand."""
    found = [
        one
        for one in stage.objects("validatingadmissionpolicies")
        if one["metadata"]["name"].startswith(PREFIX)
    ]
    assert len(found) >= 18
    wrong = {one["metadata"]["name"]: one.get("status", {}).get("typeChecking", {}) for one in found}
    assert {name: told for name, told in wrong.items() if told.get("expressionWarnings")} == {}
