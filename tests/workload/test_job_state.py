"""What a job is doing, from what the controllers have written."""

from __future__ import annotations

from typing import Any

import pytest
from controller_objects import condition, job_set, pod, train_job, workload
from job_samples import job

from fairlead import labels
from fairlead.workload.state import derive

ASKED = workload(condition("QuotaReserved"))
ASKED["status"]["admissionChecks"] = [{"name": "h100-flex", "state": "Pending", "message": "ETA: 2 h"}]
ADMITTED = (condition("QuotaReserved"), condition("Admitted"))
TWO = job(num_nodes=2)
SHORT = "insufficient unused quota for nvidia.com/gpu in flavor h100, 8 more needed"
EVICTED = condition("Evicted", message="Preempted to accommodate a workload", reason="Preempted")


@pytest.mark.parametrize(
    ("of", "queue", "pods", "restarts", "phase", "words"),
    [
        (train_job(), None, [], 0, "Queued", "not taken it in yet"),
        (train_job(), workload(), [], 0, "Queued", "waiting for its turn"),
        (train_job(), workload(condition("QuotaReserved", "False", SHORT)), [], 0, "Queued", "8 more needed"),
        (
            train_job(),
            workload(condition("QuotaReserved", "False", "Preempted to make room"), EVICTED),
            [],
            0,
            "Preempted",
            "to accommodate a workload",
        ),
        (train_job(), ASKED, [], 0, "Queued", "its nodes are asked for: ETA: 2 h"),
        (train_job(), workload(EVICTED, active=False), [], 0, "Suspended", "accommodate"),
        (train_job(TWO), workload(*ADMITTED), [], 0, "Starting", "0 of 2 pods run"),
        (train_job(TWO), workload(*ADMITTED), [pod(0), pod(1, "Pending")], 0, "Starting", "1 of 2 pods run"),
        (train_job(TWO), workload(*ADMITTED), [pod(0), pod(1)], 0, "Running", ""),
        (train_job(TWO), workload(*ADMITTED), [pod(0, "Succeeded"), pod(1)], 0, "Running", ""),
        (train_job(TWO), workload(*ADMITTED), [], 1, "Restarting", "attempt 2"),
        (train_job(TWO, condition("Complete")), workload(*ADMITTED), [], 0, "Succeeded", ""),
        (
            train_job(TWO, condition("Failed", message="jobset failed")),
            workload(),
            [pod(1, "Failed")],
            2,
            "Failed",
            "rank 1 ended with exit code 1; jobset failed",
        ),
        (
            train_job(TWO, condition("Failed", message="TrainJob exceeded its active deadline")),
            workload(),
            [],
            0,
            "Failed",
            "exceeded its active deadline",
        ),
    ],
)
def test_phase_and_reason(
    of: dict[str, Any],
    queue: dict[str, Any] | None,
    pods: list[dict[str, Any]],
    restarts: int,
    phase: str,
    words: str,
) -> None:
    state = derive(of, queue, job_set(restarts), pods)
    assert state.phase == phase
    assert words in state.reason
    assert bool(words) == bool(state.reason)
    assert state.restarts == restarts


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (
            '{"said": "idle for 2h: fairlead resume team-a/small"}',
            "idle for 2h: fairlead resume team-a/small",
        ),
        ("broken", "accommodate"),
        ("[]", "accommodate"),
        ("{}", "accommodate"),
    ],
)
def test_why_accelerators_were_taken_back_is_told_while_the_job_is_suspended(note: str, words: str) -> None:
    out = workload(EVICTED, active=False)
    out["metadata"]["annotations"] = {labels.RECLAIMED: note}
    state = derive(train_job(), out, None, [])
    assert state.phase == "Suspended"
    assert words in state.reason
    out["spec"]["active"] = True
    assert derive(train_job(), out, None, []).phase == "Preempted"


def test_an_image_that_cannot_be_pulled_is_named() -> None:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": 'failed to pull "example.com/train:1"'}}
    state = derive(train_job(), workload(*ADMITTED), None, [pod(0, "Pending", waiting)])
    assert state.reason == 'rank 0: ErrImagePull: failed to pull "example.com/train:1"'


def test_memory_shortage_is_named() -> None:
    killed = pod(0, "Failed", {"terminated": {"exitCode": 137, "reason": "OOMKilled"}})
    state = derive(train_job(TWO, condition("Failed", message="m")), workload(), None, [killed])
    assert state.reason == "rank 0 ended with exit code 137 (OOMKilled); m"


def test_a_job_that_is_being_deleted_is_stopping() -> None:
    leaving = train_job(TWO, condition("Complete"))
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:01:00Z"
    assert derive(leaving, workload(*ADMITTED), None, []).phase == "Stopping"


def test_counts_come_from_pods_job_set_and_queue() -> None:
    leaving = pod(2)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:01:00Z"
    of = train_job(job(num_nodes=3, accelerators="H100:8"))
    state = derive(of, workload(*ADMITTED, evictions=4), job_set(2), [pod(0), pod(1), leaving])
    assert (state.running, state.pods, state.restarts, state.evictions) == (2, 3, 2, 4)
    assert state.accelerators == "8 nvidia.com/gpu"
    assert not state.finished
