"""The figures of `make bench-schedule`, on days that can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from schedule.jobs import Job
from schedule.measure import Rules, day, fragmentation, presence, usage
from schedule.rates import rates
from schedule.record import Heard, Stay
from schedule.story import Clock, Span, Story, stories

CLOCK = Clock(began=1000.0, factor=3600.0)
"""One second of the machine is one hour of the trace."""
RULES = Rules(nodes=2, hours=10.0, idle_after=1.0, short=0.1, partial_after=0.5, samples=100)


def stay(job: str, node: str, bound: float, ended: float, gpus: int = 8, done: bool = True) -> Stay:
    """A pod's stay, in hours of the day; ended 0: it still runs."""
    return Stay(job, gpus, node, 1000 + bound, 1000 + ended if ended else 0.0, done)


def told(jobs: Sequence[Job], sent: dict[str, float], stays: Sequence[Stay]) -> list[Story]:
    moments = {name: 1000 + hour for name, hour in sent.items()}
    return stories(jobs, moments, stays, CLOCK, RULES.hours)


def job(name: str, pods: int = 1, gpus: int = 8, sent: float = 1.0, hours: float = 2.0) -> Job:
    return Job(name, "team", pods, gpus, sent * 3600, hours * 3600)


def test_a_gang_that_comes_up_in_two_steps_is_partial_in_between_and_holds_in_vain() -> None:
    stays = [stay("a", "n0", 2, 5), stay("a", "n1", 3, 6)]
    [story] = told([job("a", pods=2)], {"a": 1}, stays)
    assert story.whole == 3
    assert story.partial == (Span(2, 3),)
    assert story.waiting == (Span(1, 3),)
    assert story.held_in_vain == 8
    assert day([story], RULES).partial_gangs == 1


def test_a_gang_that_comes_up_quickly_is_no_partial_one() -> None:
    [story] = told([job("a", pods=2)], {"a": 1}, [stay("a", "n0", 2, 5), stay("a", "n1", 2.2, 5)])
    assert day([story], RULES).partial_gangs == 0


def test_pods_that_end_one_after_the_other_make_no_gang_partial() -> None:
    [story] = told([job("a", pods=2)], {"a": 1}, [stay("a", "n0", 2, 5), stay("a", "n1", 2, 8)])
    assert story.partial == ()


def test_a_gang_of_which_only_a_part_ever_finds_a_place_is_partial_though_that_part_has_run() -> None:
    [story] = told([job("a", pods=2)], {"a": 1}, [stay("a", "n0", 2, 4)])
    assert story.whole is None
    assert story.partial == (Span(2, 10),)
    assert story.held_in_vain == 16


def test_an_evicted_job_waits_again_and_its_work_counts_as_done_twice() -> None:
    stays = [stay("a", "n0", 1, 3, done=False), stay("a", "n0", 5, 7)]
    [story] = told([job("a")], {"a": 1}, stays)
    assert story.waiting == (Span(3, 5),)
    figures = day([story], RULES)
    assert figures.repeated == 16
    assert figures.useful == 16
    assert figures.finished == 1


def test_a_job_that_runs_at_the_end_counts_as_useful_up_to_then() -> None:
    [story] = told([job("a", hours=100)], {"a": 1}, [stay("a", "n0", 4, 0)])
    figures = day([story], RULES)
    assert figures.useful == 48
    assert figures.repeated == 0
    assert figures.finished == 0
    assert figures.allocation == pytest.approx(48 / 160)


def test_an_empty_node_is_there_for_as_long_as_idle_nodes_are_kept_and_no_longer() -> None:
    [story] = told([job("a")], {"a": 1}, [stay("a", "n0", 2, 4)])
    figures = day([story], RULES)
    assert figures.idle_hours == pytest.approx(8 * 1)
    assert figures.idle_always_on == pytest.approx(160 - 16)


def test_a_gap_shorter_than_that_keeps_the_node() -> None:
    stays = [stay("a", "n0", 2, 4), stay("b", "n0", 4.5, 6)]
    both = told([job("a"), job("b")], {"a": 1, "b": 1}, stays)
    steps = usage([one for story in both for one in story.placed])["n0"]
    assert presence(steps, RULES) == [Span(2, 7)]


def test_a_node_that_was_in_use_before_the_day_begins_is_there_from_its_start() -> None:
    [story] = told([job("a", sent=0)], {"a": -2}, [stay("a", "n0", -1, 4)])
    steps = usage(story.placed)["n0"]
    assert presence(steps, RULES) == [Span(0, 5)]
    assert day([story], RULES).allocation == pytest.approx(32 / 160)


