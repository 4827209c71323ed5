"""The gpu layer: nodes advertise their accelerators.

Where the plan says `simulated`, the nodes advertise them by themselves and nothing is installed.
Where it says `device-plugin`, the vendor's device plugin runs on exactly the accelerator nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead import labels
from fairlead.contract.chart import Object, Release, Renderer
from fairlead.layers import transform
from fairlead.plan.model import PoolPlan

NAMESPACE = "fairlead-gpu"
NVIDIA = "nvidia.com/gpu"


def values(pools: Sequence[PoolPlan]) -> Mapping[str, Any]:
    """Values of the device plugin's chart: on nodes with NVIDIA accelerators, tolerating only their taints."""
    names = sorted({pool.accelerator for pool in pools if pool.resource == NVIDIA and pool.accelerator})
    term = {"matchExpressions": [{"key": labels.ACCELERATOR, "operator": "In", "values": names}]}
    return {
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        },
        "tolerations": [
            {
                "key": one.key,
                "operator": one.operator,
                **({"value": one.value} if one.value else {}),
                "effect": one.effect,
            }
            for one in dict.fromkeys(
                one for pool in pools if pool.resource == NVIDIA for one in pool.tolerations
            )
        ],
        "nfd": {"enabled": False},
        "gfd": {"enabled": False},
    }


def device_plugin(render: Renderer, pools: Sequence[PoolPlan]) -> list[Object]:
    """The namespace and the device plugin's objects out of its chart.

    The namespace is privileged: the plugin mounts the kubelet's socket directory from the node.
    """
    release = Release("nvidia-device-plugin", "nvidia-device-plugin", NAMESPACE, values(pools))
    space = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
    }
    return [space, *transform.in_namespace(transform.without_hooks(render(release)), NAMESPACE)]
