"""Words of a job about nearness, resolved in the cluster.

A job says near, rack or block by the runtime that it refers to, and is the same on every target. Which node
label that means differs from cluster to cluster, and there from accelerator to accelerator, so it stands in the
cluster's runtimes, which are named by both (docs/adr/0010).
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.plan.queue_model import NearnessPlan, QueuesPlan
from fairlead.plan.topology import NEAR

REQUIRED = "kueue.x-k8s.io/podset-required-topology"
PREFERRED = "kueue.x-k8s.io/podset-preferred-topology"
UNCONSTRAINED = "kueue.x-k8s.io/podset-unconstrained-topology"
"""Pod annotations of Kueue 0.19.2: apis/kueue/v1beta2/topology_types.go."""


def pod_annotations(queues: QueuesPlan) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Accelerator -> word -> annotations of the pods of a job that says it; words that cannot be kept are missing.

    Where an accelerator's pools grow no topology is asked for: the default word is then without effect.
    """
    said: dict[str, dict[str, Mapping[str, str]]] = {name: {NEAR: {}} for name in queues.accelerators}
    for one in queues.nearness:
        said[one.accelerator][one.word] = _annotation(one)
    return said


def _annotation(plan: NearnessPlan) -> Mapping[str, str]:
    if not plan.level:
        return {UNCONSTRAINED: "true"}
    return {REQUIRED if plan.required else PREFERRED: plan.level}
