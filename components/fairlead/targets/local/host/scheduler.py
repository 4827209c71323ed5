"""The scheduler's configuration: pods go where least is left, so that whole nodes stay free for gangs.

What Kueue places by topology arrives with its node named. This is for the rest: pools that grow, and pods
outside the queue.
"""

from __future__ import annotations

from typing import Any

from fairlead.catalog.packing import STRATEGY, weights
from fairlead.targets.local.host.config import HostConfig

ACCELERATOR = "nvidia.com/gpu"
"""The one resource of accelerators that nodes of the local target advertise."""
REQUESTS = {"qps": 300, "burst": 500}
"""As the queue has it. By default the scheduler sends 50 requests a second, each pod takes two or more: whoever
lets gangs go faster than 25 pods a second would see them come up in parts."""


def scheduler(cfg: HostConfig) -> dict[str, Any]:
    """KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1."""
    packed = {
        "type": STRATEGY,
        "resources": [{"name": name, "weight": weight} for name, weight in weights([ACCELERATOR]).items()],
    }
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(cfg.paths.component_config("kube-scheduler")), **REQUESTS},
        "leaderElection": {"leaderElect": False},
        "enableProfiling": False,
        "profiles": [
            {
                "schedulerName": "default-scheduler",
                "pluginConfig": [{"name": "NodeResourcesFit", "args": {"scoringStrategy": packed}}],
            }
        ],
    }
