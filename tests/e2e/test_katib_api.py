"""What experiments and trials are held to, by the real API server alone: nothing of Katib is there but its kinds."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from support.charts import rendered

from e2e.bare import Bare, until
from e2e.stage import IMAGE, ROOT
from e2e.tuning import OTHER, TENANT, experiment
from fairlead import labels
from fairlead.layers.katib import place, policies
from fairlead.layers.tool import CRD
from fairlead.plan.katib_model import CHART

pytestmark = pytest.mark.e2e

QUEUED = {"labels": {labels.QUEUE: "training"}}
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "x"}
OWN_QUEUE, KIND = "a trial waits in a queue of its own tenant", "a trial is a Job of batch/v1"
MARK = f"add the label {place.INJECTION}"


@pytest.fixture(scope="module")
def bare(bare: Bare) -> Bare:
    bare.define([one for one in rendered(CHART) if one["kind"] == CRD])
    for name in (TENANT, OTHER):
        told = {"name": name, "labels": {labels.TENANT: name}}
        bare.make({"apiVersion": "v1", "kind": "Namespace", "metadata": told})
    bare.make(*policies.objects())
    for one in (experiment("no", {"metadata": {}}), trial({"metadata": {}})):
        until("the policies hold", lambda: bare.refusals([one]))  # noqa: B023
    return bare


def example() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "examples" / "katib" / "learning-rate.yaml").read_text())


def trial(job: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A trial as the controller makes it of an experiment."""
    made = experiment("no", job)
    run = made["spec"]["trialTemplate"]["trialSpec"]
    named = {"name": "no-1", "namespace": TENANT, "labels": {labels.TENANT: TENANT}}
    return {**made, "kind": "Trial", "metadata": named, "spec": {"runSpec": run, **spec}}


@pytest.mark.parametrize("made", [experiment("yes"), example(), trial()], ids=["jobs", "example", "trial"])
def test_what_is_right_is_let_in(bare: Bare, made: Mapping[str, Any]) -> None:
    assert bare.refusals([made]) == []


def test_a_train_job_of_the_example_is_a_trial(bare: Bare) -> None:
    run = example()["spec"]["trialTemplate"]["trialSpec"]
    assert bare.refusals([trial(run)]) == []
    for patches in ([], [{"manager": "x"}], [{"manager": "x", "trainingRuntimeSpec": {"template": {}}}]):
        changed = copy.deepcopy(run)
        changed["spec"]["runtimePatches"] = patches
        [said] = bare.refusals([trial(changed)])
        assert MARK in said


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({"metadata": {}}, OWN_QUEUE),
        ({"metadata": {"labels": {labels.QUEUE: OTHER}}}, OWN_QUEUE),
        ({"metadata": {"labels": {labels.QUEUE: ""}}}, OWN_QUEUE),
        ({"apiVersion": "v1", "kind": "Pod"}, KIND),
        ({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding"}, KIND),
        ({"apiVersion": "apps/v1", "kind": "Job"}, KIND),
        ({"apiVersion": "batch/v1", "kind": "TrainJob"}, KIND),
        ({"metadata": {**QUEUED, "ownerReferences": [OWNER]}}, "leave ownerReferences out"),
        ({"spec": {"template": {"spec": {"containers": []}}}}, MARK),
        ({"spec": {"template": {"metadata": {"labels": {place.INJECTION: "disabled"}}}}}, MARK),
    ],
    ids=[
        *("no-queue", "anothers-queue", "an-empty-queue", "a-pod", "rights", "of-another-group"),
        *("of-two-groups", "owned", "unmarked", "marked-otherwise"),
    ],
)
def test_a_job_that_would_pass_the_queue_is_refused_in_experiments_and_in_trials(
    bare: Bare, job: Mapping[str, Any], said: str
) -> None:
    for made in (experiment("no", job), trial(job)):
        [refused] = bare.refusals([made])
        assert said in refused


def test_a_container_that_no_queue_has_counted_is_refused(bare: Bare) -> None:
    collector = {"collector": {"kind": "Custom", "customCollector": {"name": "x", "image": IMAGE}}}
    for made in (experiment("no", metricsCollectorSpec=collector), trial(metricsCollector=collector)):
        [refused] = bare.refusals([made])
        assert "customCollector is not offered" in refused
    plain = {"collector": {"kind": "Push"}}
    assert bare.refusals([experiment("no", metricsCollectorSpec=plain), trial(metricsCollector=plain)]) == []


@pytest.mark.parametrize("given", [{}, {labels.TENANT: OTHER}], ids=["nobody", "another"])
def test_who_does_not_name_its_own_tenant_is_refused(bare: Bare, given: Mapping[str, str]) -> None:
    for made in (experiment("no"), trial()):
        made["metadata"]["labels"] = dict(given)
        [refused] = bare.refusals([made])
        assert f"add the label {labels.TENANT}" in refused


def test_templates_from_elsewhere_and_volumes_are_refused(bare: Bare) -> None:
    kept = experiment("no")
    where = {"configMapName": "x", "configMapNamespace": OTHER, "templatePath": "x"}
    kept["spec"]["trialTemplate"]["configMap"] = where
    [refused] = bare.refusals([kept])
    assert "trialTemplate.configMap is not offered" in refused
    [refused] = bare.refusals([experiment("no", resumePolicy="FromVolume")])
    assert "resumePolicy FromVolume is not offered" in refused
    assert bare.refusals([experiment("no", resumePolicy="LongRunning")]) == []


@pytest.mark.parametrize("spec", [{}, {"trialTemplate": {}}], ids=["nothing", "no-job"])
def test_an_experiment_without_a_job_is_refused(bare: Bare, spec: Mapping[str, Any]) -> None:
    made = {**experiment("no"), "spec": dict(spec)}
    [refused] = bare.refusals([made])
    assert KIND in refused
