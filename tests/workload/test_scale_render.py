"""A scale as KEDA's object: valid by KEDA's own schema, the same for everybody, and meaning what was said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.charts import rendered
from support.golden import REPO
from support.strict import schemas

from fairlead import labels, series
from fairlead.errors import InputError
from fairlead.workload.scale import DEMAND, ServiceScale, Targets
from fairlead.workload.scale_render import METRICS, render

BASE: dict[str, Any] = {"name": "chat", "tenant": "team-a", "max": 4, "targets": {"concurrency": 8}}


def scale(**changes: Any) -> ServiceScale:
    return ServiceScale.model_validate({**BASE, **changes})


def made(**changes: Any) -> dict[str, Any]:
    [one] = render(scale(**changes))
    return one


def trigger(**changes: Any) -> Mapping[str, Any]:
    [one] = made(**changes)["spec"]["triggers"]
    return one


@cache
def schema() -> Mapping[str, Any]:
    """KEDA's own schema of a ScaledObject, closed."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for crd in rendered("keda"):
        found |= schemas(crd)
    return found["keda.sh/v1alpha1", "ScaledObject"]


def problems(obj: Mapping[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(schema()).iter_errors(obj)]


amounts = st.floats(min_value=0.001, max_value=1_000_000)
percents = st.integers(min_value=1, max_value=100)
targets = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(DEMAND, amounts),
        **dict.fromkeys(set(Targets.model_fields) - set(DEMAND), percents),
    },
)


@given(low=st.integers(0, 3), targets=targets, kind=st.sampled_from(["Deployment", "StatefulSet"]))
def test_every_scale_that_is_taken_keeps_kedas_schema(low: int, targets: dict[str, Any], kind: str) -> None:
    wish = scale(min=low, targets=targets, workload_kind=kind)
    if list(wish.conflicts()):
        with pytest.raises(InputError):
            render(wish)
        return
    [obj] = render(wish)
    assert problems(obj) == []
    for one in obj["spec"]["triggers"]:
        assert re.fullmatch(r"\d+(\.\d+)?", one["metadata"]["threshold"])
        assert float(one["metadata"]["threshold"]) > 0


def test_the_schema_is_closed_and_sees_what_is_wrong() -> None:
    good = made()
    assert problems(good) == []
    assert problems({**good, "spec": {**good["spec"], "surprise": 1}})
    assert problems({**good, "spec": {**good["spec"], "minReplicaCount": "1"}})


def test_it_names_its_service_and_keeps_its_bounds() -> None:
    spec = made(min=2, max=7, workload="chat-predictor", workload_kind="StatefulSet")["spec"]
    assert spec["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "name": "chat-predictor",
    }
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 7)
    assert made()["metadata"]["namespace"] == "team-a"


@pytest.mark.parametrize("name", DEMAND)
def test_demand_is_summed_over_the_service_and_shared_by_its_replicas(name: str) -> None:
    one = trigger(targets={name: 2.5})
    series = METRICS[name].series
    assert one["metadata"]["query"] == f'sum({series}{{namespace="team-a",workload="chat"}})'
    assert (one["metricType"], one["metadata"]["threshold"]) == ("AverageValue", "2.5")
    assert one["metadata"]["activationThreshold"] == "0", "any request wakes it"


@pytest.mark.parametrize("name", sorted(set(Targets.model_fields) - set(DEMAND)))
def test_accelerators_are_averaged_held_against_a_share_and_keep_no_service_awake(name: str) -> None:
    one = trigger(targets={name: 85})
    series = METRICS[name].series
    assert one["metadata"]["query"] == f'avg({series}{{namespace="team-a",workload="chat"}})'
    assert (one["metricType"], one["metadata"]["threshold"]) == ("Value", "0.85")
    assert float(one["metadata"]["activationThreshold"]) >= 1, "a share is never above it"


def test_a_missing_reading_takes_no_replica_away_and_missing_requests_are_none() -> None:
    both = {"concurrency": 8, "accelerator_utilization": 80}
    awake = {one["name"]: one["metadata"] for one in made(min=1, targets=both)["spec"]["triggers"]}
    assert awake["concurrency"]["ignoreNullValues"] == "true"
    assert awake["accelerator-utilization"]["ignoreNullValues"] == "false"
    asleep = {one["name"]: one["metadata"] for one in made(min=0, targets=both)["spec"]["triggers"]}
    assert asleep["accelerator-utilization"]["ignoreNullValues"] == "true", "at zero there is none to read"


def test_every_question_goes_to_the_one_address_of_the_contract() -> None:
    all_of_them = dict.fromkeys(Targets.model_fields, 50)
    found = made(targets=all_of_them)["spec"]["triggers"]
    assert {one["metadata"]["serverAddress"] for one in found} == {labels.METRICS_URL}
    assert [one["name"] for one in found] == [name.replace("_", "-") for name in Targets.model_fields]


def test_only_a_service_that_may_sleep_has_times_of_sleep() -> None:
    """KEDA warns of them otherwise; and a new service is not sent to sleep before anybody can ask."""
    spec = made(min=0, idle_after="2m")["spec"]
    assert (spec["cooldownPeriod"], spec["initialCooldownPeriod"], spec["pollingInterval"]) == (120, 120, 5)
    assert not {"cooldownPeriod", "initialCooldownPeriod", "pollingInterval"} & set(made(min=1)["spec"])


def test_it_shrinks_to_the_most_that_was_needed_within_its_time() -> None:
    behaviour = made(scale_down_after="90s")["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behaviour == {"scaleDown": {"stabilizationWindowSeconds": 90}}
    assert made(scale_down_after="0s")["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == {
        "scaleDown": {"stabilizationWindowSeconds": 0}
    }


@pytest.mark.parametrize(("low", "held"), [(0, 1), (1, 1), (3, 3)])
def test_without_metrics_what_runs_goes_on(low: int, held: int) -> None:
    fallback = made(min=low)["spec"]["fallback"]
    assert (fallback["replicas"], fallback["behavior"]) == (held, "currentReplicasIfHigher")


@pytest.mark.parametrize(
    ("value", "written"),
    [(1, "1"), (0.001, "0.001"), (100, "100"), (1_000_000, "1000000"), (0.1, "0.1"), (20.0, "20")],
)
def test_numbers_are_written_as_digits(value: float, written: str) -> None:
    assert trigger(targets={"concurrency": value})["metadata"]["threshold"] == written


@pytest.mark.parametrize(("percent", "share"), [(1, "0.01"), (7, "0.07"), (80, "0.8"), (100, "1")])
def test_percents_become_shares_without_an_error_of_rounding(percent: int, share: str) -> None:
    assert trigger(targets={"accelerator_memory": percent})["metadata"]["threshold"] == share


def test_the_recorded_series_have_names_of_the_contract_and_of_prometheus() -> None:
    names = [metric.series for metric in METRICS.values()]
    assert len(names) == len(set(names))
    for name in (*names, series.ACCELERATOR_POWER, series.ACCELERATOR_IDLE):
        assert re.fullmatch(r"fairlead:[a-z_]+:[a-z0-9]+", name), name
    text = (REPO / "docs" / "contract.md").read_text()
    for name in (*names, series.ACCELERATOR_POWER, series.ACCELERATOR_IDLE, labels.METRICS_URL):
        assert name in text, f"docs/contract.md does not tell of {name}"


def test_the_longest_name_still_fits_the_autoscaler_that_keda_names_after_it() -> None:
    assert len("keda-hpa-" + "n" * 40) <= 63