def test_nodes_that_stay_are_idle_whenever_nothing_runs_there() -> None:
    [story] = told([job("a")], {"a": 1}, [stay("a", "n0", 2, 4)])
    always = Rules(2, 10.0, None, 0.1, 0.5, 100)
    assert day([story], always).idle_hours == pytest.approx(160 - 16)


def test_allocation_while_work_waits_counts_only_those_moments() -> None:
    """a has one of two nodes from 1 to 9; b, which needs both, waits from 3 on and is never placed."""
    both = told([job("a", sent=1), job("b", pods=2, sent=3)], {"a": 1, "b": 3}, [stay("a", "n0", 1, 9)])
    figures = day(both, RULES)
    assert figures.queued_share == pytest.approx(0.69, abs=0.02)
    assert figures.allocation_queued == pytest.approx(0.5 * 59 / 69, abs=0.02)
    assert figures.waits["16 to 32 GPUs"]["never"] == 1
    assert figures.waits["16 to 32 GPUs"]["p50"] == pytest.approx(7 * 60)


def test_waits_are_told_of_jobs_that_are_sent_that_day_only() -> None:
    both = told(
        [job("a", sent=0), job("b", sent=2)],
        {"a": -1, "b": 2},
        [stay("a", "n0", -0.5, 4), stay("b", "n1", 2.5, 4)],
    )
    assert day(both, RULES).waits["8 GPUs"] == {"p50": 30.0, "p95": 30.0, "p99": 30.0, "jobs": 1, "never": 0}


def test_free_gpus_are_fragments_for_the_pods_that_need_more_of_a_node() -> None:
    assert fragmentation([3, 5, 0], {8: 1.0}) == 8
    assert fragmentation([3, 5], {4: 0.5, 1: 0.5}) == pytest.approx(1.5)
    assert fragmentation([8, 8], {8: 1.0}) == 0


def test_jobs_that_were_never_sent_have_no_story() -> None:
    assert told([job("a"), job("b")], {"a": 1}, []) == told([job("a")], {"a": 1}, [])


def test_rates_are_of_the_whole_time_and_of_its_best_ten_seconds() -> None:
    slow = [f"2026-11-28T19:00:{second:02d}Z" for second in range(20)]
    fast = [f"2026-11-28T19:00:{second:02d}Z" for second in range(20, 30) for _ in range(50)]
    assert rates([*slow, *fast]) == (pytest.approx(520 / 30), 50)
    assert rates([]) == (0.0, 0.0)
    assert rates(["2026-11-28T19:00:00Z"]) == (1.0, 1.0)


def pod(uid: str, node: str = "", phase: str = "Pending") -> dict[str, object]:
    box = {"resources": {"limits": {"nvidia.com/gpu": "4"}}}
    meta = {"uid": uid, "labels": {"batch.kubernetes.io/job-name": "a"}}
    spec = {"containers": [box], **({"nodeName": node} if node else {})}
    return {"metadata": meta, "spec": spec, "status": {"phase": phase}}


def test_a_pods_stay_is_from_when_it_is_bound_until_it_ends_or_is_gone() -> None:
    heard = Heard()
    heard.pod("ADDED", pod("1"), 1)
    heard.pod("MODIFIED", pod("1", "n0"), 2)
    heard.pod("MODIFIED", pod("1", "n0", "Running"), 3)
    heard.pod("MODIFIED", pod("1", "n0", "Succeeded"), 5)
    heard.pod("DELETED", pod("1", "n0", "Succeeded"), 9)
    heard.pod("ADDED", pod("2", "n1"), 4)
    heard.pod("DELETED", pod("2", "n1", "Running"), 6)
    assert heard.stays == {"1": Stay("a", 4, "n0", 2, 5, True), "2": Stay("a", 4, "n1", 4, 6, False)}


def test_the_first_admission_of_a_workload_counts_and_all_of_its_evictions() -> None:
    heard = Heard()

    def workload(moment: str, evictions: int) -> dict[str, object]:
        admitted = {"type": "Admitted", "status": "True", "lastTransitionTime": moment}
        counts = [{"reason": "Preempted", "count": evictions}]
        return {
            "metadata": {"uid": "1"},
            "status": {"conditions": [admitted], "schedulingStats": {"evictions": counts}},
        }

    heard.workload("MODIFIED", workload("2026-11-28T19:00:01Z", 0), 1.0)
    heard.workload("MODIFIED", workload("2026-11-28T19:00:09Z", 2), 9.0)
    [wait] = heard.waits.values()
    assert (wait.admitted, wait.heard, wait.evictions) == ("2026-11-28T19:00:01Z", 1.0, 2)
