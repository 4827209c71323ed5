"""Times at which a service is wanted: five numbers as cron has them, and two times that differ."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from reference.gomodule import go_module

from fairlead.catalog import lock
from fairlead.errors import InputError
from fairlead.workload.scale_load import load_scale
from fairlead.workload.scale_render import render
from fairlead.workload.schedule import FIELDS, Schedule

DAY = {"start": "0 7 * * 1-5", "end": "0 19 * * 1-5"}
BASE = {"name": "chat", "tenant": "team-a", "max": 4, "schedule": DAY}


def scale(**changes: Any) -> dict[str, Any]:
    [made] = render(load_scale({**BASE, **changes}, "test"))
    return made["spec"]


@pytest.mark.parametrize(
    "time", ["0 7 * * 1-5", "59 23 31 12 6", "*/5 * * * *", "0,30 8-18/2 * * *", "0  7 *  * *"]
)
def test_what_cron_knows_is_taken(time: str) -> None:
    assert Schedule(start=time, end="1 1 1 1 1").start == " ".join(time.split())


@pytest.mark.parametrize(
    ("time", "what"),
    [
        ("0 7 * *", "must be five fields"),
        ("0 7 * * * *", "must be five fields"),
        ("60 7 * * *", "the minute must be *, a number from 0 to 59"),
        ("0 24 * * *", "the hour"),
        ("0 7 0 * *", "the day of the month"),
        ("0 7 * 13 *", "the month"),
        ("0 7 * * 7", "the day of the week"),
        ("0 7 * * MON", "the day of the week"),
        ("0 9-8 * * *", "the hour"),
        ("*/0 * * * *", "the minute"),
        ("0,60 7 * * *", "the minute"),
        ("@daily", "must be five fields"),
    ],
)
def test_what_cron_does_not_know_is_refused_by_its_field(time: str, what: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(what)):
        Schedule(start=time, end="0 0 * * *")


def test_a_time_of_no_length_is_refused() -> None:
    with pytest.raises(ValidationError, match="would never begin"):
        Schedule(start="0 7 * * *", end="0 7 * * *")


def test_a_schedule_alone_wakes_what_sleeps_and_needs_no_metrics() -> None:
    spec = scale(min=0)
    assert spec["triggers"] == [
        {
            "type": "cron",
            "name": "schedule",
            "metadata": {"timezone": "UTC", **DAY, "desiredReplicas": "1"},
        }
    ]
    assert spec["minReplicaCount"] == 0


def test_beside_targets_it_is_one_trigger_more() -> None:
    found = scale(targets={"concurrency": 8}, schedule={**DAY, "replicas": 3})["triggers"]
    assert [one["type"] for one in found] == ["prometheus", "cron"]
    assert found[1]["metadata"]["desiredReplicas"] == "3"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"min": 1}, "as many run at any time"),
        ({"min": 0, "schedule": {**DAY, "replicas": 5}}, "is above max"),
        ({"min": 2, "schedule": {**DAY, "replicas": 2}}, "as many run at any time"),
    ],
)
def test_a_number_that_changes_nothing_or_goes_too_far_is_refused(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scale({**BASE, **changes}, "test")
    assert "scale.schedule.replicas" in str(caught.value)
    assert what in str(caught.value)


def test_fields_are_read_by_keda_as_they_are_checked_here() -> None:
    """Minutes first and no seconds, both times needed, and in a time zone that every image knows."""
    module = lock.charts()["keda"].module
    assert module is not None
    text = Path(go_module(module.query, module.sum), "pkg/scalers/cron_scaler.go").read_text()
    assert "cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)" in text
    assert [name for name, *_ in FIELDS] == [
        "minute",
        "hour",
        "day of the month",
        "month",
        "day of the week",
    ]
    assert set(re.findall(r'keda:"name=(\w+),', text)) == {"start", "end", "timezone", "desiredReplicas"}
