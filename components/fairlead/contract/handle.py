"""The handles a target gives to the layers. Small on purpose: on what is not here, no layer may rely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes

from fairlead.plan.model import Capability, PoolPlan, Toleration


@dataclass(frozen=True)
class NodePoolHandle:
    """A pool that stands. It tells its users how to land on it."""

    plan: PoolPlan
    ready: Sequence[pulumi.Resource]
    """Depend on these before anything is sent to the pool."""

    @property
    def node_selector(self) -> Mapping[str, str]:
        """Labels that select exactly this pool's nodes."""
        return {key: value for key, value in self.plan.labels.items() if key.startswith("fairlead.dev/")}

    @property
    def tolerations(self) -> tuple[Toleration, ...]:
        """Tolerations that a pod needs here: empty for plain nodes."""
        return self.plan.tolerations


@dataclass(frozen=True)
class ClusterHandle:
    """A cluster that stands: contract rules C1 to C10 hold for it."""

    name: str
    target: str
    provider: kubernetes.Provider
    """The one Kubernetes provider of this cluster."""
    kubeconfig: pulumi.Output[str]
    """C9: path of a kubeconfig file, or its text with an exec plugin; never a token."""
    pools: Mapping[str, NodePoolHandle]
    images: Mapping[str, str]
    """Image of the lock -> the reference that pods of this cluster use."""
    system_selector: Mapping[str, str]
    """Node selector of the nodes on which the platform's own pods run."""
    storage_classes: Mapping[str, str]
    """C4: contract name -> name in the cluster; only what the target supports."""
    capabilities: Mapping[str, Capability]
    """C10: by name, each with its status and, unless supported, the reason."""
    ready: Sequence[pulumi.Resource]
    """Depend on these before anything is installed: nodes, DNS, storage and policy engine stand."""
