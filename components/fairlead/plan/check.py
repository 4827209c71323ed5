"""What must hold between the parts of a spec and against the catalogue: every problem at once.

The checks run on a draft: parts that are sound take part even where others are not, and a check
that needs all pools says nothing as long as one of them cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fairlead.catalog.model import Catalog, TargetRow
from fairlead.errors import Problem, one_of
from fairlead.plan import (
    check_fabric,
    check_pools,
    check_sharing,
    check_tenants,
    coherence,
    compatibility,
    databases,
    gateway,
    logs,
    model_registry,
    monitoring,
    pipelines,
    policies,
    provisioning,
    secrets,
    secrets_model,
    sites,
    store,
    tracking,
    workflows,
)
from fairlead.plan.layer_rows import ROWS
from fairlead.plan.machines import Choice, choose
from fairlead.plan.pools import kubernetes_of, region_of
from fairlead.plan.sharing import asked_as
from fairlead.spec.layer import Layers
from fairlead.spec.load import Draft
from fairlead.spec.pool import Pool
from fairlead.spec.target import CloudTarget
from fairlead.spec.targets import AnyTarget

POOLS = "platform.pools"


def check(draft: Draft, catalog: Catalog) -> list[Problem]:
    """Every problem of a draft that more than one field or the catalogue decides."""
    found = [
        *unique_names(draft.pool_names, POOLS),
        *unique_names(draft.tenant_names, check_tenants.TENANTS),
        *check_tenants.names(draft.tenants),
        *(_layers(draft.layers, draft.pools) if draft.layers else ()),
        *(tracking.check(draft.layers, draft.tenants) if draft.layers else ()),
        *(workflows.check(draft.layers) if draft.layers else ()),
        *(monitoring.check(draft.layers.monitoring, draft.tenants) if draft.layers else ()),
        *(databases.check(draft.layers, draft.kind) if draft.layers and draft.kind else ()),
        *(gateway.check(draft.layers, draft.kind, draft.tenants) if draft.layers and draft.kind else ()),
    ]
    target = catalog.targets.get(draft.kind) if draft.kind else None
    known = tuple(catalog.regions[target.name]) if target else ()
    found += policies.check(draft.policies, known) if draft.policies else ()
    if target is None:
        return found
    region = region_of(draft.target) if draft.target else None
    if region not in catalog.regions[target.name]:
        region = None  # said below, once: machines are not judged by a region that does not exist
    if region is not None and draft.layers:
        found += databases.zones(draft.layers, catalog.regions[target.name][region])
    choices: dict[int, Choice] = {}
    for place, pool in draft.pools.items():
        where = f"{POOLS}[{place}]"
        choice = choose(pool, where, target.name, catalog, region)
        if isinstance(choice, Choice):
            choices[place] = choice
        else:
            found += choice
        found += _sizes(pool, where, target, catalog)
        if draft.target:
            found += check_pools.single(pool, where, draft.target, target, choices.get(place), catalog)
    found += logs.check(draft.logs, target.name, catalog.capabilities[target.name][logs.CAPABILITY])
    if draft.target:
        found += _target(draft.target, target, catalog)
        found += store.check(draft.layers, draft.target) if draft.layers else []
        can = catalog.capabilities[target.name][pipelines.LAYER]
        found += pipelines.check(draft.layers, draft.target, can) if draft.layers else []
        manager = catalog.capabilities[target.name][secrets_model.MANAGER]
        names = list(draft.tenant_names.values())
        found += secrets.check(draft.layers, draft.target, manager, names) if draft.layers else []
        can = catalog.capabilities[target.name][model_registry.LAYER]
        found += model_registry.check(draft.layers, target.name, can) if draft.layers else []
        found += _versions(draft.layers, draft.target, target, found) if draft.layers else []
        found += sites.of(target.name).check(draft.target, draft.pools, choices, catalog)
        found += provisioning.problems(draft.pools, choices, provisioning.provisioned(draft.target))
    found += check_pools.overlaps(draft.pools, choices, POOLS)
    found += _node_limits(draft.pools, choices)
    complete = draft.all_pools and len(choices) == len(draft.pools)
    found += _flavors(draft.pools, choices, catalog)
    found += _system_nodes(draft.pools, choices, target, complete)
    found += check_tenants.quotas(draft.tenants, draft.pools, choices, catalog, complete)
    found += check_fabric.check(draft.pools, draft.tenants, choices, target.name, catalog, complete)
    coherent = list(_coherence(draft, choices, target, catalog, {problem.where for problem in found}))
    shares = check_sharing.pools(draft.pools, choices, target, catalog, draft.layers, POOLS)
    # Of one place a coherence rule tells more: its name, and who met the failure.
    ruled = {problem.where for problem in coherent}
    return [*found, *(one for one in shares if one.where not in ruled), *coherent]


def _coherence(
    draft: Draft, choices: Mapping[int, Choice], target: TargetRow, catalog: Catalog, said: set[str]
) -> Iterator[Problem]:
    """What does not fit together, except where something is wrong by itself already."""
    if draft.target is None or draft.layers is None:
        return
    tenants = draft.tenants.values()
    for one in coherence.check(
        draft.layers.gpu, draft.pools, choices, draft.target, target, catalog, tenants
    ):
        if one.where not in said:
            yield one


def _versions(layers: Layers, target: AnyTarget, row: TargetRow, found: Sequence[Problem]) -> list[Problem]:
    """Layers whose charts do not run on this Kubernetes, except where something is wrong by itself already."""
    said = {problem.where for problem in found}
    uses = compatibility.asked(layers)
    return [
        one
        for one in compatibility.problems(uses, kubernetes_of(target, row), target)
        if one.where not in said
    ]


def unique_names(names: Mapping[int, str], path: str) -> Iterator[Problem]:
    """A problem for each name that an earlier entry of the list has too."""
    first: dict[str, int] = {}
    for place, name in names.items():
        earlier = first.setdefault(name, place)
        if earlier != place:
            yield Problem(
                f"{path}[{place}].name",
                f"the name is taken: {path}[{earlier}] has it",
                given=name,
                allowed="a name that no other entry of the list has",
            )


def _target(target: AnyTarget, row: TargetRow, catalog: Catalog) -> Iterator[Problem]:
    """Region, zones and version of a cloud's target."""
    if not isinstance(target, CloudTarget):
        return
    regions = catalog.regions[row.name]
    region = regions.get(target.region)
    if region is None:
        allowed = one_of(list(regions), target.region)
        yield Problem("platform.target.region", "the catalogue has no such region", target.region, allowed)
    else:
        for place, zone in enumerate(target.zones):
            if zone not in region.zones:
                what = f"region {region.name} has no such zone"
                path = f"platform.target.zones[{place}]"
                yield Problem(path, what, zone, one_of(region.zones, zone))
    if len(set(target.zones)) != len(target.zones):
        yield Problem("platform.target.zones", "names a zone twice", ", ".join(target.zones))
    if target.version and target.version not in row.versions:
        what = f"target {row.name} has not been tried with this Kubernetes version"
        allowed = one_of(row.versions, target.version)
        yield Problem("platform.target.version", what, target.version, allowed)
    yield from _endpoint(target)


