"""PyTorch really trains on two workers, is killed, goes on from its checkpoint, and what comes of it is in MLflow."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from e2e.stage import ROOT, Stage, until
from e2e.tools.database import sql
from fairlead.workload.load import load_job
from fairlead.workload.model import TrainingJob

pytestmark = pytest.mark.e2e

EPOCHS = 150
SEEN = "select count(distinct step) from metrics where key = 'accuracy'"


@pytest.fixture(scope="module")
def told(tools: Stage) -> str:
    """What rank 0 of the example's job has printed in its last attempt: its other worker was killed before."""
    fields: dict[str, Any] = yaml.safe_load((ROOT / "examples" / "train-pytorch.yaml").read_text())
    fields["envs"]["EPOCHS"] = str(EPOCHS)
    fields["cpus"] = "150m"  # two of them beside the platform, on one small node
    job = load_job(fields, "train-pytorch.yaml")
    assert tools.client.submit(job).action == "created"
    until("some epochs are over", lambda: _epochs(tools) > 5, 240)
    victim = _worker(tools, job, 1)
    tools.kubectl("delete", "pod", victim, "-n", job.tenant, "--grace-period=0", "--force")
    phase = tools.finished(job, 400)
    lines = "\n".join(line.text for line in tools.client.logs(job.tenant, job.name))
    assert phase == "Succeeded", lines
    return lines


def _epochs(stage: Stage) -> int:
    run = "(select run_uuid from runs where name = 'train-pytorch')"
    return int(sql(stage, f"{SEEN} and run_uuid in {run}")[0])


def _worker(stage: Stage, job: TrainingJob, rank: int) -> str:
    names = [pod["metadata"]["name"] for pod in stage.pods(job)]
    [found] = [name for name in names if re.search(rf"-node-0-{rank}-", name)]
    return found


def test_it_goes_on_from_the_checkpoint(told: str) -> None:
    starts = {int(found) for found in re.findall(r"starts behind epoch (\d+)", told)}
    assert len(starts) == 1, "all workers start from the same checkpoint"
    [start] = starts
    assert 5 <= start < EPOCHS


def test_it_has_learnt(told: str) -> None:
    accuracies = [float(found) for found in re.findall(rf"epoch {EPOCHS}  loss \S+  accuracy (\S+)", told)]
    assert accuracies
    assert min(accuracies) > 0.9


@pytest.mark.usefixtures("told")
def test_every_epoch_of_both_attempts_is_in_one_run(tools: Stage) -> None:
    assert sql(tools, "select count(*) from runs where name = 'train-pytorch'") == ["1"]
    assert _epochs(tools) == EPOCHS


def test_the_model_is_registered_with_the_run_that_made_it(tools: Stage, told: str) -> None:
    found = re.search(r"registered plane version 1 of run ([0-9a-f]{32})", told)
    assert found, told
    kept = sql(tools, "select workspace, version, run_id from model_versions where name = 'plane'")
    assert kept == [f"team-a|1|{found[1]}"]
