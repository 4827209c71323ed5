"""Every combination of target, sharing and fabric that a spec can ask for, and all objects that it makes.

A combination is one platform: a pool whose accelerators are shared, and a pool of whole nodes with the network.
Renderings of charts are shared between combinations that tell a chart the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from fairlead import labels
from fairlead.catalog import lock
from fairlead.catalog.read import load
from fairlead.contract.chart import Object, Release, Renderer
from fairlead.contract.crd import without_descriptions
from fairlead.errors import InputError
from fairlead.layers import claims, fabric, gpu, queue, tenancy
from fairlead.layers.fabric import domains, guard
from fairlead.plan.claimed import counts, templates
from fairlead.plan.load import load_plan
from fairlead.plan.model import PlatformPlan
from fairlead.plan.selecting import selectors
from fairlead.platform import controllers
from fairlead.program import charts_of
from fairlead.workload import frameworks
from fairlead.workload.nearness import pod_annotations
from fairlead.workload.runtime import runtime_name, runtimes
from support.charts import renderer
from support.clouds import cloud_spec
from support.specs import with_gpus

Pool = Mapping[str, Any]
SHARING: Mapping[str, Any] = {
    "none": "none",
    "mig": {"mig": {"1g.10gb": 7}},
    "time-slicing": {"time-slicing": 4},
    "mps": {"mps": 4},
    "dra": "dra",
}
QUOTA = {"cpu": "1", "memory": "1Gi"}
TENANTS = [{"name": "team-a", "quota": QUOTA}, {"name": "team-b", "quota": QUOTA}]
PERMITTED = [{**TENANTS[0], "host_access": ["fabric"]}, TENANTS[1]]
THEIRS = {"resources": {"rdma/ib": 8}}
ROCE = {"kind": "roce", "resources": {"rdma/roce": 4}, "networks": ["net/rail-0", "net/rail-1"]}


def whole(accelerators: str, **more: Any) -> Pool:
    return {"name": "fast", "accelerators": accelerators, "min": 2, "max": 2, **more}


H100 = "H100:8"
FABRICS: Mapping[str, Mapping[str, Pool | None]] = {
    "aws": {
        "none": None,
        "efa": whole("H200:8", machine="p5en.48xlarge", capacity="spot"),
    },
    "azure": {
        "none": None,
        "infiniband": whole("H200:8"),
        "others' infiniband": whole("H200:8", rdma=THEIRS),
        "infiniband and nvlink": whole("GB200:4"),
    },
    "gcp": {
        "none": None,
        "tcpx": whole(H100, machine="a3-highgpu-8g", capacity="spot"),
        "tcpxo": whole(H100, machine="a3-megagpu-8g", capacity="spot"),
        "rdma": whole("H200:8", machine="a3-ultragpu-8g", capacity="spot", zones=["us-central1-b"]),
        "rdma and nvlink": whole("GB200:4", capacity="reserved", reservation="rack", zones=["us-central1-b"]),
    },
    "onprem": {
        "none": None,
        "infiniband": whole("H200:8", rdma={"kind": "infiniband"}),
        "others' infiniband": whole("H200:8", rdma={"kind": "infiniband", **THEIRS}),
        "roce": whole("H200:8", rdma=ROCE),
        "infiniband and nvlink": whole("GB200:4", rdma={"kind": "infiniband"}),
    },
    "local": {"none": None},
}
SHARED: Mapping[str, Pool] = {
    "aws": {"accelerators": "H100:8", "machine": "p5.48xlarge", "fabric": "off"},
    "azure": {"accelerators": "A100-80GB:1"},
    "gcp": {"accelerators": "A100-80GB:1", "capacity": "spot"},
    "onprem": {"accelerators": "H100:8"},
    "local": {"accelerators": "H100:8"},
}
"""The pool that is shared, of an accelerator that can be cut."""
REFUSED: Mapping[tuple[str, str], str] = {
    ("aws", "mig"): "the MIG manager of the GPU operator, whose chart no registry here carries",
    ("gcp", "dra"): "GKE's own device plugin advertises the accelerators",
    ("local", "dra"): "no driver publishes devices of simulated nodes",
}


@dataclass(frozen=True)
class Combination:
    """One platform of the matrix."""

    target: str
    sharing: str
    fabric: str

    def __str__(self) -> str:
        return f"{self.target}, {self.sharing}, {self.fabric}"


def every() -> list[Combination]:
    """All of them, those that the plan refuses included."""
    return [
        Combination(target, sharing, network)
        for target, networks in FABRICS.items()
        for sharing in SHARING
        for network in networks
    ]


def spec(one: Combination) -> dict[str, Any]:
    shared = {"name": "shared", "min": 1, "max": 1, **SHARED[one.target], "sharing": SHARING[one.sharing]}
    network = FABRICS[one.target][one.fabric]
    pools = [shared, *([dict(network)] if network else [])]
    tenants = PERMITTED if one.fabric.startswith("tcpx") else TENANTS
    if one.target == "local":
        return with_gpus(*pools, tenants=tenants)
    if one.target == "onprem":
        return _standing(pools, tenants)
    return cloud_spec(one.target, *pools, tenants=tenants)


def _standing(pools: Sequence[Pool], tenants: Any) -> dict[str, Any]:
    """The pools on nodes that stand."""
    size = {"cpu": "90", "memory": "900Gi"}
    named = [
        {**one, "nodes": {"names": [f"{one['name']}-{place}" for place in range(one["max"])], **size}}
        for one in pools
    ]
    system = {
        "name": "system",
        "min": 1,
        "max": 1,
        "nodes": {"names": ["cpu-0"], "cpu": "8", "memory": "32Gi"},
    }
    return {
        "name": "lab",
        "environment": "dev",
        "target": {"kind": "onprem", "kubeconfig": "~/.kube/config", "context": "rack"},
        "pools": [system, *named],
        "tenants": tenants,
    }


@cache
def plan(one: Combination) -> PlatformPlan | None:
    """The plan of a combination; None where it is refused."""
    try:
        return load_plan(spec(one), str(one), load())
    except InputError:
        return None


def planned(one: Combination) -> PlatformPlan:
    """The plan of a combination that is not refused."""
    made = plan(one)
    assert made is not None, f"{one} is refused"
    return made


IMAGES = {name: row.pinned for name, row in lock.images().items()}
SYSTEM = {labels.POOL: "system"}
RELEASES: dict[str, Release] = {}
"""Every rendering that any combination asked for, by what was told."""


def _recording(made: PlatformPlan) -> Renderer:
    """The real renderer of a plan; what each chart is told is kept."""
    real = renderer(charts_of(made), made.kubernetes)

    def render(release: Release) -> Sequence[Object]:
        RELEASES.setdefault(json.dumps([release.chart, release.values], sort_keys=True), release)
        return real(release)

    return render


_THIN: dict[int, tuple[Object, Object]] = {}


def _thinned(crd: Object) -> Object:
    """A CRD without its prose, made once of each that a chart gave: there are hundreds in the matrix."""
    if id(crd) not in _THIN:
        _THIN[id(crd)] = (crd, without_descriptions(crd))
    return _THIN[id(crd)][1]


def objects(made: PlatformPlan) -> Iterator[Object]:
    """Everything that the layers put into the cluster of a plan, CRDs included."""
    with patch("fairlead.platform.without_descriptions", _thinned):
        parts = controllers(made, _recording(made))
    for one in parts:
        yield from one.crds
        if one.layer == "gpu":
            yield from gpu.on_cluster(one.name, one.objects, IMAGES, SYSTEM)
        else:
            yield from one.objects
    pinned = fabric.pinned(made.fabrics, IMAGES)
    yield from fabric.space() if made.fabrics.parts else ()
    for part in made.fabrics.parts:
        yield from fabric.objects(_recording(made), part, IMAGES)
    yield from guard.objects(pinned, guarded(made))
    yield from _queues(made)
    annotations = pod_annotations(made.queues)
    chosen, grace, catalog = selectors(made.pools, made.site), made.health.grace_seconds, load()
    yield from runtimes(None, annotations, pinned.jobs, grace, chosen, claimed=counts(made.pools))
    named = frameworks.images(made.jobs.runtimes, IMAGES, made.site.job_images, made.jobs.images)
    yield from frameworks.runtimes(
        frameworks.Cluster(named, {}, grace, chosen),
        frameworks.kinds_of_nodes(annotations, pinned.jobs, catalog),
        catalog,
    )
    for tenant in made.tenants:
        yield tenancy.namespace(tenant)
        yield from tenancy.objects(tenant)
        yield from domains.objects(made.fabrics.claims, tenant.name, tenant.namespace)
        yield from claims.objects(templates(made.pools), tenant.name, tenant.namespace)


def guarded(made: PlatformPlan) -> Mapping[str, str]:
    """Accelerator -> beginning of the names of the runtimes that need leave."""
    return {
        one.accelerator: f"{runtime_name(0, one.accelerator, connected=True)}-"
        for one in made.fabrics.daemons
    }


def _queues(made: PlatformPlan) -> Iterator[Object]:
    queues = made.queues
    yield from queue.priorities(queues)
    yield from queue.topologies(queues)
    yield from queue.checks(queues)
    yield from queue.flavors(queues)
    yield from queue.cohort(queues)
    for one in queues.queues:
        yield queue.cluster_queue(queues, one)
        yield from queue.local_queues(queues, one)


def distinct() -> Mapping[str, tuple[Combination, Object]]:
    """Each object that any combination makes, once: as text -> the first combination that makes it."""
    found: dict[str, tuple[Combination, Object]] = {}
    for one in every():
        made = plan(one)
        for obj in objects(made) if made else ():
            found.setdefault(json.dumps(obj, sort_keys=True), (one, obj))
    return found
