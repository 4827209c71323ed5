"""Output of containers: whose log service keeps it, for how long, and who is told where it is."""

from __future__ import annotations

import pytest
from support.clouds import CLOUDS, cloud_plan, refused

from fairlead.catalog.read import load
from fairlead.plan.logs import CAPABILITY, SERVICES

NAMED = {"aws": "/aws/containerinsights/lab/application", "azure": "lab-workloads", "gcp": "lab-workloads"}


def test_every_target_that_says_it_can_has_a_service_and_no_other() -> None:
    can = {name for name, rows in load().capabilities.items() if rows[CAPABILITY].status != "unsupported"}
    assert can == set(SERVICES) == set(CLOUDS)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nothing_is_sent_where_nobody_asks(cloud: str) -> None:
    plan = cloud_plan(cloud)
    assert plan.site.workload_logs is None  # type: ignore[attr-defined]
    assert not [note for note in plan.notes if note.startswith("Output of containers")]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_plan_says_where_output_is_kept_and_for_how_long(cloud: str) -> None:
    plan = cloud_plan(cloud, logs={"days": 90})
    assert plan.site.workload_logs.days == 90  # type: ignore[attr-defined]
    (told,) = [note for note in plan.notes if note.startswith("Output of containers")]
    assert NAMED[cloud] in told


@pytest.mark.parametrize("cloud", CLOUDS)
def test_without_a_number_of_days_each_service_keeps_thirty(cloud: str) -> None:
    assert cloud_plan(cloud, logs={}).site.workload_logs.days == 30  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cloud", "days"), [("aws", 2), ("aws", 100), ("azure", 29), ("azure", 731), ("gcp", 3651)]
)
def test_a_period_that_the_service_does_not_know_is_refused_with_those_that_it_does(
    cloud: str, days: int
) -> None:
    (problem,) = refused(cloud, logs={"days": days})
    assert (problem.where, problem.given) == ("platform.logs.days", str(days))
    assert problem.allowed == SERVICES[cloud].allowed
