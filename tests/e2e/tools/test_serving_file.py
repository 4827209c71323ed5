"""A model file: `fairlead serve` makes an endpoint of it, shares calls out by weight, lets it sleep and wakes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.stage import Stage, fairlead, until
from e2e.tools.flowers import SETOSA, VIRGINICA, trained
from e2e.tools.web import DOMAIN, Web, web
from fairlead.catalog import lock
from fairlead.plan.tracking_model import IMAGE as MLFLOW
from fairlead.workload.serve_state import SERVICE_LABEL

pytestmark = pytest.mark.e2e

TENANT, NAME = "team-a", "tulips"
HOST, PATH = f"{NAME}.{TENANT}.{DOMAIN}", f"/v1/models/{NAME}:predict"
BOTH = {"instances": [SETOSA, VIRGINICA]}
SMALL = {"cpus": "50m", "memory": "512Mi"}
"""Of the real node's two cores the layers ask for more than one."""
REGISTER = """\
python3 - <<'END'
import boto3, mlflow
from mlflow import MlflowClient
boto3.client("s3").download_file("fairlead-team-a", "models/flowers/1/model.joblib", "/tmp/model.joblib")
mlflow.set_experiment("tulips")
with mlflow.start_run() as run:
    mlflow.log_artifact("/tmp/model.joblib", "model")
client = MlflowClient()
client.create_registered_model("tulips")
made = client.create_model_version("tulips", f"{run.info.artifact_uri}/model", run.info.run_id)
client.set_registered_model_alias("tulips", "champion", made.version)
END
"""


def at(version: int) -> str:
    return f"s3://fairlead-team-a/models/flowers/{version}"


@pytest.fixture(scope="module")
def stage(tools: Stage) -> Iterator[Stage]:
    """A platform on which a job has trained two versions; what is served there in the end goes with the tests."""
    trained(tools, "train-tulips")
    yield tools
    fairlead(tools.stack.project, "unserve", f"{TENANT}/{NAME}", "-s", tools.stack.name)


@pytest.fixture
def door(stage: Stage) -> Iterator[Web]:
    with web(stage) as found:
        yield found


def served(stage: Stage, folder: Path, **words: Any) -> str:
    """What `fairlead serve` prints of a file with these words."""
    base = {"kind": "Model", "name": NAME, "tenant": TENANT, "format": "sklearn", **SMALL}
    file = folder / "model.yaml"
    file.write_text(yaml.safe_dump({**base, **words}))
    told = stage.fairlead("serve", "-f", str(file), "--timeout", "4m")
    print(told)
    return told


def predictions(door: Web) -> list[int]:
    """What is answered, as soon as something is."""

    def asked() -> list[int]:
        answer = door.call(HOST, PATH, BOTH)
        return answer.json["predictions"] if answer.status == 200 else []

    return until("a prediction is answered", asked, 90)


def running(stage: Stage, version: str) -> int:
    chosen = f"{SERVICE_LABEL}={NAME}-{version}"
    found = json.loads(stage.kubectl("get", "pods", "-n", TENANT, "-l", chosen, "-o", "json"))["items"]
    return sum(pod["status"].get("phase") == "Running" for pod in found)


def listed(stage: Stage) -> list[dict[str, Any]]:
    """The versions, as `fairlead models` tells of them."""
    found = json.loads(stage.fairlead("models", "-t", TENANT, "-o", "json"))
    return next((one["versions"] for one in found if one["name"] == NAME), [])


def test_a_file_becomes_an_endpoint_that_answers(stage: Stage, door: Web, tmp_path: Path) -> None:
    told = served(stage, tmp_path, uri=at(1))
    assert f"{TENANT}/{NAME} version {NAME}-1 created" in told
    assert f"{TENANT}/{NAME} served at https://{HOST}: 1 1" in told
    assert predictions(door) == [0, 2]
    [version] = listed(stage)
    assert (version["ready"], version["running"], version["weight"]) == (True, 1, 1)
    assert f"https://{HOST}" in stage.fairlead("models")


def test_the_same_file_again_changes_nothing(stage: Stage, tmp_path: Path) -> None:
    told = served(stage, tmp_path, uri=at(1))
    assert {line.split()[-1] for line in told.splitlines()[:-1]} == {"unchanged"}


