"""What must hold between the rows of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain

from fairlead.catalog.alerts import check_alerts
from fairlead.catalog.exporters import check_exporters
from fairlead.catalog.fabrics import check_fabrics
from fairlead.catalog.model import Catalog, MachineRow
from fairlead.catalog.prices import check_absent, check_prices, check_reserved
from fairlead.catalog.readings import check_readings
from fairlead.errors import Problem, one_of
from fairlead.values import quantity

STATUSES = ("supported", "unsupported", "unproven")
CAPACITIES = ("reserved", "on-demand", "flex", "spot")
ARCHITECTURES = ("amd64", "arm64")
OWNERS = ("none", "image", "cloud", "layer")
"""Who brings a part that accelerators need."""
GPU_MODES = ("simulated", "device-plugin")
DRIVER = re.compile(r"\d{3}(\.\d{2,3}){1,2}")
HOSTNAME = "kubernetes.io/hostname"


def check(catalog: Catalog) -> list[Problem]:
    """Every problem between rows; empty for a sound catalogue."""
    rules: tuple[Callable[[Catalog], Iterator[Problem]], ...] = (
        _accelerators,
        _machines,
        _capabilities,
        _targets,
        _node_images,
        check_prices,
        check_absent,
        check_reserved,
        _taints,
        _mig,
        _topologies,
        check_fabrics,
        check_readings,
        check_exporters,
        check_alerts,
    )
    return list(chain.from_iterable(rule(catalog) for rule in rules))


def _accelerators(catalog: Catalog) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for row in catalog.accelerators.values():
        where = f"accelerators.toml [{row.name}]"
        for spelling in (row.name, *row.aliases):
            owner = taken.setdefault(spelling.casefold(), row.name)
            if owner != row.name:
                yield Problem(where, f"{spelling} already means {owner}", given=spelling)
        yield from _quantities(where, job_cpu=row.job_cpu, job_memory=row.job_memory)
        if bool(row.driver_from) != bool(row.driver_source):
            yield Problem(where, "driver_from and driver_source go together")
        if row.driver_from and (row.vendor != "NVIDIA" or not DRIVER.fullmatch(row.driver_from)):
            yield Problem(
                f"{where} driver_from",
                "is no version of NVIDIA's driver",
                row.driver_from,
                "such as 570.133.20",
            )


def _machines(catalog: Catalog) -> Iterator[Problem]:
    for target, rows in catalog.machines.items():
        for row in rows.values():
            where = f"machines.{target}.toml [{row.name}]"
            yield from _carries(where, row, catalog)
            yield from _known(f"{where} capacities", row.capacities, CAPACITIES)
            if (row.nccl_busbw_gbps is None) == bool(row.nccl_source):
                yield Problem(where, "nccl_busbw_gbps and nccl_source go together")
            yield from _known(f"{where} arch", (row.arch,), ARCHITECTURES)
            yield from _known(f"{where} node_images", row.node_images, tuple(catalog.node_images[target]))
            yield from _quantities(where, cpu=row.cpu, memory=row.memory)
            if (row.topologies != ()) != (row.chips > 0):
                yield Problem(where, "topologies and chips go together")
            if row.simulated and (row.cpu is None or row.memory is None):
                yield Problem(where, "a simulated machine needs its cpu and memory: no node will tell them")
            if (row.max_nodes is None) == bool(row.max_nodes_reason):
                yield Problem(where, "max_nodes and max_nodes_reason go together")


def _carries(where: str, row: MachineRow, catalog: Catalog) -> Iterator[Problem]:
    if row.accelerator is not None and row.accelerator not in catalog.accelerators:
        allowed = one_of(list(catalog.accelerators), row.accelerator)
        yield Problem(f"{where} accelerator", "no such accelerator", given=row.accelerator, allowed=allowed)
    if (row.accelerator is None) != (row.count == 0):
        yield Problem(f"{where} count", "accelerator and count go together", given=str(row.count))


def _capabilities(catalog: Catalog) -> Iterator[Problem]:
    names = {name for rows in catalog.capabilities.values() for name in rows}
    for target in catalog.targets:
        for name in sorted(names - set(catalog.capabilities.get(target, {}))):
            yield Problem(
                f"capabilities.toml [{target}.{name}]", "every target says so about every capability"
            )
    for target, rows in catalog.capabilities.items():
        if target not in catalog.targets:
            yield Problem(
                f"capabilities.toml [{target}]", "no such target", allowed=one_of(list(catalog.targets))
            )
        for row in rows.values():
            where = f"capabilities.toml [{target}.{row.name}]"
            yield from _known(f"{where} status", (row.status,), STATUSES)
            if row.status != "supported" and not row.reason:
                yield Problem(f"{where} reason", "what is not supported, or not proven, says why")


def _targets(catalog: Catalog) -> Iterator[Problem]:
    for row in catalog.targets.values():
        where = f"targets.toml [{row.name}]"
        yield from _known(f"{where} gpu_mode", (row.gpu_mode,), GPU_MODES)
        if row.topology_levels[-1] != HOSTNAME:
            yield Problem(f"{where} topology_levels", f"the last level must be {HOSTNAME}")
        scaling = catalog.capabilities.get(row.name, {}).get("autoscaling")
        if scaling is None or (scaling.status != "unsupported") != row.autoscaling:
            yield Problem(f"{where} autoscaling", "must say the same as the capability autoscaling")


def _node_images(catalog: Catalog) -> Iterator[Problem]:
    for target, rows in catalog.node_images.items():
        for row in rows.values():
            where = f"node_images.{target}.toml [{row.name}]"
            yield from _known(f"{where} arch", (row.arch,), ARCHITECTURES)
            for column in ("driver", "device_plugin", "toolkit", "metrics"):
                yield from _known(f"{where} {column}", (getattr(row, column),), OWNERS)


def _taints(catalog: Catalog) -> Iterator[Problem]:
    for row in catalog.taints.values():
        where = f"taints.toml [{row.name}]"
        yield from _known(f"{where} target", (row.target,), tuple(catalog.targets))
        yield from _known(f"{where} capacity", (row.capacity,), CAPACITIES)


def _mig(catalog: Catalog) -> Iterator[Problem]:
    for accelerator, rows in catalog.mig.items():
        where = f"mig.toml [{accelerator}]"
        yield from _known(where, (accelerator,), tuple(catalog.accelerators))
        compute, memory = max(r.compute for r in rows.values()), max(r.memory for r in rows.values())
        for row in rows.values():
            if row.most * row.compute > compute or row.most * row.memory > memory:
                what = f"{row.most} of it take more than the {compute} compute or {memory} memory slices there are"
                yield Problem(f"{where} {row.name}", what)


def _topologies(catalog: Catalog) -> Iterator[Problem]:
    for row in catalog.topologies.values():
        where = f"topologies.toml [{row.name}]"
        yield from _known(f"{where} target", (row.target,), tuple(catalog.targets))
        yield from _known(f"{where} capacities", row.capacities, CAPACITIES)
        yield from _known(f"{where} block", (row.block,), row.levels)
        yield from _known(f"{where} rack", (row.rack,), row.levels)
        if row.levels[-1] != HOSTNAME:
            yield Problem(f"{where} levels", f"the last level must be {HOSTNAME}")
        if not any(re.fullmatch(row.machines, name) for name in catalog.machines.get(row.target, {})):
            yield Problem(f"{where} machines", "no machine of the target is called so", given=row.machines)


def _known(where: str, given: tuple[str, ...], known: tuple[str, ...]) -> Iterator[Problem]:
    for word in given:
        if word not in known:
            yield Problem(where, "unknown word", given=word, allowed=one_of(known, word))


def _quantities(where: str, **cells: str | None) -> Iterator[Problem]:
    for column, text in cells.items():
        try:
            quantity(text or "0")
        except ValueError as error:
            yield Problem(f"{where} {column}", str(error), given=text or "")
