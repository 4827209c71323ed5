"""What is done about work that does not use its accelerators: examples, faults that they find, what always holds."""

from __future__ import annotations

import sys
import types
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.reclaim import decide as module
from fairlead.reclaim.decide import (
    CANCEL,
    SUSPEND,
    WARN,
    Policy,
    Verdict,
    decide,
    kept_until,
    misread,
    stamp,
    unused,
)
from fairlead.reclaim.seen import JOBS, Owner, Pod, Work

NOW = 1_800_000_000.0
HOUR = 3600
POLICY = Policy(SUSPEND, HOUR)
JOB = Owner("trainer.kubeflow.org/v1alpha1", "TrainJob", "sleeps", "u")


def pod(*idle: float, holds: int | None = None, began: float | None = 9 * HOUR, **more: object) -> Pod:
    """A pod whose accelerators have been idle for these seconds; began: seconds ago."""
    made = Pod("p", "n1", len(idle) if holds is None else holds, None if began is None else NOW - began)
    return replace(made, used=tuple(NOW - one for one in idle), **more)  # type: ignore[arg-type]


def work(*pods: Pod, **more: object) -> Work:
    made = Work("team-a", "w", "7", "training", JOB, pods or (pod(2 * HOUR),))
    return replace(made, **more)  # type: ignore[arg-type]


def after(seconds: float) -> str:
    return stamp(NOW + seconds)


IDLE = pod(*[2 * HOUR] * 8)
EXAMPLES: dict[str, tuple[Work, Policy, str | None]] = {
    "all eight have done nothing for two hours": (work(IDLE), POLICY, SUSPEND),
    "so have those of both pods": (work(IDLE, IDLE), POLICY, SUSPEND),
    "exactly for the limit": (work(pod(HOUR)), POLICY, SUSPEND),
    "the policy cancels": (work(IDLE), Policy(CANCEL, HOUR), CANCEL),
    "the policy warns": (work(IDLE), Policy(WARN, HOUR), WARN),
    "for less than the limit it is told": (work(pod(HOUR - 1)), POLICY, WARN),
    "for half of it": (work(pod(HOUR / 2)), POLICY, WARN),
    "for less than half of it nothing is said": (work(pod(HOUR / 2 - 1)), POLICY, None),
    "a policy that warns says nothing before": (work(pod(HOUR - 1)), Policy(WARN, HOUR), None),
    "one of eight is used": (work(pod(*[2 * HOUR] * 7, 10)), POLICY, None),
    "one pod of two is used": (work(IDLE, pod(*[2 * HOUR] * 7, 10)), POLICY, None),
    "of one of eight nobody tells": (work(pod(*[2 * HOUR] * 7, holds=8)), POLICY, None),
    "of one pod of two nobody tells": (work(IDLE, pod(holds=8)), POLICY, None),
    "a pod without accelerators does not count": (work(IDLE, pod(began=10)), POLICY, SUSPEND),
    "none holds any": (work(pod(), pod()), POLICY, None),
    "it has started a minute ago": (work(pod(2 * HOUR, began=60)), POLICY, None),
    "one of its pods does not run": (work(IDLE, pod(2 * HOUR, began=None)), POLICY, None),
    "it serves": (work(IDLE, stage="inference"), POLICY, None),
    "it is being tried out": (work(IDLE, stage="testing"), POLICY, SUSPEND),
    "it has just written a checkpoint": (work(replace(IDLE, saved=NOW - 60)), POLICY, None),
    "it wrote one long ago": (work(replace(IDLE, saved=NOW - 5 * HOUR)), POLICY, SUSPEND),
    "it writes one": (work(replace(IDLE, saving=True)), POLICY, ""),
    "another pod of it writes one": (work(IDLE, pod(2 * HOUR, saving=True)), POLICY, ""),
    "somebody keeps it": (work(IDLE, kept=(after(60),)), POLICY, ""),
    "somebody kept it": (work(IDLE, kept=(after(-60),)), POLICY, SUSPEND),
    "somebody keeps it by no time": (work(IDLE, kept=("for ever",)), POLICY, SUSPEND),
    "the later of two counts": (work(IDLE, kept=(after(-60), after(60))), POLICY, ""),
    "what does not come back is only told": (
        work(IDLE, owner=Owner("v1", "Pod", "executor", "u")),
        Policy(CANCEL, HOUR),
        WARN,
    ),
    "what serves in another queue is only told": (
        work(IDLE, owner=Owner("ray.io/v1", "RayService", "llm", "u")),
        POLICY,
        WARN,
    ),
    "a kind of another group is not ours": (
        work(IDLE, owner=Owner("example.com/v1", "TrainJob", "x", "u")),
        POLICY,
        WARN,
    ),
}


def outcome(decided: Sequence[Verdict]) -> str | None:
    return decided[0].do if decided else None


def wrong(by: types.ModuleType) -> list[str]:
    """Examples in which a module takes another decision."""
    return [
        name
        for name, (seen, policy, want) in EXAMPLES.items()
        if outcome(by.decide([seen], by.Policy(policy.action, policy.after), NOW)) != want
    ]


def test_every_example_is_decided_as_it_says() -> None:
    assert wrong(module) == []


