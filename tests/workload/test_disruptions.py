"""A job whose nodes are taken away: it is told, has time to save, starts again whole, and nothing is counted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from controller_objects import job_set, train_job

from fairlead.errors import InputError
from fairlead.workload import state
from fairlead.workload.load import load_job
from fairlead.workload.model import RESTARTS
from fairlead.workload.render import render
from fairlead.workload.runtime import GRACE_SECONDS, LAUNCHER, SHELL, STOPPED, runtimes

JOB = {"kind": "TrainingJob", "name": "small", "tenant": "team-a", "image": "fairlead.dev/a:1", "run": "true"}
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a PID namespace")


def pod_of(runtime: dict[str, Any]) -> dict[str, Any]:
    (part,) = runtime["spec"]["template"]["spec"]["replicatedJobs"]
    return part["template"]["spec"]["template"]["spec"]


def patch_of(**checkpoint: Any) -> dict[str, Any]:
    job = load_job({**JOB, "checkpoint": {"claim": "saved", **checkpoint}}, "test")
    (patch,) = render(job)[-1]["spec"]["runtimePatches"]
    (part,) = patch["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"]
    return part["template"]["spec"]["template"]["spec"]


def test_no_runtime_counts_a_pod_that_was_taken_away_and_every_one_counts_a_pod_that_failed() -> None:
    made = runtimes()
    assert len(made) >= len(RESTARTS)
    for one in made:
        sets = one["spec"]["template"]["spec"]
        (rule,) = sets["failurePolicy"]["rules"]
        assert rule["action"] == "RestartJobSetAndIgnoreMaxRestarts"
        assert rule["onJobFailureReasons"] == ["PodFailurePolicy"], (
            "a failure is BackoffLimitExceeded: not listed"
        )
        (part,) = sets["replicatedJobs"]
        job = part["template"]["spec"]
        conditions = [
            r["onPodConditions"] for r in job["podFailurePolicy"]["rules"] if "onPodConditions" in r
        ]
        codes = [r["onExitCodes"]["values"] for r in job["podFailurePolicy"]["rules"] if "onExitCodes" in r]
        assert conditions == [[{"type": "DisruptionTarget", "status": "True"}]]
        assert codes == [[STOPPED]]
        assert job["backoffLimit"] == 0
        assert {r["action"] for r in job["podFailurePolicy"]["rules"]} == {"FailJob"}


def test_pods_have_the_platforms_time_to_stop_and_a_job_its_own() -> None:
    assert {pod_of(one)["terminationGracePeriodSeconds"] for one in runtimes()} == {GRACE_SECONDS}
    assert {pod_of(one)["terminationGracePeriodSeconds"] for one in runtimes(grace_seconds=300)} == {300}
    assert "terminationGracePeriodSeconds" not in patch_of()
    assert patch_of(grace="5m")["terminationGracePeriodSeconds"] == 300


@pytest.mark.parametrize("grace", ["0s", "2h", "long"])
def test_a_time_to_stop_that_nobody_would_wait_for_is_refused(grace: str) -> None:
    with pytest.raises(InputError) as refusal:
        load_job({**JOB, "checkpoint": {"claim": "saved", "grace": grace}}, "test")
    assert [problem.where for problem in refusal.value.problems] == ["job.checkpoint.grace"]


def test_what_was_taken_away_is_told_apart_from_what_failed() -> None:
    found = job_set(restarts=5)
    found["status"]["restartsCountTowardsMax"] = 2
    seen = state.derive(train_job(), None, found, [])
    assert (seen.restarts, seen.disruptions) == (2, 3)


def _run(script: str, stop_after: str) -> tuple[str, int]:
    """A container whose process 1 is the launcher: output and exit code, told to stop after a line."""
    inside = ["unshare", "--pid", "--fork", "--kill-child", SHELL, "-c", LAUNCHER, SHELL, script]
    box = subprocess.Popen(inside, stdout=subprocess.PIPE, text=True)
    assert box.stdout is not None
    if stop_after:
        assert box.stdout.readline() == f"{stop_after}\n"
        (shell,) = Path(f"/proc/{box.pid}/task/{box.pid}/children").read_text().split()
        os.kill(int(shell), 15)
    rest = box.stdout.read()
    return rest, box.wait(timeout=20)


@ROOT
def test_a_program_that_saves_and_ends_well_when_told_to_stop_has_not_succeeded() -> None:
    saves = "import signal,sys,time\nsignal.signal(signal.SIGTERM, lambda *_: (print('saved'), sys.exit(0)))"
    run = f'exec python3 -uc "{saves}\nprint(1)\ntime.sleep(60)"'
    assert _run(run, "1") == ("saved\n", STOPPED)


@ROOT
@pytest.mark.parametrize("code", [0, 3])
def test_a_program_that_nobody_stops_ends_with_its_own_code(code: int) -> None:
    assert _run(f"exit {code}", "") == ("", code)


@ROOT
def test_a_program_that_fails_while_it_is_told_to_stop_keeps_its_code() -> None:
    fails = "import signal,sys,time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))"
    run = f'exec python3 -uc "{fails}\nprint(1)\ntime.sleep(60)"'
    assert _run(run, "1") == ("", 7)
