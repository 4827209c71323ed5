"""A cluster that others have built: it is taken over as it is, and made to keep the contract."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from fairlead.spec.base import Cidr, Flag, Model, Quantity, Text

Cloud = Literal["aws", "gcp", "azure"]

NodeName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", min_length=1, max_length=253)
]
"""Name of a Node object: lower-case letters, digits, hyphens and dots."""


LabelKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
        max_length=316,
    ),
]
"""Key of a node label."""


def _endpoint(value: str) -> str:
    try:
        port = urlsplit(value).port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("must be the address of a server, for example https://s3.example.com:9000")
    return value


class Nodes(Model):
    """Nodes that stand already. `fairlead contract pools` reads them from the cluster and prints this."""

    names: Annotated[tuple[NodeName, ...], Field(min_length=1)]
    """Names of the nodes, as `kubectl get nodes` shows them."""
    cpu: Quantity
    """Allocatable cores of one node, those of the smallest where they differ."""
    memory: Quantity
    """Allocatable memory of one node, that of the smallest where they differ."""


class NamedCluster(Model):
    """A cluster of a cloud, found by its name with the credentials that the cloud's own tools use."""

    cloud: Cloud
    """Which cloud runs it."""
    name: Text
    """Its name there."""
    region: Text | None = None
    """Region of it; for gcp a region or a zone. Needed for aws and gcp."""
    project: Text | None = None
    """Project that it belongs to. Needed for gcp."""
    resource_group: Text | None = None
    """Resource group that it belongs to. Needed for azure."""


class VolumeSource(Model):
    """What makes volumes in the cluster, as one of its storage classes says it."""

    provisioner: Text
    """Name of the CSI driver or provisioner."""
    parameters: dict[str, Text] = Field(default_factory=dict)
    """Parameters that the provisioner is given."""
    binding: Literal["WaitForFirstConsumer", "Immediate"] = "WaitForFirstConsumer"
    """When a volume is made: with the first pod that uses it, or with its claim."""
    reclaim: Literal["Delete", "Retain"] = "Delete"
    """What becomes of a volume whose claim is deleted."""
    expand: Flag = False
    """Whether a claim may be made larger."""


class Storage(Model):
    """Volumes of the cluster under the contract's names."""

    block: VolumeSource | None = None
    """Becomes the class fairlead-block: one node writes. Left out, the platform has none."""
    shared: VolumeSource | None = None
    """Becomes the class fairlead-shared: many nodes write. Left out, the platform has none."""


class Accounts(Model):
    """How the tenants' service accounts prove to the object store who they are: without any key.

    `{tenant}` in a value stands for the tenant's name.
    """

    annotations: dict[str, Text] = Field(default_factory=dict)
    """Annotations of each tenant's service account fairlead-workload."""
    pod_labels: dict[str, Text] = Field(default_factory=dict)
    """Labels of every pod that uses the account; the same for all tenants."""


class BroughtStore(Model):
    """An object store that others run. Each tenant gets the part of it that bears its name."""

    uri: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*://[^/\s]+(/[^\s]*[^/\s])?$")]
    """Where the tenants' parts lie, for example s3://models/platform: team-a gets s3://models/platform/team-a."""
    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$"), AfterValidator(_endpoint)]
    """Address of its API."""
    region: Text
    """Its region, or the word that it accepts as one."""
    ranges: Annotated[tuple[Cidr, ...], Field(min_length=1)]
    """Ranges in which it answers: tenants' pods may call them, on the endpoint's port."""
    accounts: Accounts | None = None
    """How workloads prove who they are; left out, the store must not ask, or tenants bring their own way."""


class NodeTopology(Model):
    """Labels by which the owner's accelerator nodes say where they stand. All of them must carry each."""

    block: LabelKey | None = None
    """Node label that nodes share whose racks are near each other."""
    rack: LabelKey | None = None
    """Node label that nodes share which stand nearest to each other."""


class OnpremTarget(Model):
    """A cluster that stands already. Exactly one of kubeconfig, stack and cluster says which."""

    kind: Literal["onprem"]
    """Which target takes the cluster over."""
    kubeconfig: Text | None = None
    """Path of its kubeconfig file: absolute, or from the home directory with ~/."""
    context: Text | None = None
    """Context in the file. Needed with kubeconfig: the file's current one changes under the stack."""
    stack: Text | None = None
    """Stack ORGANIZATION/PROJECT/STACK whose output kubeconfig is the cluster's, with an exec plugin."""
    cluster: NamedCluster | None = None
    """A cluster of a cloud, by its name."""
    topology: NodeTopology = NodeTopology()
    """Where nodes with accelerators stand; left out, they are all alike."""
    storage: Storage = Storage()
    """Which of its storage classes stand behind the contract's names."""
    object_store: BroughtStore | None = None
    """An object store that others run; left out, the platform has none."""
