"""Checks of how pools share accelerators: what the target, the accelerator and the autoscaler allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.catalog.model import Catalog, MigRow, TargetRow
from fairlead.errors import Problem, one_of
from fairlead.plan.machines import Choice
from fairlead.plan.sharing import NVIDIA, SHARED, asked_as, plan_of, whole_of
from fairlead.spec.layer import Layers
from fairlead.spec.pool import Pool
from fairlead.spec.sharing import Mig, Mps

MPS_CLIENTS = 48
"""Most processes that MPS serves on one accelerator. NVIDIA k8s-device-plugin v0.19.3,
cmd/mps-control-daemon/mps/device.go; GKE takes no more either, for MPS and for time sharing. 2026-11-24
"""
GROWING = "sharing-autoscaled"
CUT_BY_OPERATOR = ("aws",)
"""Targets on which nobody cuts accelerators but the MIG manager of the GPU operator."""


def pools(
    given: Mapping[int, Pool],
    choices: Mapping[int, Choice],
    target: TargetRow,
    catalog: Catalog,
    layers: Layers | None,
    root: str,
) -> Iterator[Problem]:
    """Every problem of sharing, pool by pool and between pools. layers: of the spec, where they can be read."""
    uncut = layers is not None and layers.gpu.operator is None and target.name in CUT_BY_OPERATOR
    for place, pool in given.items():
        where = f"{root}[{place}]"
        yield from _whole(pool, where)
        if pool.sharing != "none":
            yield from _one(pool, f"{where}.sharing", choices.get(place), target, catalog)
        if uncut and isinstance(pool.sharing, Mig):
            what = f"nothing cuts accelerators of target {target.name} but the GPU operator's MIG manager"
            fix = "add platform.layers.gpu.operator: {}, or choose time-slicing or mps"
            yield Problem(f"{where}.sharing", what, "mig", fix=fix)
    yield from _alike(given, choices, root)


def _whole(pool: Pool, where: str) -> Iterator[Problem]:
    asked = pool.accelerators
    if asked and asked.share:
        yield Problem(
            f"{where}.accelerators",
            "a pool says which accelerators its machines carry, and under sharing how they are cut",
            given=str(asked),
            allowed=f"NAME:COUNT, for example {asked.name}:{asked.count}",
            fix=f"write {asked.name}:COUNT here, and sharing beside it; jobs ask for {asked.called}",
        )


def _one(
    pool: Pool, where: str, choice: Choice | None, target: TargetRow, catalog: Catalog
) -> Iterator[Problem]:
    if not pool.accelerators:
        yield Problem(where, "the pool has no accelerators to share", fix="leave sharing out")
        return
    kind, rows = plan_of(pool.sharing).kind, catalog.capabilities[target.name]
    if rows[f"sharing-{kind}"].status == "unsupported":
        what = f"target {target.name} cannot do this: {rows[f'sharing-{kind}'].reason}"
        yield Problem(where, what, kind, _able(target, catalog), "choose one of these")
        return
    if kind == "dra" and pool.min != pool.max:
        what = "claims are placed on nodes that stand: no autoscaler here is known to make nodes for them"
        fix = f"write min: {pool.max} (https://github.com/kubernetes-sigs/karpenter/issues/1231, #3228)"
        yield Problem(where, what, f"min {pool.min}, max {pool.max}", fix=fix)
    elif pool.min != pool.max and rows[GROWING].status == "unsupported":
        yield Problem(
            where,
            f"a pool that grows cannot share its accelerators here: {rows[GROWING].reason}",
            given=f"{kind}, min {pool.min}, max {pool.max}",
            fix=f"write min: {pool.max}, or leave sharing out",
        )
    if isinstance(pool.sharing, Mps) and pool.sharing.replicas > MPS_CLIENTS:
        what, given = "MPS serves fewer processes on one accelerator", str(pool.sharing.replicas)
        yield Problem(f"{where}.mps", what, given, f"2 to {MPS_CLIENTS}")
    if choice is not None and choice.accelerator is not None:
        if choice.accelerator.resource != NVIDIA:
            what = f"accelerators of {choice.accelerator.vendor} are handed out whole"
            yield Problem(where, what, kind, "none", "leave sharing out")
        elif isinstance(pool.sharing, Mig):
            yield from _mig(pool.sharing, where, choice.accelerator.name, catalog)


def _able(target: TargetRow, catalog: Catalog) -> str:
    rows = catalog.capabilities[target.name]
    ways = [way for way in ("mig", "time-slicing", "mps") if rows[f"sharing-{way}"].status != "unsupported"]
    return one_of(("none", *ways))


def _mig(asked: Mig, where: str, accelerator: str, catalog: Catalog) -> Iterator[Problem]:
    rows = catalog.mig.get(accelerator, {})
    if not rows:
        able = ", ".join(catalog.mig)
        what = f"no MIG profile of {accelerator} is known"
        yield Problem(where, what, allowed=f"MIG on {able}", fix="choose time-slicing, mps or none")
        return
    unknown = [profile for profile in asked.mig if profile not in rows]
    for profile in unknown:
        what = f"{accelerator} has no such MIG profile"
        yield Problem(f"{where}.mig.{profile}", what, profile, one_of(list(rows), profile))
    if not unknown:
        yield from _too_many(asked, where, accelerator, rows) or _mixed(asked, where)


def _too_many(asked: Mig, where: str, accelerator: str, rows: Mapping[str, MigRow]) -> list[Problem]:
    """More slices than one accelerator has, with the sum."""
    whole = whole_of(rows)
    sums = {
        "compute": (sum(rows[name].compute * count for name, count in asked.mig.items()), whole.compute),
        "memory": (sum(rows[name].memory * count for name, count in asked.mig.items()), whole.memory),
    }
    over = [f"{used} of {there} {what} slices" for what, (used, there) in sums.items() if used > there]
    most = [
        f"{name} fits {rows[name].most} times" for name, count in asked.mig.items() if count > rows[name].most
    ]
    if not over and not most:
        return []
    given = ", ".join(f"{count} x {name}" for name, count in asked.mig.items())
    takes = ", ".join(
        f"{name} takes {rows[name].compute} compute and {rows[name].memory} memory" for name in asked.mig
    )
    return [
        Problem(
            f"{where}.mig",
            f"this does not fit on one {accelerator}: {'; '.join((*over, *most))}",
            given,
            f"{whole.compute} compute and {whole.memory} memory slices in all; {takes}",
            "lower the counts",
        )
    ]


def _mixed(asked: Mig, where: str) -> Iterator[Problem]:
    if len(asked.mig) > 1:
        yield Problem(
            f"{where}.mig",
            "all slices of a pool are alike: nodes advertise them under one name, on every target",
            ", ".join(asked.mig),
            "one profile",
            "make a pool for each profile",
        )


def _alike(given: Mapping[int, Pool], choices: Mapping[int, Choice], root: str) -> Iterator[Problem]:
    """Shares of one name are of one size: neither the queue nor a job could tell them apart."""
    first: dict[str, int] = {}
    for place, choice in choices.items():
        plan = plan_of(given[place].sharing)
        name = asked_as(given[place], choice.machine.accelerator)
        if name is None or plan.share != SHARED:
            continue
        earlier = first.setdefault(name, place)
        if plan_of(given[earlier].sharing) != plan:
            other = plan_of(given[earlier].sharing)
            yield Problem(
                f"{root}[{place}].sharing",
                f"{root}[{earlier}] offers {name} too, in parts of another kind or size: jobs could not tell them"
                " apart",
                f"{plan.kind}: {plan.replicas}",
                f"the same as there ({other.kind}: {other.replicas})",
            )
