"""What holds for every spec: the resolver refuses or decides, and what it decides adds up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.strategies import fitting_platforms, platforms

from fairlead.catalog.read import load as load_catalog
from fairlead.errors import InputError
from fairlead.plan import show
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.values import quantity, seconds, span

LABEL_VALUE = re.compile(r"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
LABEL_KEY = re.compile(r"^[a-z0-9.]+/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
DNS = re.compile(r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")


def plan_of(data: dict[str, Any]) -> PlatformPlan:
    return load_plan(data, "f", load_catalog())


def plan_or_refusal(data: Any) -> PlatformPlan | InputError:
    """Whatever else is raised is a failure of the test."""
    try:
        return load_plan(data, "f", load_catalog())
    except InputError as error:
        return error


@given(platforms())
def test_every_spec_is_planned_or_refused_with_reasons(data: dict[str, Any]) -> None:
    outcome = plan_or_refusal(data)
    if isinstance(outcome, PlatformPlan):
        assert show.to_text(outcome)
        return
    assert outcome.problems
    assert all(problem.where.startswith("platform") and problem.what for problem in outcome.problems)
    assert len({str(problem) for problem in outcome.problems}) == len(outcome.problems), "told twice"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "pools", "tenants", "target", "kind", "quota", "min", "layers", "x", 7]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(JUNK)
def test_no_junk_of_any_shape_brings_the_resolver_down(data: Any) -> None:
    outcome = plan_or_refusal(data)
    assert isinstance(outcome, InputError), "junk has a plan"
    assert outcome.problems


@given(platforms(), st.data())
def test_a_broken_part_never_brings_the_resolver_down(spec: dict[str, Any], data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(sorted(spec)))
    outcome = plan_or_refusal({**spec, part: data.draw(JUNK)})
    assert isinstance(outcome, PlatformPlan) or outcome.problems


def total(amounts: Iterable[Mapping[str, str]], resource: str) -> Fraction:
    return sum((quantity(amount[resource]) for amount in amounts), Fraction(0))


@given(fitting_platforms())
def test_shares_and_what_is_left_add_up_to_the_total_of_every_flavor(data: dict[str, Any]) -> None:
    queues = plan_of(data).queues
    for place, flavor in enumerate(queues.flavors):
        shares = [queue.quotas[place] for queue in queues.queues]
        assert {share.flavor for share in shares} | {queues.shared[place].flavor} == {flavor.name}
        for resource in queues.resources:
            given_out = total((share.nominal for share in (*shares, queues.shared[place])), resource)
            assert given_out == quantity(flavor.totals[resource]), (flavor.name, resource)


@given(fitting_platforms())
def test_totals_are_what_the_pools_have_and_no_tenant_gets_less_than_promised(data: dict[str, Any]) -> None:
    plan = plan_of(data)
    flavors = plan.queues.flavors
    for resource in plan.queues.resources[2:]:
        nodes = sum(pool.max_nodes * pool.count for pool in plan.pools if pool.resource == resource)
        assert total((flavor.totals for flavor in flavors), resource) == nodes
    for tenant, queue in zip(data["tenants"], plan.queues.queues, strict=True):
        for accelerator, count in tenant["quota"]["accelerators"].items():
            mine = [
                q.nominal for q, f in zip(queue.quotas, flavors, strict=True) if f.accelerator == accelerator
            ]
            assert total(mine, "nvidia.com/gpu") == count


@given(fitting_platforms())
def test_every_flavor_lists_every_covered_resource(data: dict[str, Any]) -> None:
    queues = plan_of(data).queues
    amounts = [flavor.totals for flavor in queues.flavors] + [quota.nominal for quota in queues.shared]
    amounts += [quota.nominal for queue in queues.queues for quota in queue.quotas]
    assert {tuple(amount) for amount in amounts} == {queues.resources}
    assert all(len(queue.quotas) == len(queues.flavors) for queue in queues.queues)


@given(fitting_platforms())
def test_labels_and_names_are_what_kubernetes_accepts(data: dict[str, Any]) -> None:
    plan = plan_of(data)
    labels = [pool.labels for pool in plan.pools] + [flavor.node_labels for flavor in plan.queues.flavors]
    for key, value in (pair for group in labels for pair in group.items()):
        assert LABEL_KEY.match(key)
        assert LABEL_VALUE.match(value)
    names = [
        plan.queues.cohort,
        *(one.name for one in plan.queues.topologies),
        *(flavor.name for flavor in plan.queues.flavors),
    ]
    names += [name for queue in plan.queues.queues for name in (queue.name, queue.namespace)]
    assert all(DNS.match(name) for name in names)


@given(fitting_platforms())
def test_every_node_belongs_to_exactly_one_flavor(data: dict[str, Any]) -> None:
    plan = plan_of(data)
    for pool in plan.pools:
        homes = [f for f in plan.queues.flavors if f.node_labels.items() <= pool.labels.items()]
        assert len(homes) == 1
        assert homes[0].node_taints == pool.taints


@given(fitting_platforms(), st.integers(0, 2**32))
def test_the_order_of_the_pools_changes_no_quota(data: dict[str, Any], seed: int) -> None:
    shuffled = list(data["pools"])
    Random(seed).shuffle(shuffled)
    plan, other = plan_of(data), plan_of({**data, "pools": shuffled})
    assert other.queues == plan.queues
    assert sorted(other.pools, key=lambda p: p.name) == sorted(plan.pools, key=lambda p: p.name)
    assert other.layers[1:] == plan.layers[1:]


@given(fitting_platforms())
def test_the_same_spec_prints_the_same_bytes(data: dict[str, Any]) -> None:
    assert show.to_json(plan_of(data)) == show.to_json(plan_of(dict(reversed(data.items()))))
    assert show.to_text(plan_of(data)) == show.to_text(plan_of(data))


@given(st.integers(1, 10_000_000))
def test_a_span_reads_as_the_seconds_it_was_made_of(whole: int) -> None:
    assert seconds(span(whole)) == whole
