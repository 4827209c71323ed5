"""Workflows: the real Argo controller and executor, real pods under a tenant's fence, artefacts in the real store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml

from e2e.stage import IMAGE, ROOT, Stage, until
from e2e.tools.database import sql
from e2e.tools.web import DOMAIN, web
from fairlead.layers.workflows import place
from fairlead.workload.load import load_job
from fairlead.workload.render import render

pytestmark = pytest.mark.e2e

SMALL = {"cpus": "50m", "memory": "64Mi"}
"""Of the real node's two cores the layers ask for more than one."""

TENANT = "team-a"
DATA, MODEL = "/tmp/data.json", "/tmp/model.json"
INGEST = f"import json; json.dump([1, 2, 3, 6], open('{DATA}', 'w')); open('/tmp/rows', 'w').write('4')"
TRAIN = (
    f"import json, sys; rows = json.load(open('{DATA}')); assert len(rows) == int(sys.argv[1]);"
    f" json.dump({{'mean': sum(rows) / len(rows)}}, open('{MODEL}', 'w'))"
)
EVALUATE = f"import json; print('mean is', json.load(open('{MODEL}'))['mean'])"


@pytest.fixture
def stage(tools: Stage) -> Stage:
    """A platform that runs workflows and keeps their artefacts."""
    return tools


def step(name: str, script: str, *arguments: str, **rest: Any) -> Mapping[str, Any]:
    command = ["python3", "-c", script, *arguments]
    return {"name": name, "container": {"image": IMAGE, "command": command}, **rest}


def workflow(name: str, templates: Sequence[Mapping[str, Any]], entry: str) -> Mapping[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name, "namespace": TENANT},
        "spec": {"entrypoint": entry, "templates": list(templates)},
    }


def pipeline(name: str) -> Mapping[str, Any]:
    """Ingest, train, evaluate: a parameter and two artefacts go from step to step."""
    produced = "{{tasks.ingest.outputs.%s}}"
    given = {
        "parameters": [{"name": "rows", "value": produced % "parameters.rows"}],
        "artifacts": [{"name": "data", "from": produced % "artifacts.data"}],
    }
    model = {"artifacts": [{"name": "model", "from": "{{tasks.train.outputs.artifacts.model}}"}]}
    tasks = [
        {"name": "ingest", "template": "ingest"},
        {"name": "train", "template": "train", "dependencies": ["ingest"], "arguments": given},
        {"name": "evaluate", "template": "evaluate", "dependencies": ["train"], "arguments": model},
    ]
    ingest = step(
        "ingest",
        INGEST,
        outputs={
            "parameters": [{"name": "rows", "valueFrom": {"path": "/tmp/rows"}}],
            "artifacts": [{"name": "data", "path": DATA}],
        },
    )
    train = step(
        "train",
        TRAIN,
        "{{inputs.parameters.rows}}",
        inputs={"parameters": [{"name": "rows"}], "artifacts": [{"name": "data", "path": DATA}]},
        outputs={"artifacts": [{"name": "model", "path": MODEL}]},
    )
    evaluate = step("evaluate", EVALUATE, inputs={"artifacts": [{"name": "model", "path": MODEL}]})
    return workflow(name, [{"name": "main", "dag": {"tasks": tasks}}, ingest, train, evaluate], "main")


def sent(stage: Stage, made: Mapping[str, Any]) -> str:
    """Sends a workflow as a member of the tenant; its phase when it has ended."""
    name = made["metadata"]["name"]
    stage.sent(made)

    def ended() -> str:
        phase = found(stage, name).get("phase", "")
        return phase if phase in ("Succeeded", "Failed", "Error") else ""

    return until(f"workflow {name} has ended", ended, 240)


def found(stage: Stage, name: str) -> Mapping[str, Any]:
    return json.loads(stage.kubectl("get", "workflow", name, "-n", TENANT, "-o", "json")).get("status", {})


def test_the_layer_is_healthy(stage: Stage) -> None:
    line = next(line for line in stage.fairlead("status").splitlines() if line.startswith("workflows"))
    assert "healthy" in line


def test_steps_run_one_behind_the_other_and_hand_on_parameters_and_artefacts(stage: Stage) -> None:
    phase = sent(stage, pipeline("pipeline"))
    status = found(stage, "pipeline")
    assert (phase, status.get("message")) == ("Succeeded", None)
    nodes = {one["displayName"]: one for one in status["nodes"].values() if one["type"] == "Pod"}
    assert nodes["ingest"]["finishedAt"] <= nodes["train"]["startedAt"]
    assert nodes["train"]["finishedAt"] <= nodes["evaluate"]["startedAt"]
    model = next(one for one in nodes["train"]["outputs"]["artifacts"] if one["name"] == "model")
    assert model["s3"]["key"].startswith("workflows/pipeline/")
    told = stage.kubectl(
        "logs", "-n", TENANT, "-c", "main", "-l", "workflows.argoproj.io/workflow=pipeline", "--tail=-1"
    )
    assert "mean is 3.0" in told


