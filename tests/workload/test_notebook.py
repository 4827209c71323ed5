"""Notebooks as users write them, and what they become: a job of one node that serves, and what leads to it."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from crd_schema import problems
from job_samples import EXAMPLES
from support.charts import rendered
from support.golden import Golden
from support.rendered_pods import check_core, pod, restricted_violations
from support.strict import schemas

from fairlead import labels
from fairlead.catalog import lock
from fairlead.errors import InputError
from fairlead.plan.gateway_model import KINDS
from fairlead.plan.store_model import AccountToken
from fairlead.workload.documents import write
from fairlead.workload.notebook import Notebook
from fairlead.workload.notebook_load import load_file, load_notebook, load_text
from fairlead.workload.notebook_render import render
from fairlead.workload.notebook_runtime import runtime_name, runtimes
from fairlead.workload.render import script
from fairlead.workload.runtime import runtimes as job_runtimes

GOOD: dict[str, Any] = {"kind": "Notebook", "name": "lab", "tenant": "team-a", "image": "example.com/lab:1"}
FULL: dict[str, Any] = {
    "stage": "training",
    "priority": "inference",
    "accelerators": "H100:2",
    "setup": "pip install -r requirements.txt",
    "workspace": {"size": "50Gi"},
    "envs": {"STEPS": "10"},
    "secrets": {"HF_TOKEN": "hub/token"},
    "file_mounts": {"/data": {"claim": "datasets", "read_only": True}},
    "idle_after": "2h",
    "timeout": "12h",
    "labels": {"team": "vision"},
}
FILE = EXAMPLES / "notebooks" / "lab.yaml"
DOMAIN = "ml.example.com"
CRD, ROUTE = "CustomResourceDefinition", ("gateway.networking.k8s.io/v1", "HTTPRoute")


def notebook(**changes: Any) -> Notebook:
    return load_notebook({**GOOD, **changes}, "test")


def refusal(**changes: Any) -> str:
    words = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    with pytest.raises(InputError) as caught:
        load_notebook(words, "test")
    return str(caught.value)


def of_kind(of: Notebook) -> dict[str, Any]:
    return {obj["kind"]: obj for obj in render(of, DOMAIN)}


def its_pod(of: Notebook) -> dict[str, Any]:
    """What starts on a cluster with H100s."""
    job = of_kind(of)["TrainJob"]
    found = {one["metadata"]["name"]: one for one in runtimes(nearness={"H100": {"near": {}}})}
    return pod(job, found[job["spec"]["runtimeRef"]["name"]])


def test_the_shortest_notebook_waits_last_keeps_its_files_and_ends_after_an_idle_hour() -> None:
    made = notebook()
    assert (made.stage, made.idle_after, made.workspace.size) == ("testing", "1h", "10Gi")
    assert made.job().max_restarts == 10
    assert made.job().num_nodes == 1


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"image": None}, "notebook.image", "missing"),
        ({"image": "example.com/lab"}, "notebook.image", "other than latest"),
        ({"name": "Lab"}, "notebook.name", "not allowed here"),
        ({"name": "a" * 49}, "notebook.name", "is too long"),
        ({"accelerators": "H10:1"}, "notebook.accelerators", "no such accelerator"),
        ({"accelerators": "H100/1g.10gb:2"}, "notebook.accelerators", "one share at most"),
        ({"num_nodes": 2}, "notebook.num_nodes", "unknown key"),
        ({"run": "true"}, "notebook.run", "unknown key"),
        ({"setup": "x" * 100_001}, "notebook.setup", "too long"),
        ({"workspace": {"size": "1Gi", "claim": "mine"}}, "notebook.workspace", "either claim"),
        ({"workspace": {}}, "notebook.workspace", "either claim"),
        ({"workspace": {"size": "0"}}, "notebook.workspace.size", "more than zero"),
        ({"envs": {"HOME": "/root"}}, "notebook.envs.HOME", "set by the platform"),
        ({"secrets": {"JUPYTER_TOKEN": "a/b"}}, "notebook.secrets.JUPYTER_TOKEN", "set by the platform"),
        ({"envs": {"API_KEY": "abc"}}, "notebook.envs.API_KEY", "looks like a secret"),
        (
            {"file_mounts": {"/workspace": "mine"}},
            "notebook.file_mounts./workspace",
            "workspace: {claim: NAME}",
        ),
        ({"file_mounts": {"/workspace/in": "mine"}}, "notebook.file_mounts./workspace/in", "another mount"),
        ({"idle_after": "59s"}, "notebook.idle_after", "between 1m and 7d"),
        ({"idle_after": "8d"}, "notebook.idle_after", "between 1m and 7d"),
        ({"timeout": "0s"}, "notebook.timeout", "more than zero"),
        ({"kind": "TrainingJob"}, "notebook.kind", "is no notebook"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(changes: dict[str, Any], where: str, what: str) -> None:
    text = refusal(**changes)
    assert f"  {where}: " in text
    assert what in text, text
    assert text.startswith("test: 1 problem\n"), text


def test_all_that_is_wrong_is_said_at_once_and_no_secret_with_it() -> None:
    hidden = {"API_KEY": True, "HOME": "/x", "JUPYTER_TOKEN": "sesame"}
    text = refusal(name="Lab", accelerators="H10:1", envs=hidden, idle_after="1s", run="x")
    assert text.startswith("test: 7 problems\n"), text
    assert "sesame" not in text
    assert "True" not in text


def test_problems_of_several_say_of_which_and_no_two_have_one_name() -> None:
    with pytest.raises(InputError) as caught:
        load_text(write([GOOD, GOOD, {**GOOD, "idle_after": "1s"}]), "test")
    assert [problem.where for problem in caught.value.problems] == ["notebook[2].idle_after", "notebook.name"]


def test_a_file_without_one_and_a_file_that_is_not_there_are_named() -> None:
    with pytest.raises(InputError, match="the file holds no notebook"):
        load_text("---\n", "test")
    with pytest.raises(InputError, match="cannot be read as a text file"):
        load_file(FILE.with_name("none.yaml"))
    with pytest.raises(InputError, match="must be a map"):
        load_text("- a\n", "test")


@pytest.mark.parametrize("name", ["example", "full"])
def test_it_renders_as_before(name: str, golden: Golden) -> None:
    [of] = load_file(FILE) if name == "example" else [notebook(**FULL)]
    golden.check(f"notebooks/{name}.yaml", write(render(of, DOMAIN)))


def test_the_examples_image_is_in_the_lock_and_asks_for_little() -> None:
    [of] = load_file(FILE)
    assert of.image == lock.images()["jupyter"].reference
    assert (of.cpus, of.memory) == ("50m", "512Mi")


@pytest.mark.parametrize("changes", [{}, FULL])
def test_its_objects_are_what_a_cluster_takes(changes: dict[str, Any]) -> None:
    made = of_kind(notebook(**changes))
    assert problems(made["TrainJob"]) == []
    check_core(made["PersistentVolumeClaim"])
    check_core(made["Service"])
    schema = next(
        found for crd in rendered(KINDS) if crd["kind"] == CRD for found in [schemas(crd).get(ROUTE)] if found
    )
    jsonschema.validate(made["HTTPRoute"], schema)


@pytest.mark.parametrize("changes", [{}, FULL])
def test_its_pod_keeps_the_restricted_standard_and_is_valid(changes: dict[str, Any]) -> None:
    made = its_pod(notebook(**changes))
    check_core(made)
    assert restricted_violations(made) == []
    assert made["spec"]["automountServiceAccountToken"] is False
    [box] = made["spec"]["containers"]
    assert box["readinessProbe"]["httpGet"] == {"path": "/api", "port": 8888}


def test_it_waits_in_the_queue_of_its_stage_and_asks_as_a_job_does() -> None:
    job = of_kind(notebook(**FULL))["TrainJob"]
    assert job["metadata"]["labels"][labels.QUEUE] == "training"
    assert job["metadata"]["labels"][labels.PRIORITY] == "inference"
    assert job["spec"]["trainer"]["numNodes"] == 1
    assert job["spec"]["trainer"]["resourcesPerNode"]["limits"]["nvidia.com/gpu"] == "2"
    assert job["spec"]["activeDeadlineSeconds"] == 12 * 3600
    assert its_pod(notebook(**FULL))["spec"]["nodeSelector"] == {labels.ACCELERATOR: "H100"}
    assert of_kind(notebook())["TrainJob"]["metadata"]["labels"][labels.QUEUE] == "testing"


def test_the_way_to_it_ends_at_its_pod() -> None:
    made = of_kind(notebook())
    route, service = made["HTTPRoute"]["spec"], made["Service"]["spec"]
    assert route["hostnames"] == [f"lab.team-a.{DOMAIN}"]
    [parent] = route["parentRefs"]
    assert (parent["name"], parent["namespace"]) == ("fairlead", "fairlead-gateway")
    [backend] = route["rules"][0]["backendRefs"]
    assert (backend["name"], backend["port"]) == ("lab-notebook", service["ports"][0]["port"])
    assert service["ports"][0]["targetPort"] == 8888
    tags = its_pod(notebook())["metadata"]["labels"]
    assert service["selector"].items() <= tags.items()


def test_its_files_are_at_home_on_a_volume_that_any_node_mounts() -> None:
    made = its_pod(notebook(**FULL))
    [box] = made["spec"]["containers"]
    env = {one["name"]: one.get("value") for one in box["env"]}
    assert env["HOME"] == "/workspace"
    volumes = {one["name"]: one.get("persistentVolumeClaim", {}) for one in made["spec"]["volumes"]}
    mounts = {one["mountPath"]: volumes[one["name"]].get("claimName") for one in box["volumeMounts"]}
    assert mounts == {"/dev/shm": None, "/data": "datasets", "/workspace": "lab-workspace"}
    claim = of_kind(notebook(**FULL))["PersistentVolumeClaim"]["spec"]
    assert (claim["accessModes"], claim["storageClassName"]) == (["ReadWriteMany"], "fairlead-shared")
    assert claim["resources"]["requests"]["storage"] == "50Gi"


def test_a_volume_of_ones_own_is_used_and_none_is_made() -> None:
    made = of_kind(notebook(workspace={"claim": "mine"}))
    assert "PersistentVolumeClaim" not in made
    assert its_pod(notebook(workspace={"claim": "mine"}))["spec"]["volumes"][-1]["persistentVolumeClaim"] == {
        "claimName": "mine"
    }


def test_its_token_is_read_from_a_secret_and_stands_nowhere() -> None:
    for of in (notebook(), notebook(**FULL)):
        [box] = its_pod(of)["spec"]["containers"]
        [read] = [one for one in box["env"] if one["name"] == "JUPYTER_TOKEN"]
        assert read["valueFrom"] == {"secretKeyRef": {"name": "lab-notebook", "key": "token"}}
        assert "token" not in script(of.job()).lower()
        assert "Secret" not in of_kind(of)
    variables = {one["name"]: one.get("value") for one in box["env"]}
    assert variables["JUPYTER_RUNTIME_DIR"] == "/tmp/jupyter"


def test_where_objects_and_runs_are_kept_it_knows_as_jobs_do() -> None:
    [box] = its_pod(notebook())["spec"]["containers"]
    assert [one["configMapRef"]["name"] for one in box["envFrom"]] == [*labels.TOLD]


def test_setup_runs_before_it_and_idle_times_follow_the_word() -> None:
    text = script(notebook(**FULL).job())
    first, second = (
        text.index("pip install -r requirements.txt"),
        text.index("cd /workspace\nexec jupyter lab"),
    )
    assert first < second
    for trait in (
        "ServerApp.shutdown_no_activity_timeout",
        "MappingKernelManager.cull_idle_timeout",
        "TerminalManager.cull_inactive_timeout",
    ):
        assert f"--{trait}=7200" in text
    assert "--MappingKernelManager.cull_interval=15" in script(notebook(idle_after="1m").job())


def test_runtimes_of_notebooks_are_those_of_jobs_with_a_probe() -> None:
    token = AccountToken("store", "/var/run/token", 3600)
    given: dict[str, Any] = {
        "pod_labels": {"cloud.example.com/identity": "true"},
        "nearness": {"H100": {"near": {"a": "b"}, "rack": {"c": "d"}}, "L4": {"near": {}}},
        "grace_seconds": 90,
        "selectors": {"L4": {"cloud.example.com/shape": "one"}},
        "token": token,
    }
    made = {one["metadata"]["name"]: one for one in runtimes(**given)}
    assert set(made) == {"fairlead-notebook", "fairlead-notebook-h100", "fairlead-notebook-l4"}
    jobs = {one["metadata"]["name"]: one for one in job_runtimes(**given)}
    for name, base in (("", "fairlead"), ("H100", "fairlead-h100-near"), ("L4", "fairlead-l4-near")):
        own, theirs = _boxed(made[runtime_name(name)]), _boxed(jobs[f"{base}-restart-10"])
        assert own.pop("readinessProbe")
        assert own == theirs
        assert made[runtime_name(name)]["spec"] == jobs[f"{base}-restart-10"]["spec"]
        assert problems(made[runtime_name(name)]) == []


def _boxed(runtime: dict[str, Any]) -> dict[str, Any]:
    [replicated] = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    [box] = replicated["template"]["spec"]["template"]["spec"]["containers"]
    return box