def test_a_second_version_gets_calls_by_its_weight_once_it_is_ready(
    stage: Stage, door: Web, tmp_path: Path
) -> None:
    versions = {"1": {"uri": at(1), "weight": 70}, "2": {"uri": at(2), "weight": 30}}
    told = served(stage, tmp_path, versions=versions)
    assert f"{TENANT}/{NAME} version {NAME}-1 unchanged" in told
    assert f"{TENANT}/{NAME} version {NAME}-2 created" in told
    assert f"{TENANT}/{NAME} route {NAME} changed" in told
    route = json.loads(stage.kubectl("get", "httproute", NAME, "-n", TENANT, "-o", "json"))
    [rule] = route["spec"]["rules"]
    assert {one["name"]: one["weight"] for one in rule["backendRefs"]} == {
        f"{NAME}-1-predictor": 70,
        f"{NAME}-2-predictor": 30,
    }
    until("the second is called", lambda: predictions(door) == [2, 2], 60)
    found = [predictions(door) for _ in range(100)]
    assert 14 <= found.count([2, 2]) <= 48
    assert found.count([0, 2]) + found.count([2, 2]) == 100


def test_a_version_that_the_file_lacks_goes_and_one_of_the_registry_comes(
    stage: Stage, door: Web, tmp_path: Path
) -> None:
    image = lock.images()[MLFLOW].reference
    job = stage.submit(name="register-tulips", image=image, run=REGISTER, cpus="200m", memory="768Mi")
    assert stage.finished(job, 240) == "Succeeded", [
        str(line) for line in stage.client.logs(TENANT, job.name)
    ]
    told = served(stage, tmp_path, versions={"reg": {"uri": f"models:/{NAME}@champion"}})
    assert f"{TENANT}/{NAME} version {NAME}-2 removed" in told
    # What is deleted is listed until its pods have ended.
    until("only that of the registry is left", lambda: [one["name"] for one in listed(stage)] == ["reg"], 90)
    assert predictions(door) == [0, 2]


def daily(start: timedelta, end: timedelta) -> dict[str, Any]:
    """A schedule from one time to another, both seen from now."""
    now = datetime.now(UTC)
    return {
        word: f"{(now + away).minute} {(now + away).hour} * * *"
        for word, away in (("start", start), ("end", end))
    }


def test_it_sleeps_when_nobody_wants_it_and_wakes_at_its_time(
    stage: Stage, door: Web, tmp_path: Path
) -> None:
    scale: dict[str, Any] = {"min": 0, "max": 1, "idle_after": "5s"}
    later = daily(timedelta(hours=6), timedelta(hours=7))
    told = served(stage, tmp_path, uri=at(1), scale={**scale, "schedule": later})
    assert f"{TENANT}/{NAME} scale {NAME}-1 created" in told
    until("it sleeps", lambda: running(stage, "1") == 0, 120)
    [version] = listed(stage)
    assert (version["ready"], version["running"]) == (True, 0)
    assert door.call(HOST, PATH, BOTH).status >= 500

    now = daily(timedelta(hours=-1), timedelta(hours=6))
    told = served(stage, tmp_path, uri=at(1), scale={**scale, "schedule": now})
    assert f"{TENANT}/{NAME} scale {NAME}-1 changed" in told
    until("it wakes", lambda: running(stage, "1") == 1, 120)
    assert predictions(door) == [0, 2]


def test_who_takes_the_scale_away_gets_a_fixed_number(stage: Stage, tmp_path: Path) -> None:
    told = served(stage, tmp_path, uri=at(1))
    assert f"{TENANT}/{NAME} scale {NAME}-1 removed" in told
    assert stage.objects("scaledobjects", TENANT) == []
    until("one runs", lambda: running(stage, "1") == 1, 60)


def test_a_model_that_ends_leaves_nothing(stage: Stage) -> None:
    told = stage.fairlead("unserve", f"{TENANT}/{NAME}")
    assert f"{TENANT}/{NAME} version {NAME}-1 removed" in told
    until("nothing is listed", lambda: listed(stage) == [], 90)
    until("its pods are gone", lambda: running(stage, "1") == 0, 90)
    again = fairlead(stage.stack.project, "unserve", f"{TENANT}/{NAME}", "-s", stage.stack.name)
    assert (again.returncode, "has no model tulips" in again.stderr) == (1, True)