def test_a_step_that_fails_fails_the_workflow_and_says_which(stage: Stage) -> None:
    made = workflow("broken", [step("bad", "import sys; sys.exit(3)")], "bad")
    assert sent(stage, made) == "Failed"
    assert "3" in found(stage, "broken")["message"]


def test_steps_take_no_accelerators_for_they_wait_in_no_queue(stage: Stage) -> None:
    greedy = {
        "name": "greedy",
        "container": {
            "image": IMAGE,
            "command": ["true"],
            "resources": {"limits": {"nvidia.com/gpu": "1"}},
        },
    }
    assert sent(stage, workflow("greedy", [greedy], "greedy")) in ("Failed", "Error")
    assert "takes no accelerator" in json.dumps(found(stage, "greedy"))


def test_members_send_workflows_and_strangers_do_not(stage: Stage) -> None:
    asked = (
        "auth",
        "can-i",
        "create",
        "workflows.argoproj.io",
        "-n",
        TENANT,
        "--as",
        "somebody",
        "--as-group",
    )
    assert stage.kubectl(*asked, TENANT, check=False).strip() == "yes"
    assert stage.kubectl(*asked, "team-b", check=False).startswith("no")


def test_the_controller_is_denied_nothing_that_it_asks_for(stage: Stage) -> None:
    told = stage.kubectl("logs", f"deployment/{place.NAME}", "-n", place.NAMESPACE, "--tail=-1")
    assert told
    assert [line for line in told.splitlines() if "is forbidden: User" in line] == []


def test_a_workflow_sends_a_job_that_waits_in_the_tenants_queue(stage: Stage) -> None:
    job = load_job(
        {
            "kind": "TrainingJob",
            "name": "by-workflow",
            "tenant": TENANT,
            "image": IMAGE,
            "run": "true",
            **SMALL,
        },
        "test",
    )
    [manifest] = render(job)
    send = {
        "name": "send",
        "resource": {
            "action": "create",
            "manifest": json.dumps(manifest),
            "successCondition": "status.jobsStatus.0.succeeded > 0",
        },
    }
    assert sent(stage, workflow("sends", [send], "send")) == "Succeeded", found(stage, "sends").get("message")
    assert stage.phase(job) == "Succeeded"


def test_a_model_is_trained_evaluated_registered_and_served_by_the_steps_of_the_example(stage: Stage) -> None:
    told = yaml.safe_load((ROOT / "examples" / "workflows" / "flowers.yaml").read_text())
    [served] = [one for one in told["spec"]["arguments"]["parameters"] if one["name"] == "serve"]
    served["value"] = "yes"
    made = json.loads(stage.kubectl("create", "-f", "-", "-o", "json", given=told, check=False))
    name = made["metadata"]["name"]

    def found() -> Mapping[str, Any]:
        return json.loads(stage.kubectl("get", "workflow", name, "-n", TENANT, "-o", "json"))

    until(f"{name} has ended", lambda: found().get("status", {}).get("finishedAt"), 420)
    status = found()["status"]
    assert status["phase"] == "Succeeded", status.get("message")
    steps = {one["displayName"]: one["phase"] for one in status["nodes"].values() if one["type"] == "Pod"}
    done = ("ingest", "train", "evaluate", "register", "package", "deploy")
    assert steps == dict.fromkeys(done, "Succeeded")
    kept = (
        "select value > 0.9 from metrics join runs using (run_uuid) where key = 'accuracy' and runs.name = "
    )
    assert sql(stage, f"{kept}'{name}'") == ["t"]
    versions = "select workspace, version from model_versions where name = 'flowers-workflow'"
    assert sql(stage, versions) == [f"{TENANT}|1"]
    with web(stage) as door:
        asked = {"instances": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]}
        host, path = f"flowers.{TENANT}.{DOMAIN}", "/v1/models/flowers:predict"
        until("it is routed", lambda: door.call(host, path, asked).status == 200, 60)
        assert door.call(host, path, asked).json == {"predictions": [0, 2]}
    stage.kubectl("delete", "inferenceservice", "flowers", "-n", TENANT)


def test_what_ended_workflows_were_is_kept_in_a_database(stage: Stage) -> None:
    """Behind the others: those of this file have ended."""
    query = "select name || ' ' || phase from argo_archived_workflows"

    def kept() -> set[str]:
        return set(sql(stage, query, place.DATABASE))

    ended = {
        f"{one['metadata']['name']} {one['status']['phase']}"
        for one in stage.objects("workflows", TENANT)
        if one["status"].get("finishedAt")
    }
    assert {"Succeeded", "Failed"} <= {line.split()[1] for line in ended}
    until("all of them are in the database", lambda: ended <= kept(), 60)
    sessions = (
        "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'argo'"
    )
    assert sql(stage, sessions, place.DATABASE) == ["t"]
