"""Kubernetes and charts, charts and charts: a wrong pair is refused by name, its neighbour is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.clouds import cloud_spec
from support.golden import REPO
from support.specs import minimal, with_gpus

from fairlead.catalog import lock
from fairlead.catalog.compatibility import FILE, Compatibility, parse
from fairlead.catalog.model import Catalog
from fairlead.catalog.read import load
from fairlead.errors import InputError, Problem
from fairlead.plan import compatibility
from fairlead.plan.compatibility import Use, lock_problems
from fairlead.plan.load import load_plan
from fairlead.plan.resolve import resolve
from fairlead.plan.stack import plan_of
from fairlead.spec.model import Platform

STACKS = sorted(path.stem.removeprefix("Pulumi.") for path in (REPO / "stacks").glob("Pulumi.*.yaml"))
TEXT = (Path(lock.__file__).parent / "data" / FILE).read_text(encoding="utf-8")
TRAINER_ON = minimal(layers={"jobs": {"enabled": True}})
EVERYTHING = {
    **{name: {"enabled": True} for name in ("scaling", "certificates", "store", "databases", "workflows")},
    "tracking": {"enabled": True},
}


def on(target: str, kubernetes: str) -> Catalog:
    """The catalogue as if a target had this Kubernetes, and cloud's users could ask for any of these."""
    catalog = load()
    row = replace(
        catalog.targets[target], kubernetes=kubernetes, versions=("1.25", "1.30", "1.33", "1.36", "1.37")
    )
    return replace(catalog, targets={**catalog.targets, target: row})


def found(data: dict[str, Any], catalog: Catalog) -> tuple[Problem, ...]:
    try:
        load_plan(data, "f", catalog)
    except InputError as error:
        return error.problems
    return ()


def charts(**versions: str) -> Mapping[str, Any]:
    """The lock with other versions of these charts."""
    rows = {name.replace("_", "-"): version for name, version in versions.items()}
    return lock.charts() | {
        name: lock.charts()[name].model_copy(update={"version": version}) for name, version in rows.items()
    }


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_a_plan_without_a_problem_or_a_note_of_versions(stack: str) -> None:
    plan = plan_of(REPO / "stacks", stack)
    assert list(compatibility.planned(plan.layers, plan.fabrics, plan.site.own_charts))
    assert not [note for note in plan.notes if "docs/compatibility.md" in note]


@pytest.mark.parametrize("target", sorted(load().targets))
def test_every_chart_runs_on_the_kubernetes_of_every_target(target: str) -> None:
    row = load().targets[target]
    spec = Platform.model_validate(minimal()).target
    uses = [Use(chart) for chart in lock.charts()]
    for version in (row.kubernetes, *row.versions):
        assert list(compatibility.problems(uses, version, spec)) == []


def test_a_layer_that_needs_a_newer_kubernetes_is_refused_and_on_that_it_is_not() -> None:
    (problem,) = found(TRAINER_ON, on("local", "1.30.0"))
    assert problem.where == "platform.layers.jobs.enabled"
    assert problem.what == "does not fit Kubernetes 1.30: kubeflow-trainer 2.3.0 needs 1.31 or newer"
    assert (problem.given, problem.allowed) == ("true", "Kubernetes 1.31 or newer")
    assert problem.fix == "switch layer jobs off"
    assert found(TRAINER_ON, on("local", "1.31.0")) == ()
    assert found(minimal(layers={"jobs": {"enabled": False}}), on("local", "1.30.0")) == ()


def test_it_is_told_together_with_all_else_that_is_wrong() -> None:
    twice = {**TRAINER_ON, "tenants": TRAINER_ON["tenants"] * 2}
    places = [problem.where for problem in found(twice, on("local", "1.30.0"))]
    assert {"platform.tenants[1].name", "platform.layers.jobs.enabled"} <= set(places)


