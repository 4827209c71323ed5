"""Every target, sharing and fabric together: what charts are told exists, what comes of it is valid.

The same objects against the real API server: tests/e2e/test_fabric_api.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import jsonschema
import pytest
from support import matrix
from support.charts import chart_values, dependency_conditions
from support.strict import problems, schemas

from fairlead.plan.coherence import rendered

REFUSED = {
    combination
    for combination in matrix.every()
    if (combination.target, combination.sharing) in matrix.REFUSED
}
PLANNED = [one for one in matrix.every() if one not in REFUSED]
FREE_FORM = {
    ("affinity",),
    ("config", "map"),
    ("master", "config"),
    ("worker", "config"),
    ("worker", "affinity"),
    ("master", "podSecurityContext"),
    ("worker", "podSecurityContext"),
    ("gc", "podSecurityContext"),
}
"""Values that a chart hands on as they are: what lies in them belongs to Kubernetes or to the program."""
CONDITIONS = {("nfd", "enabled")}


def test_the_matrix_has_every_target_every_way_to_share_and_every_network() -> None:
    from fairlead.catalog.fabrics import WITHOUT_JOBS
    from fairlead.catalog.read import load

    catalog = load()
    assert {one.target for one in matrix.every()} == set(catalog.targets)
    used = {
        job.kind for one in PLANNED if (made := matrix.plan(one)) for job in made.fabrics.jobs if job.given
    }
    claimed = {"nvlink" for one in PLANNED if (made := matrix.plan(one)) and made.fabrics.claims}
    assert used | claimed == set(catalog.fabrics) - set(WITHOUT_JOBS)


@pytest.mark.parametrize("one", sorted(REFUSED, key=str), ids=str)
def test_what_is_left_out_is_refused_by_the_plan(one: matrix.Combination) -> None:
    assert matrix.plan(one) is None


@pytest.mark.parametrize("one", PLANNED, ids=str)
def test_every_other_combination_has_a_plan_and_its_jobs_get_the_network(one: matrix.Combination) -> None:
    made = matrix.plan(one)
    assert made is not None
    if one.fabric != "none":
        (job,) = [job for job in made.fabrics.jobs if "fast" in job.pools]
        assert job.given, job.why
        assert bool(job.claim) == ("nvlink" in one.fabric)


@cache
def found() -> Mapping[str, tuple[matrix.Combination, Any]]:
    return matrix.distinct()


@cache
def custom() -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """Closed schemas of every CRD that any combination brings."""
    known: dict[tuple[str, str], Mapping[str, Any]] = {}
    for _, obj in found().values():
        if obj["kind"] == "CustomResourceDefinition":
            known |= schemas(obj)
    return known


def test_every_value_that_any_combination_tells_a_chart_is_one_that_the_chart_has() -> None:
    found()
    assert {one.chart for one in matrix.RELEASES.values()} >= {
        "kueue",
        "jobset",
        "kubeflow-trainer",
        "nvidia-device-plugin",
        "dra-driver-nvidia-gpu",
        "node-feature-discovery",
        "efa-device-plugin",
    }
    unknown = [
        (release.chart, ".".join(path))
        for release in matrix.RELEASES.values()
        for path in paths(dict(release.values))
        if path not in CONDITIONS
        and ".".join(path) not in dependency_conditions(release.chart)
        and not exists(chart_values(release.chart), path)
    ]
    assert unknown == []


def paths(values: Any, under: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(values, dict) or not values:
        return [under]
    below = cast("dict[str, Any]", values)
    return [path for key, value in below.items() for path in paths(value, (*under, key))]


def exists(values: Any, path: tuple[str, ...]) -> bool:
    known = next((free for free in FREE_FORM if path[: len(free)] == free), path)
    for key in known:
        if not isinstance(values, dict) or key not in values:
            return False
        values = cast("dict[str, Any]", values)[key]
    return True


def test_a_value_that_a_chart_does_not_have_is_found() -> None:
    assert exists(chart_values("jobset"), ("controller", "replicas"))
    assert not exists(chart_values("jobset"), ("controler", "replicas"))


def test_every_object_of_every_combination_keeps_its_schema() -> None:
    wrong: list[str] = []
    for one, obj in found().values():
        schema = custom().get((obj["apiVersion"], obj["kind"]))
        if schema is not None:
            errors = jsonschema.Draft7Validator(schema).iter_errors(obj)
            said = [f"{obj['kind']} {obj['metadata']['name']}: {error.message[:200]}" for error in errors]
        else:
            said = problems(dict(obj))
        wrong += [f"{one}: {line}" for line in said]
    assert wrong == []
    assert len(found()) > 500


def test_custom_objects_of_every_kind_are_among_them_and_an_unknown_field_is_found() -> None:
    kinds = {obj["kind"] for _, obj in found().values() if (obj["apiVersion"], obj["kind"]) in custom()}
    assert kinds >= {
        "ComputeDomain",
        "ClusterQueue",
        "Cohort",
        "ResourceFlavor",
        "Topology",
        "ClusterTrainingRuntime",
    }
    for kind in kinds:
        obj = next(obj for _, obj in found().values() if obj["kind"] == kind)
        schema = custom()[obj["apiVersion"], kind]
        assert list(jsonschema.Draft7Validator(schema).iter_errors({**obj, "surprise": 1})), kind


@pytest.mark.parametrize("one", PLANNED, ids=str)
def test_what_runs_on_accelerator_nodes_keeps_the_invariants_in_every_combination(
    one: matrix.Combination,
) -> None:
    made = matrix.plan(one)
    assert made is not None
    objects = [obj for obj in matrix.objects(made) if obj["kind"] != "CustomResourceDefinition"]
    rendered.verify(objects, str(one))
