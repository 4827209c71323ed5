"""Idle accelerators: a job that holds eight and uses none loses them to another tenant's, one that uses them is spared.

The accelerators are simulated and have no exporter: a pod of this test speaks its words, and says what a test tells it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from e2e.stage import Stage, throughout, until
from e2e.tools.exporter import dcgm, speaking
from fairlead import labels, series
from fairlead.layers.monitoring.place import NAMESPACE, PORT, RECLAIMER, SERVICE
from fairlead.workload.model import TrainingJob

pytestmark = pytest.mark.e2e

LIMIT = 60
"""Seconds: `layers.monitoring.idle.after` of the stack."""
PATIENCE = 120
"""What two programs take that look every few seconds, on a busy machine; beside the limit."""
Say = Callable[[TrainingJob, Sequence[int]], None]
"""Of a job, how much each of its accelerators is used from now on, in percent; of others nothing is told."""


@pytest.fixture(scope="module")
def say(tools: Stage) -> Iterator[Say]:
    """Says what the exporter says from now on."""
    with speaking(tools) as tell:

        def told(job: TrainingJob, use: Sequence[int]) -> None:
            [pod] = tools.running(job)
            tell(dcgm(pod, use))

        yield told


@pytest.fixture(scope="module")
def figure(tools: Stage) -> Iterator[Callable[[str], float]]:
    """What Prometheus has for a query of one value; -1 for nothing."""
    with tools.forwarded(NAMESPACE, SERVICE, PORT) as port:

        def asked(query: str) -> float:
            address = f"http://127.0.0.1:{port}/api/v1/query?query={quote(query)}"
            with urlopen(address, timeout=10) as answer:
                found = json.load(answer)["data"]["result"]
            return float(found[0]["value"][1]) if found else -1

        yield asked


@pytest.fixture(scope="module")
def jobs(tools: Stage, say: Say) -> Iterator[tuple[TrainingJob, TrainingJob]]:
    """One tenant's job on all eight accelerators, and another's that waits for them."""
    holds = tools.submit(name="holds-eight", accelerators="H100:8", run_for="7200s")
    until("it runs", lambda: tools.phase(holds) == "Running", 180)
    waits = tools.submit(name="wants-eight", tenant="team-b", accelerators="H100:8", run_for="7200s")
    yield holds, waits
    for job in (holds, waits):
        if job.name in tools.fairlead("list", "-t", job.tenant):
            tools.client.cancel(job.tenant, job.name)


def idle(job: TrainingJob, how: str = "min") -> str:
    return f'{how}({series.ACCELERATOR_IDLE}{{namespace="{job.tenant}",training_job="{job.name}"}})'


def line_of(tools: Stage, job: TrainingJob, *command: str) -> str:
    found = [line for line in tools.fairlead(*command).splitlines() if job.name in line]
    return found[0] if found else ""


def active(tools: Stage, job: TrainingJob) -> bool:
    [workload] = tools.workloads_of(job.name, job.tenant)
    return workload["spec"].get("active", True)


def events(tools: Stage, job: TrainingJob, reason: str) -> list[str]:
    chosen = f"reason={reason},involvedObject.name={job.name}"
    found = tools.kubectl("get", "events", "-n", job.tenant, "--field-selector", chosen, "-o", "json")
    return [one["message"] for one in json.loads(found)["items"]]


def test_the_reclaimer_is_healthy_and_is_asked(tools: Stage, figure: Callable[[str], float]) -> None:
    [line] = [one for one in tools.fairlead("status").splitlines() if one.startswith("monitoring")]
    assert "healthy" in line
    assert RECLAIMER in tools.kubectl("get", "deployments", "-n", NAMESPACE, "-o", "name")
    until("it is asked", lambda: figure(f'up{{job="{NAMESPACE}/{RECLAIMER}"}}') == 1, PATIENCE)


def test_while_nobody_tells_of_accelerators_nothing_is_taken(
    tools: Stage, jobs: tuple[TrainingJob, TrainingJob]
) -> None:
    holds, waits = jobs
    throughout("the other waits", lambda: tools.phase(waits) == "Queued", 5)
    assert active(tools, holds)


def test_who_holds_eight_and_uses_none_loses_them_to_who_waits_and_all_can_see_why(
    tools: Stage, jobs: tuple[TrainingJob, TrainingJob], say: Say, figure: Callable[[str], float]
) -> None:
    holds, waits = jobs
    say(holds, [0] * 8)
    began = time.monotonic()
    until("they are seen idle", lambda: figure(idle(holds)) >= 10, 3 * PATIENCE)
    shown = line_of(tools, holds, "idle", "--over", "5s")
    assert "team-a" in shown
    assert "8 of 8 H100" in shown
    warned = until("its sender is told", lambda: events(tools, holds, "AcceleratorsIdle"), LIMIT + PATIENCE)
    assert "unless it uses them" in warned[0]
    until("it is suspended", lambda: not active(tools, holds), LIMIT + PATIENCE)
    assert time.monotonic() - began >= LIMIT - 1, "it did not wait for the limit"
    until("the other tenant's runs", lambda: tools.phase(waits) == "Running", PATIENCE)
    say(waits, [97] * 8)

    [workload] = tools.workloads_of(holds.name, holds.tenant)
    note = json.loads(workload["metadata"]["annotations"][labels.RECLAIMED])
    assert (note["policy"], note["accelerators"], note["limit_seconds"]) == ("suspend", 8, LIMIT)
    assert note["idle_seconds"] >= LIMIT
    why = "all 8 accelerators of team-a/holds-eight on"
    assert why in note["said"]
    assert [one for one in events(tools, holds, "Reclaimed") if why in one]
    listed = line_of(tools, holds, "list")
    assert "Suspended" in listed
    assert "fairlead resume team-a/holds-eight" in listed
    logged = [
        json.loads(one)
        for one in tools.kubectl("logs", f"deployment/{RECLAIMER}", "-n", NAMESPACE).splitlines()
    ]
    assert [one["owner"] for one in logged if one["what"] == "reclaimed"] == ["TrainJob holds-eight"]
    assert [one for one in logged if one["what"] == "failed" and "403" in one["why"]] == []
    counted = f'{series.RECLAIMS}{{exported_namespace="team-a"}}'
    until("it is counted", lambda: figure(counted) == 1, PATIENCE)


def test_who_uses_one_of_eight_is_spared(
    tools: Stage, jobs: tuple[TrainingJob, TrainingJob], say: Say, figure: Callable[[str], float]
) -> None:
    _, waits = jobs
    say(waits, [97, *[0] * 7])
    until(
        "seven have been idle for longer than the limit",
        lambda: figure(idle(waits, "max")) >= LIMIT + 20,
        LIMIT + PATIENCE,
    )
    assert figure(idle(waits)) < LIMIT / 2
    assert active(tools, waits)
    assert tools.phase(waits) == "Running"


def test_who_was_suspended_goes_on_when_somebody_says_so_and_may_then_be_kept(
    tools: Stage, jobs: tuple[TrainingJob, TrainingJob], say: Say, figure: Callable[[str], float]
) -> None:
    holds, waits = jobs
    assert "waits in its queue again" in tools.fairlead("resume", "team-a/holds-eight")
    until("it waits", lambda: tools.phase(holds) == "Queued", PATIENCE)
    [workload] = tools.workloads_of(holds.name, holds.tenant)
    assert labels.RECLAIMED not in workload["metadata"].get("annotations", {})
    tools.client.cancel(waits.tenant, waits.name)
    until("it runs again", lambda: tools.phase(holds) == "Running", PATIENCE)
    tools.fairlead("keep", "team-a/holds-eight", "--for", "1h")
    say(holds, [0] * 8)
    until("it has idled for longer", lambda: figure(idle(holds)) >= LIMIT + 15, LIMIT + 2 * PATIENCE)
    throughout("it is kept", lambda: active(tools, holds), 15)


def test_its_rights_are_enough_and_end_with_what_it_does(tools: Stage) -> None:
    account = f"system:serviceaccount:{NAMESPACE}:{RECLAIMER}"

    def may(*wish: str) -> bool:
        said = tools.kubectl("auth", "can-i", *wish, f"--as={account}", check=False)
        return said.strip().startswith("yes")

    for wish in (("list", "pods"), ("patch", "workloads.kueue.x-k8s.io"), ("create", "events")):
        assert may(*wish, "-n", "team-a"), wish
        assert not may(*wish, "-n", "kube-system"), wish
    for wish in (
        ("delete", "trainjobs.trainer.kubeflow.org"),
        ("delete", "pods"),
        ("get", "secrets"),
        ("create", "pods"),
        ("patch", "trainjobs.trainer.kubeflow.org"),
    ):
        assert not may(*wish, "-n", "team-a"), wish