def test_each_layer_is_refused_at_its_own_place() -> None:
    problems = found(minimal(layers={"certificates": {"enabled": True}}), on("local", "1.21.0"))
    by_place = {problem.where: problem for problem in problems}
    assert set(by_place) == {f"platform.layers.{name}.enabled" for name in ("queue", "jobs", "certificates")}
    assert len(problems) == 3
    jobs = by_place["platform.layers.jobs.enabled"]
    assert jobs.what.count("needs") == 2
    assert jobs.allowed == "Kubernetes 1.31 or newer"


def test_a_version_that_the_user_wrote_is_refused_where_it_stands_once_for_all_charts() -> None:
    data = cloud_spec("azure", target={"version": "1.25"})
    (problem,) = found(data, on("azure", "1.35.9"))
    assert problem.where == "platform.target.version"
    assert problem.given == "1.25"
    assert problem.allowed == "Kubernetes 1.31 or newer"
    assert {"kueue 0.19.2", "jobset 0.12.0", "kubeflow-trainer 2.3.0"} <= set(
        re.findall(r"[\w-]+ \d[\d.]+", problem.what)
    )
    assert (
        "write another version, in platform.target.version, or switch layers queue, jobs off" in problem.fix
    )
    assert found(cloud_spec("azure", target={"version": "1.33"}), on("azure", "1.35.9")) == ()


def test_a_version_that_is_not_tried_is_told_once_and_not_a_second_time_by_its_charts() -> None:
    problems = found(cloud_spec("azure", target={"version": "1.25"}), load())
    assert [problem.where for problem in problems] == ["platform.target.version"]
    assert "not been tried" in problems[0].what


def test_what_the_target_brings_by_itself_is_judged_too_at_both_ends() -> None:
    """Karpenter gives up where Kubernetes is newer than it knows; only a whole plan tells that it runs."""
    (problem,) = found(cloud_spec("aws", target={"version": "1.37"}), on("aws", "1.37.0"))
    assert problem.where == "platform.target.version"
    assert "karpenter 1.14.1 needs 1.26 to 1.36" in problem.what
    assert problem.allowed == "Kubernetes 1.26 to 1.36"
    assert problem.fix == "write another version, in platform.target.version"
    assert not [one for one in found(cloud_spec("aws"), on("aws", "1.36.0")) if one.where == problem.where]


def test_a_typed_spec_is_judged_as_plain_data_is() -> None:
    with pytest.raises(InputError, match=r"kubeflow-trainer 2\.3\.0 needs 1\.31 or newer"):
        resolve(Platform.model_validate(TRAINER_ON), on("local", "1.30.0"))
    newest = Platform.model_validate(cloud_spec("aws", target={"version": "1.37"}))
    with pytest.raises(InputError, match=r"karpenter 1\.14\.1 needs 1\.26 to 1\.36"):
        resolve(newest, on("aws", "1.37.0"))


def test_charts_of_no_one_version_are_told_so() -> None:
    rows = parse(
        TEXT.replace('max = "1.36"', 'max = "1.27"', 1).replace('tested = ["1.30", "1.36"]\n', "", 1)
    )
    uses = [Use("karpenter"), Use("kueue", "queue")]
    target = Platform.model_validate(cloud_spec("azure")).target
    (problem,) = compatibility.problems(uses, "1.28.0", target, rows)
    assert problem.allowed == "Kubernetes of no one version fits all of them"


def test_a_kubernetes_that_no_project_has_tested_gets_a_note_and_one_that_it_has_gets_none() -> None:
    (note,) = compatibility.notes([Use("keda"), Use("kueue"), Use("efa-device-plugin")], "1.37.0")
    assert "keda 2.21.0 (tested on 1.34 to 1.36), kueue 0.19.2 (tested on 1.34 to 1.36)" in note
    assert "efa" not in note
    assert list(compatibility.notes([Use("keda"), Use("kueue")], "1.36.4")) == []
    (note,) = compatibility.notes([Use("cloudnative-pg")], "1.33.0")
    assert "cloudnative-pg 1.30.0 (supported on 1.34 to 1.36, tested on it)" in note


