"""The handles a target gives to the layers. Small on purpose: on what is not here, no layer may rely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as kubernetes

from fairlead.plan.model import Capability, PoolPlan, Toleration
from fairlead.plan.store_model import AccountToken

if TYPE_CHECKING:
    from fairlead.contract.database import Database
    from fairlead.contract.secrets import SecretSource


@dataclass(frozen=True)
class NodePoolHandle:
    """A pool that stands. It tells its users how to land on it."""

    plan: PoolPlan
    ready: Sequence[pulumi.Resource]
    """Depend on these before anything is sent to the pool."""

    @property
    def node_selector(self) -> Mapping[str, str]:
        """Labels that select exactly this pool's nodes: those that all steps of its ladder share."""
        steps = [rung.labels for rung in self.plan.rungs]
        return {key: one for key, one in steps[0].items() if all(step.get(key) == one for step in steps)}

    @property
    def tolerations(self) -> tuple[Toleration, ...]:
        """Tolerations that a pod needs here: empty for plain nodes."""
        return self.plan.tolerations


@dataclass(frozen=True)
class Reach:
    """Addresses that a tenant's pods must be able to call although everything is denied by default."""

    cidr: str
    ports: tuple[int, ...]
    """TCP ports."""
    without: tuple[str, ...] = ()
    """Ranges inside the range that stay closed."""


@dataclass(frozen=True)
class Inside:
    """Pods of this cluster that a tenant's pods must be able to call although everything is denied by default."""

    namespace: str
    pods: Mapping[str, str]
    """Labels by which they are chosen."""
    ports: tuple[int, ...]
    """TCP ports."""


@dataclass(frozen=True)
class ObjectStore:
    """C4: one object store, a part of it for each tenant, and for each layer that keeps things in it."""

    uris: Mapping[str, pulumi.Input[str]]
    """Tenant, or part of a layer (`plan.store_model.Share`) -> its URI."""
    endpoint: pulumi.Input[str]
    """Address of the store's API."""
    region: str
    reach: Sequence[Reach | Inside] = ()
    """What pods call to get their identity and to use the store."""
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Tenant -> further variables that clients of the store read, where its API is not at a cloud's own address."""


@dataclass(frozen=True)
class WorkloadIdentity:
    """C5: what marks a pod and its service account as bearers of an identity of the cloud."""

    account_annotations: Mapping[str, Mapping[str, pulumi.Input[str]]]
    """Tenant, or part of a layer -> annotations of its service account `fairlead-workload`; empty where none are
    needed."""
    pod_labels: Mapping[str, str]
    """Labels of every pod that uses the account; empty where none are needed."""
    token: AccountToken | None = None
    """None where the target brings what a pod needs by itself."""


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
    object_store: ObjectStore | None = None
    """C4; None where the target has none: its capability says why."""
    identity: WorkloadIdentity | None = None
    """C5; None where the target has none: its capability says why."""
    databases: Mapping[str, Database] = field(default_factory=dict[str, "Database"])
    """O: layer -> its database outside the cluster; empty where the platform's own operator makes them."""
    secrets: Mapping[str, SecretSource] = field(default_factory=dict[str, "SecretSource"])
    """O: namespace -> where its Secrets are kept outside the cluster; empty where the plan has no cloud's manager."""
    context: str | None = None
    """Context of the cluster in the kubeconfig's file; None for its current one."""
