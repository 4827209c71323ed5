"""The fast network between nodes: what must be there before a job of many nodes can use it."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.errors import Problem
from fairlead.plan.coherence.model import Facts, PoolFacts, Rule
from fairlead.plan.coherence.sharing import OLDEST_DRA
from fairlead.plan.gpu_model import NONE


def _interfaces(facts: Facts) -> Iterator[Problem]:
    """RoCE by a device plugin alone: its addresses are those of interfaces in the pod's own network."""
    for one in facts.pools:
        if one.fabric != "roce":
            continue
        told = one.pool.rdma
        for field, given in (
            ("resources", told and told.resources),
            ("networks", told and told.networks),
        ):
            if not given:
                what = f"RoCE of pool {one.pool.name} needs an interface in each pod: only a network operator makes it"
                fix = "run one on the cluster, and name what pods ask for and the networks they join"
                yield Problem(f"{one.where}.rdma.{field}", what, fix=fix)


def _daemons(facts: Facts) -> Iterator[Problem]:
    """A network that needs a daemon beside the job, demanded, and no tenant that may run it."""
    for one in facts.pools:
        daemon = _daemon(facts, one)
        if daemon and one.pool.fabric == "required" and not facts.permitted:
            what = f"{one.fabric} of pool {one.pool.name} needs {daemon} beside each job, with rights on the node, and"
            what += " no tenant may have them: no job could use it"
            fix = "write host_access: [fabric] for a tenant that you trust with it, or fabric: auto"
            yield Problem(f"{one.where}.fabric", what, "required", "auto, off", fix)


def _daemon(facts: Facts, one: PoolFacts) -> str:
    row = facts.catalog.fabrics.get(one.fabric)
    return row.daemon if row else ""


def _domains(facts: Facts) -> Iterator[Problem]:
    major, minor = (int(part) for part in facts.kubernetes.split(".")[:2])
    for one in facts.pools:
        if one.software.compute_domains != NONE and (major, minor) < OLDEST_DRA:
            oldest = ".".join(map(str, OLDEST_DRA))
            what = f"NVLink between nodes of pool {one.pool.name} is claimed by dynamic resource allocation, which"
            what += f" needs Kubernetes {oldest} or newer, and this is {facts.kubernetes}"
            fix = "raise platform.target.version, or write fabric: off"
            yield Problem(f"{one.where}.accelerators", what, str(one.pool.accelerators), fix=fix)


RULES = (
    Rule(
        "roce-with-interface",
        "all addresses of the interfaces are zero inside the pod, and no connection comes up",
        "https://github.com/Mellanox/k8s-rdma-shared-dev-plugin/issues/101",
        _interfaces,
    ),
    Rule(
        "daemon-with-leave",
        "the daemon beside each job is refused for its capabilities, and the gang never has a pod",
        "https://github.com/NVIDIA/aicr/pull/427",
        _daemons,
    ),
    Rule(
        "domains-on-new-enough",
        "the device class of the channels is of an API that the server does not serve, and no pod can claim one",
        "https://github.com/kubernetes-sigs/dra-driver-nvidia-gpu/issues/533",
        _domains,
    ),
)
