"""What `make bench-schedule` builds and sends: the product's own platform, and Jobs that its fence lets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead import labels
from fairlead.plan.model import PlatformPlan
from fairlead.plan.stack import plan_of
from fairlead.workload.nearness import pod_annotations
from schedule.alone import Alone, workload_object
from schedule.jobs import Job
from schedule.objects import job_object, run_for
from schedule.stage import ORDER, project
from schedule.table import doubts, goals, markdown, text
from schedule.variants import VARIANTS

GANG = Job("j1", "vc6ye", 4, 8, 3600.0, 7200.0)


def plan(tmp_path: Path, variant: str, nodes: int = 1000) -> PlatformPlan:
    stack = project(tmp_path, VARIANTS[variant], nodes)
    return plan_of(stack.folder, stack.name)


def gpus(quotas: Any) -> int:
    return sum(int(quota.nominal["nvidia.com/gpu"]) for quota in quotas)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_accelerator_is_somebodys_part(tmp_path: Path, variant: str) -> None:
    queues = plan(tmp_path, variant).queues
    assert sum(gpus(one.quotas) for one in queues.queues) == 8000
    assert gpus(queues.shared) == 0


def test_only_fixed_pools_forbid_borrowing(tmp_path: Path) -> None:
    for variant in VARIANTS:
        folder = tmp_path / variant
        folder.mkdir()
        borrows = {one.borrow for one in plan(folder, variant).queues.queues}
        assert borrows == {variant != "fixed"}


def test_only_a_pool_that_grows_is_not_placed_by_topology(tmp_path: Path) -> None:
    for variant in VARIANTS:
        folder = tmp_path / variant
        folder.mkdir()
        near = pod_annotations(plan(folder, variant).queues)["H100"]["near"]
        assert bool(near) == (variant != "growing")


def test_without_queues_nothing_of_the_queue_is_installed(tmp_path: Path) -> None:
    layers = {one.name: one.enabled for one in plan(tmp_path, "default").layers}
    assert not layers["queue"]
    assert layers["tenancy"]


def test_a_job_is_a_whole_gang_that_the_queue_lets_go() -> None:
    sent = job_object(GANG, 300.0, {"near": "rack"}, queued=True)
    assert sent["metadata"]["labels"] == {labels.QUEUE: "training"}
    assert sent["spec"]["suspend"]
    assert sent["spec"]["parallelism"] == sent["spec"]["completions"] == 4
    template = sent["spec"]["template"]
    assert template["metadata"]["annotations"] == {labels.RUN_FOR: "24000ms", "near": "rack"}
    assert template["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "8"


def test_without_a_queue_the_same_job_starts_at_once() -> None:
    queued = job_object(GANG, 300.0, {"near": "rack"}, queued=True)
    plain = job_object(GANG, 300.0, {"near": "rack"}, queued=False)
    assert not plain["spec"]["suspend"]
    assert "labels" not in plain["metadata"]
    assert plain["spec"]["template"]["spec"] == queued["spec"]["template"]["spec"]


def test_no_pod_runs_for_no_time() -> None:
    assert run_for(0.001, 300.0) == "1ms"
    assert run_for(450.0, 300.0) == "1500ms"


def test_kinds_are_applied_once_each() -> None:
    named = [kind for kinds in ORDER if kinds is not None for kind in kinds]
    assert len(named) == len(set(named))
    assert sum(kinds is None for kinds in ORDER) == 1


def test_the_table_has_the_same_lines_for_the_terminal_and_for_docs(results: Any) -> None:
    shown, written = text(results).splitlines(), markdown(results).splitlines()
    assert len(written) == len(shown) + 1
    for line, row in zip(shown[1:], written[2:], strict=True):
        assert line.split("  ")[0].strip() == row.split("|")[1].strip()


def test_figures_of_a_machine_that_did_not_keep_up_are_called_doubtful(results: Any) -> None:
    assert doubts(results) == []
    results[0].played.latest = 9.0
    results[1].played.settled = False
    late, unsettled = doubts(results)
    assert late.startswith("fairlead: a job was sent 9 s after its moment")
    assert unsettled.startswith("fixed: the jobs of the start still came up")


def test_goals_are_judged_by_the_variants_that_ran(results: Any) -> None:
    assert {what: reached for what, _, reached in goals(results)} == {
        "at least 40 admissions a second, jobs with their pods": False,
        "no partial gang": True,
        "at least 95 % allocated while work waits": False,
        "at least 3 times fewer idle GPU-hours than fixed pools": False,
    }
    assert goals(results[1:]) == []


def test_the_queues_own_pace_is_a_goal_of_its_own_where_it_was_measured(results: Any) -> None:
    results[0].played.alone = Alone(sent=900, admitted=880, a_second=55.0, best=80.0)
    what, seen, reached = goals(results)[0]
    assert what == "at least 40 admissions a second, workloads alone"
    assert (seen, reached) == ("55.0 (best ten seconds 80.0; 880 of 900)", True)
    assert "| admissions a second, workloads alone | 55 | - |" in markdown(results)


@pytest.mark.parametrize("word", ["near", "rack"])
def test_a_workload_alone_asks_for_what_the_job_asks_for(tmp_path: Path, word: str) -> None:
    near = pod_annotations(plan(tmp_path, "fairlead").queues)["H100"][word]
    made = workload_object(GANG, near)
    job = job_object(GANG, 1.0, near, queued=True)
    [pods] = made["spec"]["podSets"]
    assert pods["count"] == job["spec"]["parallelism"] == 4
    assert pods["template"]["spec"] == job["spec"]["template"]["spec"]
    assert made["spec"]["queueName"] == job["metadata"]["labels"][labels.QUEUE]
    [(note, level)] = near.items()
    assert pods["topologyRequest"] == {note.split("podset-")[1].split("-topology")[0]: level}


@pytest.fixture
def results() -> Any:
    from schedule.measure import Rules, day
    from schedule.record import Stay
    from schedule.replay import Played
    from schedule.story import Clock, stories
    from schedule.table import Result

    clock = Clock(0.0, 3600.0)
    job = Job("a", "t", 1, 8, 3600.0, 3600.0)
    told = stories([job], {"a": 1.0}, [Stay("a", 8, "n0", 1.0, 3.0, True)], clock, 10.0)
    figures = day(told, Rules(2, 10.0, 1.0, 0.1, 0.5))
    return [Result(Played(VARIANTS[name], told, clock), figures) for name in ("fairlead", "fixed")]