FAULTS = {
    "the limit is ignored": ("idle >= policy.after", "idle >= 0"),
    "the limit is missed by a second": ("idle >= policy.after", "idle > policy.after"),
    "nothing is told before": ("self.after // 2", "self.after"),
    "the idlest decides and not the busiest": ("now - max(known)", "now - min(known)"),
    "an accelerator that nobody tells of counts as idle": ("len(pod.used) < pod.holds", "False"),
    "a pod that nobody tells of is left out": ("len(known) < len(times)", "not known"),
    "the start does not count": ("max(*pod.used, pod.began,", "max(*pod.used,"),
    "a checkpoint does not count": ("pod.saved or 0", "0"),
    "a checkpoint that is being written does not count": ("any(pod.saving for pod in work.pods)", "False"),
    "one pod alone is asked whether it writes one": (
        "any(pod.saving for pod in work.pods)",
        "work.pods[0].saving",
    ),
    "inference is taken back": (" if work.stage != INFERENCE", ""),
    "an exception does not count": ("until > now", "False"),
    "an exception has no end": ("and until > now", ""),
    "what does not come back is taken": (" and work.owner.plural", ""),
    "everything is cancelled": ("policy.action if due", "CANCEL if due"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.replace(" ", "_"))
def test_a_fault_in_the_decision_is_found_by_the_examples(fault: str) -> None:
    source, (old, new) = Path(str(module.__file__)).read_text(), FAULTS[fault]
    assert source.count(old) == 1, f"{old!r} does not stand there once: the test would break nothing"
    broken = types.ModuleType(module.__name__)
    code = compile(source.replace(old, new), fault, "exec")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, broken)
        exec(code, broken.__dict__)
    assert wrong(broken) != []


# ---- what always holds -------------------------------------------------------------------------

TIMES = st.floats(0, 20 * HOUR)
PAST = TIMES.map(lambda ago: NOW - ago)
PODS = st.builds(
    Pod,
    st.just("p"),
    st.sampled_from(["n1", "n2"]),
    st.integers(0, 3),
    st.none() | PAST,
    st.lists(PAST, max_size=3).map(tuple),
    st.none() | PAST,
    st.sampled_from([False] * 9 + [True]),
)
OWNERS = st.sampled_from([JOB, Owner("v1", "Pod", "p", "u"), Owner("ray.io/v1", "RayService", "s", "u")])
WORKS = st.builds(
    Work,
    st.just("team-a"),
    st.just("w"),
    st.just("7"),
    st.sampled_from(["testing", "training", "inference"]),
    OWNERS,
    st.lists(PODS, min_size=1, max_size=3).map(tuple),
    st.lists(st.sampled_from([after(60), after(-60), "soon", ""]), max_size=2).map(tuple),
)
POLICIES = st.builds(Policy, st.sampled_from([WARN, SUSPEND, CANCEL]), st.integers(60, 10 * HOUR))


@given(WORKS, POLICIES)
def test_what_is_taken_back_has_used_nothing_for_the_whole_limit(seen: Work, policy: Policy) -> None:
    for verdict in decide([seen], policy, NOW):
        if verdict.do not in (SUSPEND, CANCEL):
            continue
        edge = NOW - policy.after
        assert verdict.do == policy.action
        assert seen.stage != "inference"
        assert (seen.owner.api_version.partition("/")[0], seen.owner.kind) in JOBS
        assert after(60) not in seen.kept
        for one in seen.pods:
            assert not one.saving
            if one.holds or one.used:
                assert len(one.used) >= max(one.holds, 1)
                assert one.began is not None
                assert max(*one.used, one.began, one.saved or 0) <= edge + 1e-3


@given(WORKS, POLICIES, st.integers(0, 2), st.floats(0, 59))
def test_one_accelerator_that_is_used_spares_the_whole(
    seen: Work, policy: Policy, which: int, ago: float
) -> None:
    place = which % len(seen.pods)
    busy = replace(seen.pods[place], used=(NOW - ago,))
    pods = (*seen.pods[:place], busy, *seen.pods[place + 1 :])
    assert [
        one.do for one in decide([replace(seen, pods=pods)], policy, NOW) if one.do in (SUSPEND, CANCEL)
    ] == []


@given(WORKS, POLICIES, st.floats(0, 5 * HOUR))
def test_who_waits_longer_is_not_idle_for_less(seen: Work, policy: Policy, more: float) -> None:
    first, then = unused(seen, NOW), unused(seen, NOW + more)
    assert (first is None) == (then is None)
    assert first is None or then is None or then >= first


@given(st.lists(WORKS, max_size=4), POLICIES)
def test_each_is_decided_by_itself(seen: list[Work], policy: Policy) -> None:
    assert decide(seen, policy, NOW) == [one for each in seen for one in decide([each], policy, NOW)]


# ---- exceptions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["2027-01-15T08:00:00Z", "2027-01-15T09:00:00+01:00", " 2027-01-15T08:00:00.0Z "]
)
def test_a_time_with_a_zone_is_an_exception(text: str) -> None:
    assert kept_until(text) == NOW


@pytest.mark.parametrize("text", ["", "soon", "2027-01-15", "2027-01-15T08:00:00", "1800000000", "true"])
def test_what_has_no_end_is_no_exception_and_is_told(text: str) -> None:
    assert kept_until(text) is None
    assert misread([text, after(60)]) == [text]


def test_a_time_is_written_as_it_is_read() -> None:
    assert kept_until(stamp(NOW)) == NOW
