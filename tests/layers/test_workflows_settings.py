"""The controller's settings: words that it knows, workflows that keep a tenant's fence, a store without a key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from pod_security import restricted_violations
from support.charts import module_of, rendered
from support.strict import problems, schemas
from test_workflows_objects import PLAN

from fairlead import labels
from fairlead.contract.handle import ObjectStore, WorkloadIdentity
from fairlead.layers.databases import postgres
from fairlead.layers.workflows import place
from fairlead.layers.workflows.settings import MIRRORED, settings
from fairlead.plan.store_model import AccountToken
from fairlead.plan.workflows_artifacts import repository
from fairlead.plan.workflows_model import WorkflowsPlan
from fairlead.workload.runtime import runtime

TOKEN = AccountToken("store", "/var/run/secrets/store", 3600)
SIGNS_IN = {"TOKEN_FILE": f"{TOKEN.folder}/token", "ROLE": "role-of-team-a", "REGION": "here"}
STORE = ObjectStore(
    {"team-a": "s3://bucket"}, "http://store.example:8333", "here", environment={"team-a": SIGNS_IN}
)
GIVEN_TOKEN = WorkloadIdentity({}, {}, TOKEN)
MARKED = WorkloadIdentity({}, {"identity.example.com/use": "true"})


def spec(store: ObjectStore | None = None, identity: WorkloadIdentity | None = None) -> dict[str, Any]:
    return settings(PLAN, store, identity)["workflowDefaults"]["spec"]


def words(file: str, kind: str) -> set[str]:
    """The JSON keys of a Go struct of the module."""
    text = (module_of(place.CHART) / file).read_text()
    found = re.search(rf"^type {kind} struct {{\n(.*?)^}}", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"{file} has no {kind}"
    return set(re.findall(r'json:"([A-Za-z0-9]+)', found[1]))


def workflow_schema() -> Mapping[str, Any]:
    [crd] = [
        one
        for one in rendered(place.CHART)
        if one["kind"] == "CustomResourceDefinition" and one["spec"]["names"]["kind"] == "Workflow"
    ]
    return schemas(crd)[f"{place.GROUP}/v1alpha1", "Workflow"]


# ---- words that the controller knows -----------------------------------------------------------


def test_every_key_is_one_of_the_controllers_configuration() -> None:
    """It refuses others and ends: config/controller.go reads strictly."""
    whole = settings(
        WorkflowsPlan(True, 1, 60, 1, (), 90), STORE, GIVEN_TOKEN, postgres.database(place.DATABASE)
    )
    assert set(whole) <= words("config/config.go", "Config")
    assert set(whole["metricsConfig"]) <= words("config/config.go", "MetricsConfig")
    kept = whole["persistence"]
    database = kept.pop("postgresql")
    assert set(kept) <= words("config/config.go", "PersistConfig")
    known = {*words("config/config.go", "DatabaseConfig"), *words("config/config.go", "PostgreSQLConfig")}
    assert set(database) <= known
    assert "password" not in database


@pytest.mark.parametrize(
    ("store", "identity"), [(None, None), (STORE, None), (STORE, MARKED), (STORE, GIVEN_TOKEN)]
)
def test_what_every_workflow_is_given_is_a_workflow(
    store: ObjectStore | None, identity: WorkloadIdentity | None
) -> None:
    """The controller writes it into the workflow, and the API server judges the whole."""
    found = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {},
        "spec": spec(store, identity),
    }
    errors = jsonschema.Draft7Validator(workflow_schema()).iter_errors(found)
    assert [f"{one.json_path}: {one.message:.120}" for one in errors] == []


def test_the_containers_beside_a_step_and_the_step_keep_the_restricted_standard() -> None:
    told = settings(PLAN, STORE, GIVEN_TOKEN)
    beside = {**told["executor"], "name": "wait", "image": "argoexec:1"}
    step = {**told["mainContainer"], "name": "main", "image": "step:1"}
    pod = {"containers": [beside, step], "securityContext": spec()["securityContext"]}
    assert restricted_violations({"spec": pod}) == []
    kind = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "step"}, "spec": pod}
    assert problems(kind) == []


def test_containers_beside_a_step_have_requests_and_a_limit_and_a_step_counts_as_something() -> None:
    told = settings(PLAN, None, None)
    assert set(told["executor"]["resources"]) == {"requests", "limits"}
    assert set(told["mainContainer"]["resources"]["requests"]) == {"cpu", "memory"}
    assert "limits" not in told["mainContainer"]["resources"], "what a step needs only its author knows"


# ---- decisions ---------------------------------------------------------------------------------


def test_a_step_runs_as_the_tenants_workload_and_asks_for_the_token_that_results_need() -> None:
    found = spec()
    assert found["serviceAccountName"] == labels.WORKLOAD_ACCOUNT
    for patch in (found["podSpecPatch"], found["templateDefaults"]["podSpecPatch"]):
        assert json.loads(patch) == {"automountServiceAccountToken": True}


def test_workflows_go_after_their_time_and_wait_for_their_turn() -> None:
    told = settings(WorkflowsPlan(True, 1, 3600, 7), None, None)
    assert told["namespaceParallelism"] == 7
    assert told["workflowDefaults"]["spec"]["ttlStrategy"] == {"secondsAfterCompletion": 3600}
    assert "persistence" not in told


def test_pods_stay_longer_where_their_logs_end_with_them() -> None:
    assert spec()["podGC"] == {"strategy": "OnWorkflowCompletion", "deleteDelayDuration": "86400s"}
    assert "archiveLogs" not in spec()
    assert spec(STORE)["podGC"] == {"strategy": "OnWorkflowCompletion", "deleteDelayDuration": "600s"}
    assert spec(STORE)["archiveLogs"] is True


def test_logs_stay_with_the_pods_where_a_step_that_sends_an_object_could_not_sign_in() -> None:
    """Argo mounts nothing of a resource template's pod into the container that keeps logs."""
    told = spec(STORE, GIVEN_TOKEN)
    assert "archiveLogs" not in told
    assert told["podGC"]["deleteDelayDuration"] == "86400s"