def test_a_plan_tells_the_note_and_only_of_charts_that_run() -> None:
    on_all = load_plan(with_gpus(layers=EVERYTHING), "f", load())
    (note,) = [note for note in on_all.notes if "docs/compatibility.md" in note]
    assert "Kubernetes 1.35 lies outside" in note
    assert re.findall(r"([\w-]+) \d[\d.]+ \(", note) == ["argo-workflows"]


def test_the_lock_fits_itself() -> None:
    assert lock_problems() == []


@pytest.mark.parametrize(
    ("versions", "where", "names"),
    [
        ({"jobset": "0.11.1"}, "charts.toml [jobset] version", ("kueue 0.19.2", "kubeflow-trainer 2.3.0")),
        ({"jobset": "0.13.0"}, "charts.toml [jobset] version", ("kueue 0.19.2", "kubeflow-trainer 2.3.0")),
        (
            {"kubeflow_trainer": "2.4.0"},
            "charts.toml [kubeflow-trainer] version",
            ("kueue 0.19.2", "katib 0.19.0"),
        ),
        ({"karpenter_crd": "1.13.0"}, "charts.toml [karpenter-crd] version", ("karpenter 1.14.1",)),
        (
            {"node_feature_discovery": "0.20.0"},
            "charts.toml [node-feature-discovery] version",
            ("nvidia-device-plugin 0.19.3", "gpu-operator 26.7.0"),
        ),
    ],
)
def test_a_chart_that_moves_without_its_partners_is_refused_by_name(
    versions: dict[str, str], where: str, names: tuple[str, ...]
) -> None:
    (moved, version), *_ = versions.items()
    problems = [one for one in lock_problems(charts(**versions)) if one.where == where]
    assert tuple(one.what.partition(" was made for")[0] for one in problems) == names
    assert {one.given for one in problems} == {version}
    assert all(moved.replace("_", "-") in one.fix for one in problems)


def test_a_chart_whose_row_was_not_read_again_is_refused_also_where_its_partners_fit() -> None:
    (problem,) = lock_problems(charts(jobset="0.12.1"))
    assert (problem.where, problem.given, problem.allowed) == (f"{FILE} [jobset] version", "0.12.0", "0.12.1")
    assert "read what the project says" in problem.fix


def test_a_chart_without_a_row_is_refused_by_name() -> None:
    (problem,) = lock_problems(lock.charts() | {"new": lock.charts()["keda"]})
    assert problem.where == f"{FILE} [new]"


def rows(name: str, **changes: Any) -> dict[str, Compatibility]:
    table = dict(parse(TEXT))
    return table | {name: table[name].model_copy(update=changes)}


def test_crds_that_do_not_serve_what_another_chart_uses_are_refused() -> None:
    problems = lock_problems(rows=rows("jobset", serves=("jobset.x-k8s.io/v1",)))
    assert [one.what.partition(" uses")[0] for one in problems] == ["kueue 0.19.2", "kubeflow-trainer 2.3.0"]
    assert {one.allowed for one in problems} == {"jobset.x-k8s.io/v1alpha2"}
    both = ("jobset.x-k8s.io/v1", "jobset.x-k8s.io/v1alpha2")
    assert lock_problems(rows=rows("jobset", serves=both)) == []


@pytest.mark.parametrize(("tag", "fits"), [("13.9", False), ("14.0", True), ("v18.1-x", True), ("19", False)])
def test_a_postgresql_that_the_operator_does_not_run_is_refused(tag: str, fits: bool) -> None:
    images = lock.images() | {"postgresql": lock.images()["postgresql"].model_copy(update={"tag": tag})}
    problems = lock_problems(images=images)
    assert [one.where for one in problems] == ([] if fits else ["images.toml [postgresql] tag"])
