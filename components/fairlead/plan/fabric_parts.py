"""What a fabric needs beside a job and on the nodes: daemon, folders, annotations, parts of the layer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from fairlead import labels
from fairlead.catalog.fabrics import FabricRow, pairs
from fairlead.catalog.model import Catalog
from fairlead.plan.fabric_model import Daemon, Folder, JobFabric, NodePart, RdmaPlan
from fairlead.plan.model import PoolPlan, Site


def parts(pools: Sequence[PoolPlan], jobs: Sequence[JobFabric], catalog: Catalog) -> Iterator[NodePart]:
    """What the layer runs for fabrics that jobs get: each part once, on exactly the pools that need it."""
    kinds = {name: one.kind for one in jobs if one.given for name in one.pools}
    using: dict[str, list[PoolPlan]] = {}
    for pool in (one for one in pools if one.name in kinds):
        row = catalog.fabrics[kinds[pool.name]]
        brought = bool(pool.rdma and pool.rdma.resources)
        for part in row.parts if row.software == "layer" and not brought else ():
            using.setdefault(part, []).append(pool)
    for name, found in using.items():
        yield NodePart(
            name=name,
            accelerators=tuple(sorted({pool.labels[labels.ACCELERATOR] for pool in found})),
            machines=tuple(sorted({pool.machine for pool in found})),
            pools=tuple(pool.name for pool in found),
            tolerations=tuple(dict.fromkeys(one for pool in found for one in pool.tolerations)),
        )


def daemon_of(row: FabricRow, catalog: Catalog) -> Daemon | None:
    """The program that runs beside each job of a fabric."""
    if not row.daemon:
        return None
    told = catalog.fabric_daemons[row.daemon]
    devices = "".join(f"- path: {path}\n" for path in told.devices)
    return Daemon(
        name=told.name,
        image=told.image,
        command=told.command,
        env=pairs(told.env),
        capabilities=told.capabilities,
        folders=_folders(told.folders),
        annotations={f"{told.annotation}{told.name}": devices},
        injector=told.annotation,
        ready=told.ready,
        shared=told.shared,
    )


def folders_of(row: FabricRow) -> tuple[Folder, ...]:
    """Folders of the node that the job's own container sees."""
    return (*_folders(row.folders), *_folders(row.open_folders, writable=True))


def _folders(entries: tuple[str, ...], *, writable: bool = False) -> tuple[Folder, ...]:
    return tuple(Folder(path, mount, writable) for path, mount in pairs(entries).items())


def networks_of(row: FabricRow, pool: PoolPlan, site: Site, offered: RdmaPlan | None) -> Mapping[str, str]:
    """By which a pod asks for the networks of its node, in the order of their interfaces."""
    found: Mapping[str, str] = _interfaces(row, site.fabric_networks(pool.name)) if row.interfaces else {}
    if offered and offered.networks and row.networks:
        return {**found, row.networks: ",".join(offered.networks)}
    return found


def _interfaces(row: FabricRow, networks: Sequence[str]) -> Mapping[str, str]:
    """The networks that the target made for the nodes; eth0 is the cluster's own."""
    listed = [{"interfaceName": "eth0", "network": "default"}]
    listed += [{"interfaceName": f"eth{place}", "network": name} for place, name in enumerate(networks, 1)]
    return {
        f"{row.interfaces}/default-interface": "eth0",
        f"{row.interfaces}/interfaces": json.dumps(listed, separators=(",", ":")),
    }
