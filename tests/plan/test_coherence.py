"""Every coherence rule fires on a spec that breaks it, and is silent on its neighbour."""

from __future__ import annotations

import re
from typing import Any

import pytest
from coherence_cases import CASES, brought, gcp, pool
from support.specs import gpu_pool, with_gpus

from fairlead.catalog.model import Catalog
from fairlead.catalog.read import load
from fairlead.errors import FairleadError, InputError, Problem
from fairlead.plan import coherence
from fairlead.plan.coherence import rendered
from fairlead.plan.coherence.model import Facts
from fairlead.plan.load import load_plan
from fairlead.plan.machines import Choice, choose
from fairlead.plan.pools import region_of
from fairlead.spec.load import draft

NAMES = [rule.name for rule in coherence.RULES]
RULES = {rule.name: rule for rule in coherence.RULES}


def facts(data: dict[str, Any], catalog: Catalog) -> Facts:
    spec = draft(data).platform
    assert spec is not None
    row = catalog.targets[spec.target.kind]
    choices: dict[int, Choice] = {}
    for place, one in enumerate(spec.pools):
        choice = choose(one, "", row.name, catalog, region_of(spec.target))
        assert isinstance(choice, Choice)
        choices[place] = choice
    return coherence.facts_of(
        spec.layers.gpu, dict(enumerate(spec.pools)), choices, spec.target, row, catalog, spec.tenants
    )


def refused(data: dict[str, Any], catalog: Catalog) -> tuple[Problem, ...]:
    try:
        load_plan(data, "f", catalog)
    except InputError as error:
        return error.problems
    return ()


def test_there_are_enough_rules_and_each_has_a_case_and_no_case_is_of_an_unknown_rule() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 25
    assert set(CASES) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_fires_on_its_bad_spec_and_the_plan_is_refused(name: str) -> None:
    case = CASES[name]
    catalog = case.bad_catalog(load())
    found = list(RULES[name].check(facts(case.bad, catalog)))
    assert found, f"{name} does not fire"
    for one in found:
        assert one.where
        assert one.fix
    assert any(f"(rule {name}: " in one.fix for one in refused(case.bad, catalog)), (
        "nobody is told of the rule"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_is_silent_on_the_neighbour(name: str) -> None:
    case = CASES[name]
    catalog = case.good_catalog(load())
    assert list(RULES[name].check(facts(case.good, catalog))) == []
    assert bool(refused(case.good, catalog)) == bool(case.also), refused(case.good, catalog)


@pytest.mark.parametrize("one", [*coherence.RULES, *rendered.INVARIANTS], ids=lambda one: one.name)
def test_a_rule_says_what_it_prevents_and_who_told_of_it(one: Any) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one.name)
    assert len(one.prevents) > 30
    assert re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+", one.thread)


EXPORTERS_OF_OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "two of others": (
        brought(pool("driver-installed", "MI300X:8"), brought=["amd-gpu-operator", "amd-metrics-exporter"]),
        "amd-metrics-exporter",
    ),
    "theirs beside their operator's": (
        brought(pool("driver-installed"), brought=["nvidia-gpu-operator", "dcgm-exporter"]),
        "dcgm-exporter",
    ),
    "theirs beside the target's": (gcp(brought=["dcgm-exporter"]), "dcgm-exporter"),
}


@pytest.mark.parametrize("way", EXPORTERS_OF_OTHERS)
def test_a_second_exporter_on_a_node_is_refused_whoever_runs_the_first(way: str) -> None:
    data, theirs = EXPORTERS_OF_OTHERS[way]
    (problem,) = RULES["metrics-twice"].check(facts(data, load()))
    assert problem.given == theirs
    assert f"leave {theirs} out" in problem.fix


def test_an_exporter_of_one_vendor_disturbs_no_nodes_of_another() -> None:
    both = [pool("bare"), pool("driver-installed", "MI300X:8", name="amd")]
    data = brought(*both, operator={}, brought=["amd-metrics-exporter"])
    assert list(RULES["metrics-twice"].check(facts(data, load()))) == []


def test_a_refusal_names_the_rule_and_its_thread() -> None:
    (problem,) = refused(brought(pool("bare")), load())
    assert problem.where == "platform.pools[1].image"
    assert "write operator: {}" in problem.fix
    assert "(rule driver-never: https://github.com/" in problem.fix


def test_what_is_wrong_by_itself_is_said_once() -> None:
    data = brought(pool("driver-installed", "T4:8", sharing={"mig": {"1g.5gb": 7}}))
    found = [one for one in refused(data, load()) if one.where == "platform.pools[1].sharing"]
    assert len(found) == 1


def test_settings_for_real_accelerators_are_refused_where_they_are_simulated() -> None:
    data = with_gpus(gpu_pool(), layers={"gpu": {"operator": {}, "brought": ["amd-device-plugin"]}})
    assert {one.where for one in refused(data, load())} == {
        "platform.layers.gpu.brought",
        "platform.layers.gpu.operator",
    }
    assert not refused(with_gpus(gpu_pool(), layers={"gpu": {"enabled": True}}), load())


def daemon(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "x", "namespace": "s"}
    return {"kind": "DaemonSet", "metadata": metadata, "spec": {"template": {"spec": spec}}}


QUOTA = {
    "kind": "ResourceQuota",
    "metadata": {"name": "q", "namespace": "s"},
    "spec": {
        "scopeSelector": {
            "matchExpressions": [
                {"scopeName": "PriorityClass", "operator": "In", "values": list(rendered.CRITICAL)}
            ]
        }
    },
}
CHOSEN = {"nodeSelector": {"a": "b"}}
BROKEN: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "tolerations-are-keyed": (
        [daemon(**CHOSEN, tolerations=[{"operator": "Exists"}])],
        [daemon(**CHOSEN, tolerations=[{"key": "a", "operator": "Exists"}])],
    ),
    "critical-pods-are-admitted": (
        [daemon(**CHOSEN, priorityClassName="system-node-critical")],
        [daemon(**CHOSEN, priorityClassName="system-node-critical"), QUOTA],
    ),
    "daemons-only-where-wanted": ([daemon()], [daemon(**CHOSEN)]),
}


@pytest.mark.parametrize("one", rendered.INVARIANTS, ids=lambda one: one.name)
def test_objects_that_break_an_invariant_stop_the_preview(one: Any) -> None:
    bad, good = BROKEN[one.name]
    assert list(one.check(bad))
    assert list(one.check(good)) == []
    with pytest.raises(FairleadError, match=f"(?s)layer gpu.*rule: *{one.name}"):
        rendered.verify(bad, "layer gpu")
    rendered.verify(good, "layer gpu")
