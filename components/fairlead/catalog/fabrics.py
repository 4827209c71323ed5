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
SOFTWARE = ("layer", "cloud", "gpu", "others", "nobody")
"""Who brings what the node needs: parts of the fabric layer, the cloud, the gpu layer, others, nobody."""
OFFERED = "rdma/infiniband"
"""Resource under which this platform's own plugin offers InfiniBand: one of it on each node."""
RDMA = ("infiniband", "roce")
"""Fabrics that nodes which stand already can have: nothing but their owner tells."""
WITHOUT_JOBS = ("none", "ici")
"""Fabrics of machine rows that need nothing of a job: there is none, or pods get it with their chips."""


@dataclass(frozen=True)
class FabricRow:
    """A fast network between nodes. `requests` and `env` hold pairs."""

    name: str
    title: str
    software: str
    """Who brings what the node needs: a word of SOFTWARE."""
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
    daemon: str = ""
    """What runs beside each job and needs rights on the node: a row of the daemons; empty: nothing."""
    folders: tuple[str, ...] = ()
    """PATH=MOUNT: folders of the node that the job's container sees and cannot change."""
    open_folders: tuple[str, ...] = ()
    """PATH=MOUNT: folders of the node that the job's container may write to."""
    networks: str = ""
    """Pod annotation that names further networks to join, where a pool names them; empty: none does."""
    claim: str = ""
    """Device class of which each pod claims one device; empty: none."""

    def amounts(self, cards: int) -> dict[str, str]:
        """What one pod asks for that has a whole node with so many interfaces."""
        pairs = (one.partition("=") for one in self.requests)
        return {name: str(cards) if amount == CARDS else amount for name, _, amount in pairs}

    def variables(self) -> dict[str, str]:
        """Environment of a job."""
        return {name: value for name, _, value in (one.partition("=") for one in self.env)}


@dataclass(frozen=True)
class DaemonRow:
    """A program beside each job that moves its data between accelerators and network. `env`, `folders` hold pairs."""

    name: str
    """Of its container."""
    image: str
    """In the lock."""
    command: tuple[str, ...]
    capabilities: tuple[str, ...]
    """Linux capabilities that it adds."""
    folders: tuple[str, ...]
    """PATH=MOUNT: folders of the node that it sees."""
    devices: tuple[str, ...]
    """Devices of the node that it uses without asking for an accelerator."""
    annotation: str
    """Pod annotation by whose value the devices reach it, without the container's name at its end."""
    source: str
    date: str
    env: tuple[str, ...] = ()
    """NAME=VALUE."""
    ready: str = ""
    """File that it writes once it can serve; empty: nothing tells."""
    shared: str = ""
    """Folder of the pod that it shares with the job, at the same place in both; empty: none."""


def pairs(entries: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE entries as a map, in their order."""
    return {key: value for key, _, value in (one.partition("=") for one in entries)}


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
    for daemon in catalog.fabric_daemons.values():
        yield from _pairs(f"fabric_daemons.toml [{daemon.name}]", (*daemon.env, *daemon.folders))
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
    yield from _pairs(where, (*row.requests, *row.env, *row.folders, *row.open_folders))
    if row.daemon and row.daemon not in catalog.fabric_daemons:
        allowed = one_of(list(catalog.fabric_daemons), row.daemon)
        yield Problem(f"{where} daemon", "no such daemon", row.daemon, allowed)
    if (row.folders or row.open_folders) and not row.daemon:
        yield Problem(f"{where} folders", "need a daemon: who may see them is decided by it")
    for name in row.accelerators:
        if name not in catalog.accelerators:
            allowed = one_of(list(catalog.accelerators), name)
            yield Problem(f"{where} accelerators", "no such accelerator", name, allowed)


def _pairs(where: str, entries: tuple[str, ...]) -> Iterator[Problem]:
    for pair in entries:
        name, _, value = pair.partition("=")
        if not (name and value):
            yield Problem(where, "must be a pair with =", given=pair)
