"""Rows of fast networks between nodes, and what follows from them for every target alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead.errors import Problem, one_of

if TYPE_CHECKING:
    from fairlead.catalog.model import Catalog

CARDS = "cards"
"""Amount of a request that stands for the interfaces of the pool's machine."""
SOFTWARE = ("layer", "cloud", "nobody")
WITHOUT_JOBS = ("none", "ici")
"""Fabrics of machine rows that need nothing of a job: there is none, or pods get it with their chips."""


@dataclass(frozen=True)
class FabricRow:
    """A fast network between nodes. `requests` and `env` hold pairs."""

    name: str
    title: str
    software: str
    """Who brings what the node needs: layer, cloud, nobody."""
    image_needs: str
    """What the job's own image must bring."""
    source: str
    date: str
    requests: tuple[str, ...] = ()
    """RESOURCE=AMOUNT."""
    env: tuple[str, ...] = ()
    """NAME=VALUE."""
    profile: str = ""
    """Shell file in the container that sets further variables."""
    interfaces: str = ""
    """API group of the annotations by which pods ask for the networks of their node; empty: they need not."""
    accelerators: tuple[str, ...] = ()
    """Accelerators that it comes with, whatever the machine's network."""
    parts: tuple[str, ...] = ()
    """What the layer runs on the nodes: names of charts in the lock."""
    missing: str = ""
    """Why no job gets it; empty where jobs do."""

    def amounts(self, cards: int) -> dict[str, str]:
        """What one pod asks for that has a whole node with so many interfaces."""
        pairs = (one.partition("=") for one in self.requests)
        return {name: str(cards) if amount == CARDS else amount for name, _, amount in pairs}

    def variables(self) -> dict[str, str]:
        """Environment of a job."""
        return {name: value for name, _, value in (one.partition("=") for one in self.env)}


def whole_nodes(catalog: Catalog) -> Mapping[str, int]:
    """Accelerator -> `whole_node` as the rows of machines have it; the rows of accelerators must say the same."""
    counts: dict[str, int] = {}
    for machines in catalog.machines.values():
        for row in machines.values():
            if row.accelerator and row.fabric not in WITHOUT_JOBS:
                counts[row.accelerator] = max(row.count, counts.get(row.accelerator, 0))
    return counts


def uncounted(catalog: Catalog) -> tuple[str, ...]:
    """Resources that jobs ask for beside their accelerators and that no quota counts: those of all fabrics."""
    return tuple(sorted({name for row in catalog.fabrics.values() for name in row.amounts(1)}))


def check_fabrics(catalog: Catalog) -> Iterator[Problem]:
    """Every problem of the rows, and of machine rows that name them."""
    for row in catalog.fabrics.values():
        yield from _row(f"fabrics.toml [{row.name}]", row, catalog)
    counts = whole_nodes(catalog)
    for accelerator in catalog.accelerators.values():
        if accelerator.whole_node != counts.get(accelerator.name, 0):
            where, given = f"accelerators.toml [{accelerator.name}] whole_node", str(accelerator.whole_node)
            yield Problem(where, "the machines say otherwise", given, str(counts.get(accelerator.name, 0)))
    for target, machines in catalog.machines.items():
        for machine in machines.values():
            if machine.fabric != "none" and machine.fabric not in catalog.fabrics:
                where = f"machines.{target}.toml [{machine.name}] fabric"
                known = one_of(["none", *catalog.fabrics], machine.fabric)
                yield Problem(where, "unknown word", machine.fabric, known)


def _row(where: str, row: FabricRow, catalog: Catalog) -> Iterator[Problem]:
    if row.software not in SOFTWARE:
        yield Problem(f"{where} software", "unknown word", row.software, one_of(SOFTWARE, row.software))
    if (row.software == "nobody") != bool(row.missing):
        yield Problem(f"{where} missing", "says why nobody brings its software, and nothing else")
    if (row.software == "layer") != bool(row.parts):
        yield Problem(f"{where} parts", "names what the layer brings, and nothing else")
    for pair in (*row.requests, *row.env):
        name, _, value = pair.partition("=")
        if not (name and value):
            yield Problem(where, "must be a pair with =", given=pair)
    for name in row.accelerators:
        if name not in catalog.accelerators:
            allowed = one_of(list(catalog.accelerators), name)
            yield Problem(f"{where} accelerators", "no such accelerator", name, allowed)