def _endpoint(target: CloudTarget) -> Iterator[Problem]:
    endpoint, where = target.endpoint, "platform.target.endpoint"
    if endpoint.public and not endpoint.allow:
        fix = "list the ranges of your offices and runners, or leave public out"
        yield Problem(f"{where}.allow", "a public API server must say who may call it", fix=fix)
    for place, cidr in enumerate(endpoint.allow):
        if cidr in ("0.0.0.0/0", "::/0"):
            fix = "list the ranges that need it"
            yield Problem(f"{where}.allow[{place}]", "would let the whole internet in", cidr, fix=fix)


def _sizes(pool: Pool, where: str, target: TargetRow, catalog: Catalog) -> Iterator[Problem]:
    if pool.max < pool.min:
        yield Problem(
            f"{where}.max",
            "max is below min",
            str(pool.max),
            f"at least {pool.min}",
            "raise max or lower min",
        )
    elif pool.max != pool.min and not target.autoscaling:
        reason = catalog.capabilities[target.name]["autoscaling"].reason
        yield Problem(
            f"{where}.min",
            f"min and max differ, but target {target.name} does not scale: {reason}",
            given=f"min {pool.min}, max {pool.max}",
            allowed="the same number for both",
            fix=f"write min: {pool.max}",
        )


def _node_limits(pools: Mapping[int, Pool], choices: Mapping[int, Choice]) -> Iterator[Problem]:
    """No more nodes of a machine type than there can be, over all pools of that type."""
    used: dict[str, int] = {}
    for place, choice in choices.items():
        machine, pool = choice.machine, pools[place]
        if machine.max_nodes is None:
            continue
        before = used.get(machine.name, 0)
        used[machine.name] = before + pool.max
        if used[machine.name] > machine.max_nodes:
            yield Problem(
                f"{POOLS}[{place}].max",
                f"there can be {machine.max_nodes} of machine {machine.name}: {machine.max_nodes_reason}",
                given=f"{pool.max}" + (f", after {before} in earlier pools" if before else ""),
                allowed=f"at most {max(machine.max_nodes - before, 0)} here",
                fix="lower max"
                if machine.max_nodes > before
                else "remove this pool or give it another machine",
            )


