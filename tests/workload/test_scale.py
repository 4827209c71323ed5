"""Scales as users write them: what is taken, what is refused, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.errors import InputError
from fairlead.workload.scale import DEMAND, ServiceScale, Targets
from fairlead.workload.scale_load import load_scale, load_text

GOOD: dict[str, Any] = {
    "name": "chat",
    "tenant": "team-a",
    "max": 4,
    "targets": {"requests_per_second": 20},
}


def refusal(**changes: Any) -> str:
    words = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    with pytest.raises(InputError) as caught:
        load_scale(words, "test")
    return str(caught.value)


def test_the_shortest_scale_keeps_one_replica_and_shrinks_after_five_minutes() -> None:
    scale = load_scale(GOOD, "test")
    assert (scale.min, scale.max, scale.workload_name, scale.workload_kind) == (1, 4, "chat", "Deployment")
    assert scale.scale_down_after == "5m"


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"max": None}, "scale.max", "missing"),
        ({"max": 0}, "scale.max", "at least 1"),
        ({"max": "4"}, "scale.max", "whole number"),
        ({"min": -1}, "scale.min", "at least 0"),
        ({"min": 5}, "scale.max", "max is below min"),
        ({"targets": {}}, "scale.targets", "nothing tells"),
        ({"targets": {"cpu": 50}}, "scale.targets.cpu", "unknown"),
        ({"targets": {"concurrency": 0}}, "scale.targets.concurrency", "at least 0.001"),
        ({"targets": {"concurrency": "8"}}, "scale.targets.concurrency", "must be a number"),
        (
            {"targets": {"accelerator_utilization": 101}},
            "scale.targets.accelerator_utilization",
            "at most 100",
        ),
        (
            {"targets": {"accelerator_utilization": 0.8}},
            "scale.targets.accelerator_utilization",
            "whole number",
        ),
        ({"scale_down_after": "2h"}, "scale.scale_down_after", "at most 1h"),
        ({"idle_after": "5m"}, "scale.idle_after", "has no effect"),
        ({"min": 0, "idle_after": "0s"}, "scale.idle_after", "between 1s and 1d"),
        ({"min": 0, "idle_after": "2d"}, "scale.idle_after", "between 1s and 1d"),
        ({"workload": "Chat"}, "scale.workload", "not allowed here"),
        ({"workload_kind": "Job"}, "scale.workload_kind", "Deployment, StatefulSet"),
        ({"name": "a" * 41}, "scale.name", "40"),
        ({"kind": "TrainingJob"}, "scale.kind", "is no scale"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(changes: dict[str, Any], where: str, what: str) -> None:
    text = refusal(**changes)
    assert where in text
    assert what in text, text
    assert text.startswith("test: 1 problem\n")


@pytest.mark.parametrize("name", sorted(set(Targets.model_fields) - set(DEMAND)))
def test_a_service_that_only_its_own_accelerators_could_wake_may_not_sleep(name: str) -> None:
    text = refusal(min=0, targets={name: 80})
    assert "scale.min: would sleep for ever" in text
    assert "add one of requests_per_second, concurrency, queue_length, or write min: 1" in text
    assert load_scale({**GOOD, "min": 1, "targets": {name: 80}}, "test").min == 1


@pytest.mark.parametrize("name", DEMAND)
def test_a_service_whose_requests_are_counted_in_front_of_it_may_sleep(name: str) -> None:
    targets = {name: 8, "accelerator_utilization": 80}
    scale = load_scale({**GOOD, "min": 0, "targets": targets}, "test")
    assert scale.idle_seconds == 600
    assert load_scale({**GOOD, "min": 0, "idle_after": "90s"}, "test").idle_seconds == 90


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = refusal(min=9, idle_after="5m", targets={})
    assert "3 problems" in text
    places = [text.index(word) for word in ("scale.max", "scale.targets", "scale.idle_after")]
    assert places == sorted(places)


ONE = "name: chat\ntenant: team-a\nmax: 2\ntargets: {concurrency: 8}\n"


def test_a_file_may_hold_several_scales_but_not_two_for_one_service() -> None:
    other = ONE.replace("chat", "code")
    assert [one.name for one in load_text(f"{ONE}---\n{other}", "f")] == ["chat", "code"]
    assert len(load_text(f"{ONE}---\n{ONE.replace('team-a', 'team-b')}", "f")) == 2
    with pytest.raises(InputError, match="two scales of the tenant team-a are for this Deployment"):
        load_text(f"{ONE}---\n{other}workload: chat\n", "f")
    with pytest.raises(InputError, match="two scales of the tenant team-a have this name"):
        load_text(f"{ONE}---\n{ONE}workload: other\n", "f")
    assert len(load_text(f"{ONE}---\n{other}workload: chat\nworkload_kind: StatefulSet\n", "f")) == 2


def test_a_problem_names_its_document_where_there_are_several() -> None:
    with pytest.raises(InputError, match=r"scale\[1\]\.max: "):
        load_text(f"{ONE}---\n{ONE.replace('max: 2', 'max: none').replace('chat', 'code')}", "f")


@pytest.mark.parametrize(
    ("text", "what"), [("", "the file holds no scale"), ("- 1", "must be a map"), ("a: [", "YAML")]
)
def test_what_is_no_scale_is_said(text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        load_text(text, "f")


def test_a_scale_whose_bounds_are_equal_is_a_fixed_size() -> None:
    assert load_scale({**GOOD, "min": 4, "max": 4}, "test").min == 4


def test_conflicts_are_none_for_a_good_scale() -> None:
    assert list(ServiceScale.model_validate(GOOD).conflicts()) == []
