"""Experiments, artefacts and models: the real MLflow on a real PostgreSQL, by its own client from a tenant's job."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from e2e.stage import IMAGE, Stage, until
from e2e.tools.database import sql
from fairlead.catalog import lock
from fairlead.layers.tracking.place import DATABASE, HOSTS, NAMESPACE, PORT
from fairlead.plan.tracking_model import IMAGE as MLFLOW

pytestmark = pytest.mark.e2e

TRAIN = """\
python3 - <<'END'
import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

x, y = load_iris(return_X_y=True)
mlflow.set_experiment("flowers")
with mlflow.start_run() as run:
    model = LogisticRegression(max_iter=200).fit(x, y)
    mlflow.log_param("solver", model.solver)
    for step in range(3):
        mlflow.log_metric("accuracy", model.score(x, y), step=step)
    mlflow.log_text("seen by nobody else", "note.txt")
    mlflow.sklearn.log_model(model, name="model", registered_model_name="flowers", serialization_format="cloudpickle")
client = MlflowClient()
client.set_registered_model_alias("flowers", "champion", 1)
again = mlflow.pyfunc.load_model("models:/flowers@champion")
assert list(again.predict(x[:5])) == list(y[:5])
print("run", run.info.run_id)
END
"""
LOOK = """\
python3 - <<'END'
import mlflow
from mlflow import MlflowClient
print("experiments", sorted(one.name for one in mlflow.search_experiments()))
print("models", [one.name for one in MlflowClient().search_registered_models()])
END
"""
SIZE = {"cpus": "0.2", "memory": "1Gi"}


@pytest.fixture(scope="module")
def tracking(tools: Stage) -> Stage:
    """A platform that keeps what was trained."""
    return tools


@pytest.fixture(scope="module")
def run(tracking: Stage) -> str:
    """The id of a run that a job of team-a has kept."""
    said = _log(tracking, "trains", "team-a", TRAIN)
    found = re.search(r"^run ([0-9a-f]{32})$", said, re.MULTILINE)
    assert found, said
    return found[1]


def _log(stage: Stage, name: str, tenant: str, script: str) -> str:
    """What a job of this tenant, which must succeed, has printed."""
    job = stage.submit(name=name, tenant=tenant, image=lock.images()[MLFLOW].reference, run=script, **SIZE)
    phase = stage.finished(job, 240)
    told = "\n".join(line.text for line in stage.client.logs(tenant, name))
    assert phase == "Succeeded", told
    return told


def _status(stage: Stage, host: str) -> str:
    """The HTTP status that MLflow gives a caller from its own pod who calls it by this name."""
    script = (
        f"import http.client; c = http.client.HTTPConnection('127.0.0.1', {PORT});"
        f" c.request('GET', '/api/2.0/mlflow/experiments/get?experiment_id=0', headers={{'Host': '{host}'}});"
        " print(c.getresponse().status)"
    )
    return stage.kubectl(
        "exec", "deploy/mlflow", "-n", NAMESPACE, "-c", "server", "--", "python3", "-c", script
    )


def test_the_layers_are_healthy(tracking: Stage) -> None:
    lines = {line.split()[0]: line for line in tracking.fairlead("status").splitlines() if line.split()}
    assert all("healthy" in lines[name] for name in ("databases", "tracking"))


def test_a_job_keeps_metrics_and_registers_its_model_without_being_told_where(
    tracking: Stage, run: str
) -> None:
    kept = sql(tracking, f"select key, step, value > 0.9 from metrics where run_uuid = '{run}' order by step")
    assert kept == ["accuracy|0|t", "accuracy|1|t", "accuracy|2|t"]
    assert sql(tracking, f"select workspace, name, version from model_versions where run_id = '{run}'") == [
        "team-a|flowers|1"
    ]


@pytest.mark.usefixtures("run")
def test_artefacts_lie_in_the_object_store_and_the_server_has_no_key_of_it(tracking: Stage) -> None:
    deployment = json.loads(tracking.kubectl("get", "deploy/mlflow", "-n", NAMESPACE, "-o", "json"))
    [server] = deployment["spec"]["template"]["spec"]["containers"]
    names = {one["name"] for one in server["env"]}
    assert "AWS_WEB_IDENTITY_TOKEN_FILE" in names
    assert not names & {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    listed = (
        "import boto3, os; s3 = boto3.client('s3');"
        " print(*(o['Key'] for o in s3.list_objects_v2(Bucket='fairlead-fairlead-tracking')['Contents']))"
    )
    keys = tracking.kubectl(
        "exec", "deploy/mlflow", "-n", NAMESPACE, "-c", "server", "--", "python3", "-c", listed
    )
    assert "note.txt" in keys
    assert "workspaces/team-a" in keys


@pytest.mark.usefixtures("run")
def test_each_tenant_sees_its_own_workspace(tracking: Stage) -> None:
    told = _log(tracking, "looks", "team-b", LOOK)
    assert "flowers" not in told
    assert "models []" in told


def test_it_answers_to_its_own_names_and_to_no_other(tracking: Stage) -> None:
    assert _status(tracking, HOSTS[0]).strip() == "200"
    assert _status(tracking, "evil.example.com").strip() == "403"


def test_the_database_takes_no_caller_without_tls(tracking: Stage) -> None:
    script = 'PGSSLMODE=disable psql -h 127.0.0.1 -U mlflow -d mlflow -c "select 1"'
    pod = f"{DATABASE.name}-1"
    told = tracking.kubectl(
        "exec", pod, "-n", NAMESPACE, "-c", "postgres", "--", "/bin/sh", "-c", script, check=False
    )
    assert "pg_hba.conf rejects connection" in told


def test_pods_of_tenants_do_not_reach_the_database(tracking: Stage) -> None:
    host = f"{DATABASE.name}-rw.{NAMESPACE}.svc"
    script = f"python3 -c \"import socket; socket.create_connection(('{host}', 5432), 5)\""
    job = tracking.submit(name="knocks", image=IMAGE, run=script, cpus="50m", memory="64Mi")
    assert tracking.finished(job) == "Failed"
    told = "\n".join(line.text for line in tracking.client.logs("team-a", "knocks"))
    assert "TimeoutError" in told or "ConnectionRefusedError" in told


def test_the_password_is_known_to_the_cluster_alone(tracking: Stage) -> None:
    secret = json.loads(
        tracking.kubectl("get", "secret", f"{DATABASE.name}-app", "-n", NAMESPACE, "-o", "json")
    )
    password = base64.b64decode(secret["data"]["password"]).decode()
    assert len(password) >= 32
    state = tracking.stack.run_dir / "pulumi" / "state"
    texts = [path.read_text() for path in state.rglob("*.json")]
    assert texts
    assert not any(password in text for text in texts)
    assert password not in tracking.kubectl("get", "pods,deployments,configmaps", "-A", "-o", "json")


def test_a_dump_is_made_by_the_clock_and_holds_what_was_kept(tracking: Stage, run: str) -> None:
    tracking.kubectl("create", "job", "now", "--from=cronjob/mlflow-db-dumps", "-n", NAMESPACE)
    _ended(tracking, "now")
    made = json.loads(tracking.kubectl("get", "job", "now", "-n", NAMESPACE, "-o", "json"))
    pod = made["spec"]["template"]["spec"]
    pod["containers"][0]["command"] = [
        "/bin/sh",
        "-c",
        "pg_restore --data-only --table=metrics --file=- /dumps/*.dump",
    ]
    template = {"metadata": {"labels": {"app.kubernetes.io/name": "mlflow-db-dumps"}}, "spec": pod}
    tracking.apply(
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "reads", "namespace": NAMESPACE},
            "spec": {"backoffLimit": 0, "template": template},
        }
    )
    _ended(tracking, "reads")
    assert run in tracking.kubectl("logs", "job/reads", "-n", NAMESPACE)


def test_what_was_kept_outlives_every_pod(tracking: Stage, run: str) -> None:
    tracking.kubectl("delete", "pods", "--all", "-n", NAMESPACE, "--timeout=120s")
    until("the database is back", lambda: _ready(tracking, "cluster.postgresql.cnpg.io/mlflow-db"), 180)
    tracking.kubectl("rollout", "status", "deployment/mlflow", "-n", NAMESPACE, "--timeout=240s")
    assert sql(tracking, f"select count(*) from metrics where run_uuid = '{run}'") == ["3"]
    # Other tests keep models of this tenant beside it.
    assert re.search(r"^models \[.*'flowers'", _log(tracking, "again", "team-a", LOOK), re.MULTILINE)


def _ready(stage: Stage, name: str) -> bool:
    found: dict[str, Any] = json.loads(stage.kubectl("get", name, "-n", NAMESPACE, "-o", "json"))
    pods = stage.kubectl("get", "pods", "-n", NAMESPACE, "-l", "cnpg.io/cluster", "-o", "name")
    conditions = {one["type"]: one["status"] for one in found["status"]["conditions"]}
    return conditions["Ready"] == "True" and bool(pods.strip())


def _ended(stage: Stage, job: str) -> None:
    stage.kubectl("wait", "--for=condition=complete", f"job/{job}", "-n", NAMESPACE, "--timeout=120s")
