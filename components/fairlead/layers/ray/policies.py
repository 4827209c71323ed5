"""What a Ray object of a tenant may not ask for: it would run past the queue, or as often again as it was admitted.

Kueue holds back Ray clusters, jobs and services that no queue has let go, also those that name none. What its v0.19.2
lets by is closed here, by policies of the API server itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fairlead.contract.chart import Object
from fairlead.layers.objects import TENANTS, asks_for_no_device, made_by_their_owner, refusal, sent
from fairlead.layers.ray.place import GROUP, KINDS, OPERATOR
from fairlead.plan.ray_model import NAMESPACE

SIZES, SENDERS, UPGRADES, OWNERS = (
    f"fairlead-ray-{part}" for part in ("sizes", "senders", "upgrades", "owners")
)


def objects() -> list[Object]:
    """The policies and where they hold."""
    return [
        *_refused(SIZES, KINDS, [_CLUSTER], _no_autoscaling()),
        *_refused(SENDERS, ("rayjobs",), [], _no_device_for_senders()),
        *_refused(UPGRADES, ("rayservices",), [], _no_second_cluster()),
        *made_by_their_owner(OWNERS, GROUP, KINDS, f"{NAMESPACE}:{OPERATOR}"),
    ]


_CLUSTER = {
    "name": "cluster",
    "expression": (
        "has(object.spec.rayClusterSpec) ? object.spec.rayClusterSpec"
        " : has(object.spec.rayClusterConfig) ? object.spec.rayClusterConfig : object.spec"
    ),
}
"""A job and a service have the cluster inside."""


def _no_autoscaling() -> list[Mapping[str, str]]:
    cluster = "variables.cluster.enableInTreeAutoscaling"
    said = (
        "enableInTreeAutoscaling is not offered: a Ray cluster has the size that its queue has admitted, and its pods"
        " do not reach the API server"
    )
    return [{"expression": f"!has({cluster}) || !{cluster}", "message": said}]


def _no_device_for_senders() -> list[Mapping[str, str]]:
    """A job for a cluster that runs is none of Kueue's, and so is the pod that sends it."""
    pod = "object.spec.submitterPodTemplate"
    queued = (
        f"!has(object.spec.clusterSelector) || object.spec.clusterSelector.size() == 0 || !has({pod})"
        f" || !has({pod}.spec)"
    )
    said = (
        "with clusterSelector the pod of submitterPodTemplate waits in no queue and takes no accelerator:"
        " the Ray cluster has them"
    )
    return [
        {**one, "expression": f"{queued} || ({one['expression']})"}
        for one in asks_for_no_device(f"{pod}.spec", said)
    ]


def _no_second_cluster() -> list[Mapping[str, str]]:
    kind = "object.spec.upgradeStrategy.type"
    said = (
        "upgradeStrategy.type must be None: a second Ray cluster beside the first would run past the queue, which has"
        " admitted one"
    )
    free = f"!has(object.spec.upgradeStrategy) || !has({kind}) || {kind} == 'None'"
    return [{"expression": free, "message": said}]


def _refused(
    name: str,
    resources: Sequence[str],
    variables: Sequence[Mapping[str, str]],
    validations: Sequence[Mapping[str, str]],
) -> list[Object]:
    more = {"variables": list(variables)} if variables else None
    return refusal(name, [sent(GROUP, resources)], validations, TENANTS, more)
