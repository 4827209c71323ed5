"""Checks that no file on the local target can show, and the proof that every check counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.specs import gpu_pool, minimal, scaling_catalog, with_gpus

from fairlead.catalog.model import Catalog
from fairlead.catalog.read import load as load_catalog
from fairlead.errors import InputError, Problem
from fairlead.plan import check, check_tenants
from fairlead.plan.load import load_plan
from fairlead.spec.layers import read_spec

BAD = sorted((Path(__file__).resolve().parents[1] / "spec" / "bad").glob("*.yaml"))


def problems(data: Any, catalog: Catalog | None = None, **more: Any) -> list[Problem]:
    try:
        load_plan(data, "f", catalog or scaling_catalog(), **more)
    except InputError as error:
        return list(error.problems)
    return []


def only(data: Any, catalog: Catalog | None = None) -> Problem:
    (problem,) = problems(data, catalog)
    return problem


def test_where_pools_scale_min_and_max_may_differ() -> None:
    assert not problems(with_gpus({**gpu_pool(), "min": 0}))


def test_where_pools_scale_one_plain_node_must_always_be_there() -> None:
    data = minimal()
    data["pools"][0]["min"] = 0
    assert only(data).what == "no node is always there for the platform's own pods: min is 0 in system"
    data["pools"].append({"name": "second", "min": 1, "max": 1})
    assert not problems(data)


def test_simulated_plain_nodes_do_not_carry_the_platforms_own_pods() -> None:
    catalog = load_catalog()
    host = replace(catalog.machines["local"]["host"], simulated=True, cpu="4", memory="8Gi")
    fake = replace(catalog, machines={"local": {**catalog.machines["local"], "host": host}})
    assert only(minimal(), fake).what == "no pool for the platform's own pods"


@pytest.mark.parametrize(
    ("resource", "share", "most"), [("cpu", "5", "at most 4"), ("memory", "17Gi", "at most 16Gi")]
)
def test_plain_shares_above_plain_nodes_of_known_size_are_refused(
    resource: str, share: str, most: str
) -> None:
    problem = only(minimal(tenants=[{"name": "a", "quota": {resource: share}}]))
    assert problem.where == f"platform.tenants[0].quota.{resource}"
    assert problem.allowed == most


def test_a_target_without_plain_machines_says_so() -> None:
    catalog = load_catalog()
    machines = {name: row for name, row in catalog.machines["local"].items() if row.accelerator}
    problem = only(minimal(), replace(catalog, machines={"local": machines}))
    assert problem.where == "platform.pools[0]"
    assert "has no machine without accelerators" in problem.what


def test_an_accelerator_of_another_target_is_told_where_it_is() -> None:
    here, there = load_catalog(), scaling_catalog()
    targets = {**here.targets, "moon": replace(there.targets["local"], name="moon")}
    rows = {name: replace(row, simulated=False, vcpus=8) for name, row in there.machines["local"].items()}
    both = replace(here, targets=targets, machines={**here.machines, "moon": rows})
    problem = only(with_gpus(gpu_pool("amd", "MI300X:8")), both)
    assert problem.fix.startswith("target azure, moon has MI300X:8; ")


def test_more_kinds_of_capacity_than_a_queue_can_hold_are_refused() -> None:
    catalog = load_catalog()
    few = {**catalog.limits, "queue-flavors": replace(catalog.limits["queue-flavors"], value=2)}
    small = replace(catalog, limits=few)
    data = with_gpus(gpu_pool("a"), gpu_pool("b"), gpu_pool("c", capacity="spot"), gpu_pool("d", "L4:1"))
    assert only(data, small).where == "platform.pools[3]"
    assert not problems(with_gpus(gpu_pool("a"), gpu_pool("b")), small)


def test_shares_up_to_the_last_accelerator_are_accepted_and_one_more_is_not() -> None:
    def spec(count: int) -> dict[str, Any]:
        shares = [{"name": "a", "quota": {"accelerators": {"H100": 20}}}]
        return with_gpus(tenants=[*shares, {"name": "b", "quota": {"accelerators": {"h100": count}}}])

    assert not problems(spec(12))
    problem = only(spec(13))
    assert problem.where == "platform.tenants[1].quota.accelerators.h100"
    assert problem.given == "33 in all: a 20, b 13"


def test_an_unreadable_pool_makes_no_promise_look_too_big() -> None:
    data = with_gpus(gpu_pool(nodes=-1), tenants=[{"name": "a", "quota": {"accelerators": {"H100": 8}}}])
    assert {problem.where for problem in problems(data)} == {"platform.pools[1].min", "platform.pools[1].max"}


def test_a_pool_without_a_machine_makes_no_promise_look_too_big() -> None:
    data = with_gpus(
        gpu_pool(accelerators="H100:7"), tenants=[{"name": "a", "quota": {"accelerators": {"H100": 8}}}]
    )
    assert only(data).where == "platform.pools[1].accelerators"


@pytest.mark.parametrize("name", ["kube", "kube-public", "default", "fairlead", "fairlead-x", "a-system"])
def test_reserved_namespaces_are_refused(name: str) -> None:
    assert "reserved" in only(minimal(tenants=[{"name": name, "quota": {}}])).what


@pytest.mark.parametrize("name", ["kubeflow-users", "defaults", "system-team", "fair"])
def test_names_that_only_look_reserved_are_accepted(name: str) -> None:
    assert not problems(minimal(tenants=[{"name": name, "quota": {}}]))


def test_the_origin_of_a_wrong_value_is_told_beside_it() -> None:
    data = with_gpus(gpu_pool(accelerators="H100:3"))
    (problem,) = problems(data, origins={"platform.pools[1].accelerators": "stacks/Pulumi.x.yaml:7"})
    assert problem.given == "H100:3 (stacks/Pulumi.x.yaml:7)"


def refusals() -> dict[str, list[str]]:
    catalog, found = load_catalog(), {}
    for path in BAD:
        try:
            load_plan(read_spec(path).value, path.name, catalog)
            found[path.name] = []
        except InputError as error:
            found[path.name] = [str(problem) for problem in error.problems]
    return found


def nothing(*_args: Any, **_named: Any) -> tuple[Problem, ...]:
    return ()


RULES: list[tuple[Any, str]] = [
    (check, "unique_names"),
    (check, "_layers"),
    (check, "_sizes"),
    (check, "_node_limits"),
    (check, "_system_nodes"),
    (check_tenants, "names"),
    (check_tenants, "quotas"),
    (check_tenants, "_too_much"),
]


@pytest.mark.parametrize(("module", "rule"), RULES, ids=[rule for _, rule in RULES])
def test_without_any_one_rule_some_wrong_file_is_no_longer_refused(
    module: Any, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = refusals()
    silent: Callable[..., tuple[Problem, ...]] = nothing
    monkeypatch.setattr(module, rule, silent)
    after: dict[str, list[str]] = {}
    try:
        after = refusals()
    except Exception as error:
        pytest.fail(f"{rule} hides a failure of the resolver: {error!r}")
    assert any(before[name] and not after[name] for name in before), f"no wrong file shows that {rule} works"
