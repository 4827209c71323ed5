"""Versions that must fit: Kubernetes and the charts of a plan, and the charts of the lock among each other.

A spec chooses the first; the second is the lock's alone, since no spec overrides a chart's version. It is held
by `lock_problems`, which the tests and `tools/generate.py --check` ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairlead.catalog import lock
from fairlead.catalog.compatibility import FILE, Compatibility, Kubernetes, Rows, load, numbers
from fairlead.catalog.lock import ChartRow, ImageRow
from fairlead.errors import Problem
from fairlead.plan.fabric_model import FabricsPlan
from fairlead.plan.layer_rows import ROWS
from fairlead.plan.model import LayerPlan, PlatformPlan
from fairlead.spec.layer import Layers
from fairlead.spec.target import CloudTarget
from fairlead.spec.targets import AnyTarget

VERSION = "platform.target.version"


@dataclass(frozen=True)
class Use:
    """A chart that a platform runs, or an image that comes by none and has a row of its own."""

    chart: str
    layer: str = ""
    """Layer that brings it; empty where the target itself does."""

    @property
    def place(self) -> str:
        """Where a spec asks for it."""
        return f"platform.layers.{self.layer}.enabled" if self.layer else "platform.target.kind"


def asked(layers: Layers) -> list[Use]:
    """The charts that a spec asks for by its layers alone, before anything is planned."""
    return [
        Use(chart, name)
        for name, row in ROWS.items()
        if layers.enabled(name)
        for chart in (*row.charts, *_apart(row.images))
    ]


def _apart(images: Iterable[str]) -> list[str]:
    """Those of which a row speaks although no chart is called so."""
    return [name for name in images if name in load() and name not in lock.charts()]


def planned(layers: Iterable[LayerPlan], fabrics: FabricsPlan, own: Iterable[str]) -> list[Use]:
    """All charts of a plan; own: those of its target."""
    return [
        *(
            Use(chart, layer.name)
            for layer in layers
            if layer.enabled
            for chart in (*layer.charts, *_apart(ROWS[layer.name].images))
        ),
        *(Use(part.name) for part in fabrics.parts if part.name in lock.charts()),
        *(Use(chart) for chart in own),
    ]


def of_plan(plan: PlatformPlan, target: AnyTarget) -> Iterator[Problem]:
    """What of a whole plan does not run on its Kubernetes: also what accelerators, networks and target bring."""
    yield from problems(planned(plan.layers, plan.fabrics, plan.site.own_charts), plan.kubernetes, target)


def problems(
    uses: Sequence[Use], kubernetes: str, target: AnyTarget, rows: Rows | None = None
) -> Iterator[Problem]:
    """Charts that do not run on this Kubernetes: at the version if the spec can write one, else at each layer."""
    found: dict[str, list[tuple[Use, Compatibility, Kubernetes]]] = {}
    for use, row, said in _known(uses, rows):
        if not said.allows(kubernetes):
            place = VERSION if isinstance(target, CloudTarget) else use.place
            found.setdefault(place, []).append((use, row, said))
    for place, wrong in found.items():
        yield _refusal(place, wrong, kubernetes)


def _known(uses: Sequence[Use], rows: Rows | None) -> Iterator[tuple[Use, Compatibility, Kubernetes]]:
    """The charts of which something is stated, each once."""
    table = load() if rows is None else rows
    seen: set[str] = set()
    for use in uses:
        row = table.get(use.chart)
        if row and row.kubernetes and use.chart not in seen:
            seen.add(use.chart)
            yield use, row, row.kubernetes


def _refusal(place: str, wrong: Sequence[tuple[Use, Compatibility, Kubernetes]], kubernetes: str) -> Problem:
    which = ", ".join(f"{row.name} {row.version} needs {said.needed}" for _, row, said in wrong)
    layers = list(dict.fromkeys(use.layer for use, _, _ in wrong if use.layer))
    off = f"switch layer{'s' * (len(layers) > 1)} {', '.join(layers)} off" if layers else ""
    write = f"write another version, in {VERSION}" if place == VERSION else ""
    return Problem(
        place,
        f"does not fit Kubernetes {_minor(kubernetes)}: {which}",
        given=_minor(kubernetes) if place == VERSION else "true" if layers else "",
        allowed=f"Kubernetes {_together([said for _, _, said in wrong])}",
        fix=", or ".join(one for one in (write, off) if one) or "use a release of the lock that fits",
    )


def _together(all_said: Sequence[Kubernetes]) -> str:
    """What all of them run on."""
    low = max((said.min for said in all_said if said.min), key=numbers, default=None)
    high = min((said.max for said in all_said if said.max), key=numbers, default=None)
    if low and high:
        return f"{low} to {high}" if numbers(low) <= numbers(high) else "of no one version fits all of them"
    return f"{low} or newer" if low else f"{high} or older"


def notes(uses: Sequence[Use], kubernetes: str, rows: Rows | None = None) -> Iterator[str]:
    """Charts whose projects have not tested them on this Kubernetes, in one sentence."""
    told = [
        f"{row.name} {row.version} ({doubt})"
        for _, row, said in _known(uses, rows)
        if said.allows(kubernetes) and (doubt := said.doubt(kubernetes))
    ]
    if told:
        yield (
            f"Kubernetes {_minor(kubernetes)} lies outside of what the projects of these charts say that they support"
            f" or test on: {', '.join(told)}. docs/compatibility.md has all of them."
        )


def _minor(version: str) -> str:
    return ".".join(str(one) for one in numbers(version)[:2])


def lock_problems(
    charts: Mapping[str, ChartRow] | None = None,
    images: Mapping[str, ImageRow] | None = None,
    rows: Rows | None = None,
) -> list[Problem]:
    """Pairs of the lock that do not fit, and rows that speak of another release than the lock has."""
    locked = lock.charts() if charts is None else charts
    built = lock.images() if images is None else images
    table = load() if rows is None else rows
    found = [
        Problem(f"{FILE} [{name}]", "the lock has this chart, and no row says what it fits", fix=_read(name))
        for name in locked
        if name not in table
    ]
    for name, row in table.items():
        release = locked[name].version if name in locked else built[name].tag if name in built else None
        if release:
            found += _release(row, release)
            found += _pairs(row, release, locked, table)
            found += _programs(row, built)
    return found


def _read(name: str) -> str:
    return f"read what the project says of this release of {name}, and write it with its source and date"


def _release(row: Compatibility, locked: str) -> Iterator[Problem]:
    if row.version != locked:
        what = "the row speaks of another release than the lock has"
        yield Problem(f"{FILE} [{row.name}] version", what, row.version, locked, _read(row.name))


def _pairs(
    row: Compatibility, release: str, locked: Mapping[str, ChartRow], table: Rows
) -> Iterator[Problem]:
    for name, partner in row.needs.items():
        if name not in locked:
            continue
        version, who = locked[name].version, f"{row.name} {release}"
        if not partner.fits(version):
            what = f"{who} was made for {name} {partner.version} ({partner.strength}: {partner.source})"
            fix = f"move {row.name} and {name} together, or write in {FILE} what shows that the pair works"
            yield Problem(f"charts.toml [{name}] version", what, version, partner.allowed, fix)
        serves = table[name].serves if name in table else ()
        missing = [api for api in partner.apis if api not in serves]
        if missing:
            what = f"{who} uses API versions of it that its CRDs do not serve"
            fix = f"take a release of {name} that serves {missing[0]}"
            yield Problem(f"{FILE} [{name}] serves", what, ", ".join(serves), ", ".join(missing), fix)


def _programs(row: Compatibility, images: Mapping[str, ImageRow]) -> Iterator[Problem]:
    for name, program in row.runs.items():
        if name in images and not program.first <= numbers(images[name].tag)[0] <= program.last:
            what = f"{row.name} {row.version} runs other major versions of it"
            allowed = f"{program.first} to {program.last}"
            fix = f"take an image of {name} {allowed}"
            yield Problem(f"images.toml [{name}] tag", what, images[name].tag, allowed, fix)
