"""Rules that name what is there: nodes of pools, pods of tenants, what waits in queues, and who holds how much.

Each record is computed out of those above it, so that all of them are of one group and of one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fairlead import labels, series
from fairlead.layers.monitoring.promql import Record, by, carried, joined, renamed, worded

HOLDER = "fairlead:node_holder:info"
"""For each node of a pool the one pod that holds accelerators there; where none or several do, no pod."""
LAST_HELD = "fairlead:node_last_held:timestamp"
OF_NODES = ("node", "pool", "accelerator", "capacity", "machine", "zone")
OF_PODS = ("namespace", "pod", "node", "pool", "accelerator", "tenant", "workload", "training_job", "stage")
OF_ACCELERATORS = ("pool", "accelerator", "resource")
_OF_OBJECT: Sequence[str] = ("namespace", "queue", "name", "owner", "owner_kind")
OF_WORKLOADS = ("namespace", "tenant", "queue", "name", "owner", "owner_kind")


def told(label: str) -> str:
    """What kube-state-metrics calls a label of an object."""
    return f"label_{worded(label)}"


def resources(advertised: Iterable[str]) -> str:
    """A pattern of accelerators' resources as kube-state-metrics writes them, parts and shares of them included."""
    plain = sorted({worded(name) for name in advertised})
    return "|".join([*plain, "nvidia_com_gpu_shared", "nvidia_com_mig_.+"])


def records(advertised: Iterable[str], *, queues: bool) -> list[Record]:
    """What is recorded of objects. advertised: resources that accelerators have; queues: whether workloads wait."""
    chosen = f'resource=~"{resources(advertised)}"'
    return [
        Record(series.NODE, _nodes()),
        Record(series.POD, _pods()),
        *_accelerators(chosen),
        Record(HOLDER, _holder()),
        Record(series.CHECKPOINT_AGE, _checkpoints()),
        *([Record(series.WORKLOAD_WAITING, _waiting())] if queues else []),
    ]


def _nodes() -> str:
    names = {
        "pool": told(labels.POOL),
        "accelerator": told(labels.ACCELERATOR),
        "capacity": told(labels.CAPACITY),
        "machine": told("node.kubernetes.io/instance-type"),
        "zone": told("topology.kubernetes.io/zone"),
    }
    return by(renamed(f'kube_node_labels{{{told(labels.POOL)}!=""}}', names), OF_NODES)


def _pods() -> str:
    """Pods that run or are about to on a node: who has ended holds nothing."""
    there = 'kube_pod_info{node!=""} and on (namespace, pod) (kube_pod_status_phase{phase=~"Pending|Running"} == 1)'
    marked = joined(
        f"({_owned(there)})",
        ("namespace", "pod"),
        by(
            renamed("kube_pod_labels", {"training_job": told(labels.JOB), "stage": told(labels.STAGE)}),
            ("namespace", "pod", "training_job", "stage"),
        ),
        ("training_job", "stage"),
    )
    named = joined(marked, ("namespace",), _tenants(), ("tenant",))
    return by(joined(named, ("node",), series.NODE, ("pool", "accelerator")), OF_PODS)


def _owned(pods: str) -> str:
    """With the workload that each is of: a ReplicaSet is its Deployment's."""
    direct = renamed(
        f'({pods}) and kube_pod_info{{created_by_kind!="ReplicaSet"}}', {"workload": "created_by_name"}
    )
    through = joined(
        renamed(
            f'(({pods}) and kube_pod_info{{created_by_kind="ReplicaSet"}})', {"replicaset": "created_by_name"}
        ),
        ("namespace", "replicaset"),
        by(
            renamed('kube_replicaset_owner{owner_kind="Deployment"}', {"workload": "owner_name"}),
            ("namespace", "replicaset", "workload"),
        ),
        ("workload",),
    )
    kept = ("namespace", "pod", "node", "workload")
    return f"{by(direct, kept)} or {by(through, kept)}"


def _tenants() -> str:
    of = told(labels.TENANT)
    return by(renamed(f'kube_namespace_labels{{{of}!=""}}', {"tenant": of}), ("namespace", "tenant"))


def _accelerators(chosen: str) -> list[Record]:
    given = by(f"kube_node_status_allocatable{{{chosen}}}", ("node", "resource"))
    asked = by(f"kube_pod_container_resource_requests{{{chosen}}}", ("namespace", "pod", "resource"), "sum")
    held = by(series.POD_ACCELERATORS, OF_ACCELERATORS, "sum")
    node, pod = OF_NODES[1:], OF_PODS[2:]
    last = carried(LAST_HELD, f"{_plain()} and on (node) {series.POD_ACCELERATORS}", _plain())
    return [
        Record(series.NODE_ACCELERATORS, joined(given, ("node",), series.NODE, node)),
        Record(series.POD_ACCELERATORS, joined(asked, ("namespace", "pod"), series.POD, pod)),
        Record(series.POOL_ACCELERATORS, by(series.NODE_ACCELERATORS, OF_ACCELERATORS, "sum")),
        Record(series.POOL_HELD, f"{held} or {series.POOL_ACCELERATORS} * 0"),
        Record(series.TENANT_HELD, by(series.POD_ACCELERATORS, ("tenant", "stage", *OF_ACCELERATORS), "sum")),
        Record(LAST_HELD, last),
        Record(series.NODE_EMPTY, f"time() - {LAST_HELD}"),
    ]


def _holder() -> str:
    one = by(series.POD_ACCELERATORS, ("node", "namespace", "pod"))
    alone = f"count by (node) ({one}) == 1"
    return f"(({one} and on (node) ({alone})) ^ 0) or on (node) {by(series.NODE, ('node',))}"


def _plain() -> str:
    return by(f"{series.NODE_ACCELERATORS} > 0", ("node", "pool", "accelerator"))


def _checkpoints() -> str:
    """Of jobs that tell when they have written their last."""
    told = joined(series.CHECKPOINT_TOLD, ("namespace", "pod"), series.POD, ("tenant", "training_job"))
    return f"time() - {by(told, ('namespace', 'tenant', 'training_job'))}"


def _waiting() -> str:
    """From when it was made, or lost its place, until it has one."""

    def holds(kind: str, value: int = 1) -> str:
        return f'on (namespace, name) (fairlead_workload_condition{{type="{kind}"}} == {value})'

    lost = f'fairlead_workload_condition_since{{type="QuotaReserved"}} and {holds("QuotaReserved", 0)}'
    since = f"{by(lost, _OF_OBJECT)} or {by('fairlead_workload_created', _OF_OBJECT)}"
    waits = f"time() - ({since}) unless {holds('QuotaReserved')} unless {holds('Finished')}"
    return by(joined(f"({waits})", ("namespace",), _tenants(), ("tenant",)), OF_WORKLOADS)