def test_marks_of_an_identity_are_on_every_pod_and_absent_where_it_needs_none() -> None:
    assert spec(STORE, MARKED)["podMetadata"] == {"labels": {"identity.example.com/use": "true"}}
    assert "podMetadata" not in spec(STORE, GIVEN_TOKEN)


def test_without_a_store_the_executor_hears_of_none() -> None:
    told = settings(PLAN, None, None)
    assert told["executor"]["env"] == []
    assert "artifactRepository" not in told


def test_a_step_is_told_of_store_and_tracking_as_a_job_is() -> None:
    told = settings(PLAN, STORE, MARKED)["mainContainer"]["envFrom"]
    [job] = runtime(0)["spec"]["template"]["spec"]["replicatedJobs"]
    [box] = job["template"]["spec"]["template"]["spec"]["containers"]
    assert told == box["envFrom"]
    assert {one["configMapRef"]["optional"] for one in told} == {True}


def test_where_the_target_gives_no_token_the_step_has_one_and_the_executor_sees_it() -> None:
    """Argo mounts what a step has below a folder of its own into the executor: its source says which."""
    defaults = spec(STORE, GIVEN_TOKEN)["templateDefaults"]
    [volume] = defaults["volumes"]
    [source] = volume["projected"]["sources"]
    assert source["serviceAccountToken"]["audience"] == TOKEN.audience
    for kind in ("container", "script"):
        [mount] = defaults[kind]["volumeMounts"]
        assert (mount["name"], mount["mountPath"]) == (volume["name"], TOKEN.folder)
    text = (module_of(place.CHART) / "workflow" / "common" / "common.go").read_text()
    assert f'ExecutorMainFilesystemDir = "{MIRRORED}"' in text
    env = {one["name"]: one for one in settings(PLAN, STORE, GIVEN_TOKEN)["executor"]["env"]}
    assert env["TOKEN_FILE"] == {"name": "TOKEN_FILE", "value": f"{MIRRORED}{TOKEN.folder}/token"}


def test_the_executor_reads_the_tenants_own_variables_for_the_settings_are_one_for_all() -> None:
    env = {one["name"]: one for one in settings(PLAN, STORE, GIVEN_TOKEN)["executor"]["env"]}
    assert set(env) == set(SIGNS_IN)
    reference = {"name": labels.OBJECT_STORE, "key": "ROLE", "optional": True}
    assert env["ROLE"]["valueFrom"] == {"configMapKeyRef": reference}


# ---- where artefacts go ------------------------------------------------------------------------

TYPES = "pkg/apis/workflow/v1alpha1/workflow_types.go"
REPOSITORIES = "pkg/apis/workflow/v1alpha1/artifact_repository_types.go"


@pytest.mark.parametrize(
    ("uri", "endpoint", "driver", "kinds"),
    [
        ("s3://bucket/team-a", "https://s3.example.com", "s3", ("S3Bucket", "S3ArtifactRepository")),
        ("gs://bucket/team-a", "https://storage.example.com", "gcs", ("GCSBucket", "GCSArtifactRepository")),
        (
            "abfs://team-a@account.example.com",
            "https://account.example.com",
            "azure",
            ("AzureBlobContainer", "AzureArtifactRepository"),
        ),
    ],
)
def test_each_scheme_has_its_driver_with_keys_that_argo_knows_and_none_of_a_secret(
    uri: str, endpoint: str, driver: str, kinds: tuple[str, str]
) -> None:
    found = repository(uri, endpoint, "here")
    assert set(found) == {driver}
    assert set(found) <= words(REPOSITORIES, "ArtifactRepository")
    assert set(found[driver]) <= words(TYPES, kinds[0]) | words(REPOSITORIES, kinds[1])
    assert not [key for key in found[driver] if "ecret" in key]


def test_artefacts_lie_below_the_tenants_part_apart_from_what_its_jobs_write() -> None:
    end = "workflows/{{workflow.name}}/{{pod.name}}"
    assert repository("s3://b/team-a", "https://s3.example", "r")["s3"]["keyFormat"] == f"team-a/{end}"
    assert repository("s3://fairlead-team-a", "https://s3.example", "r")["s3"]["keyFormat"] == end
    assert repository("gs://b/team-a/", "", "r")["gcs"]["keyFormat"] == f"team-a/{end}"
    assert repository("abfs://team-a@a", "https://a.example", "r")["azure"]["blobNameFormat"] == end


def test_argo_is_given_the_stores_host_and_told_where_it_has_no_tls() -> None:
    plain = repository("s3://b", "http://store.example:8333", "r")["s3"]
    assert (plain["endpoint"], plain["insecure"]) == ("store.example:8333", True)
    safe = repository("s3://b", "https://s3.example.com", "r")["s3"]
    assert safe["endpoint"] == "s3.example.com"
    assert "insecure" not in safe
    assert safe["useSDKCreds"] is True


def test_a_scheme_that_no_driver_reads_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"nfs://server/share: artefacts"):
        repository("nfs://server/share", "", "")