def _flavors(pools: Mapping[int, Pool], choices: Mapping[int, Choice], catalog: Catalog) -> Iterator[Problem]:
    """No more kinds of capacity than one queue can hold."""
    most = catalog.limits["queue-flavors"].value
    seen: set[tuple[str | None, tuple[str, ...]]] = set()
    for place, choice in choices.items():
        kind = (asked_as(pools[place], choice.machine.accelerator), pools[place].capacity)
        if kind not in seen and len(seen) == most:
            yield Problem(
                f"{POOLS}[{place}]",
                "a queue cannot hold one more pair of accelerator and capacity",
                given=f"{kind[0] or 'no accelerator'}, {'.'.join(kind[1])}",
                allowed=f"at most {most} pairs",
                fix="use fewer accelerators or fewer capacities",
            )
            return
        seen.add(kind)


def _system_nodes(
    pools: Mapping[int, Pool], choices: Mapping[int, Choice], target: TargetRow, complete: bool
) -> Iterator[Problem]:
    """The platform's own pods need a real node without accelerators that is always there."""
    if not complete:
        return
    real = [pools[place] for place, choice in choices.items() if _is_system(choice)]
    add = "add a pool without accelerators, for example {name: system, min: 1, max: 1}"
    if not real:
        yield Problem(
            POOLS,
            "no pool for the platform's own pods",
            allowed="at least one pool without accelerators",
            fix=add,
        )
    elif target.autoscaling and not any(pool.min for pool in real):
        names = ", ".join(pool.name for pool in real)
        yield Problem(
            POOLS,
            f"no node is always there for the platform's own pods: min is 0 in {names}",
            fix="write min: 1",
        )


def _is_system(choice: Choice) -> bool:
    return choice.machine.accelerator is None and not choice.machine.simulated


def _layers(layers: Layers, pools: Mapping[int, Pool]) -> Iterator[Problem]:
    enabled = {name: layers.enabled(name) for name in ROWS}
    for name, row in ROWS.items():
        for need, why in row.needs.items():
            if enabled[name] and not enabled[need]:
                yield _refused(need, f"layer {name} needs it: {why}", f"or switch {name} off too")
    with_accelerators = [pool.name for pool in pools.values() if pool.accelerators]
    if with_accelerators and not enabled["gpu"]:
        pool_list = ", ".join(with_accelerators)
        what = f"without it the nodes of pool {pool_list} do not advertise their accelerators"
        yield _refused("gpu", what, "or remove the accelerators")


def _refused(layer: str, what: str, otherwise: str) -> Problem:
    return Problem(
        f"platform.layers.{layer}.enabled", what, "false", "true", f"write enabled: true, {otherwise}"
    )
