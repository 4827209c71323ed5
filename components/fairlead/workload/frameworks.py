"""The runtimes of frameworks: what Kubeflow's `TrainerClient` and other clients of TrainJobs find here.

They have the names of those that Kubeflow Trainer brings (v2.3.0, manifests/base/runtimes), so that what was written
for those runs unchanged, and what `workload.runtime` gives every job: the restricted standard, the tenant's account and
object store, restarts where a node is taken away. Trainer's plugin of the framework tells nodes where the others are.
Accelerators have names here, and nodes of their own, so each has runtimes of its own. See docs/adr/0038.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead import labels
from fairlead.catalog.model import Catalog
from fairlead.errors import Problem
from fairlead.plan import sharing
from fairlead.plan.fabric_model import JobFabric
from fairlead.plan.sharing import Asked, object_name
from fairlead.plan.store_model import AccountToken
from fairlead.plan.topology import NEAR
from fairlead.workload import beside, mpi, silence
from fairlead.workload.model import REPLICATED_JOB
from fairlead.workload.render import KEPT
from fairlead.workload.runtime import (
    API_VERSION,
    GRACE_SECONDS,
    NODES,
    connected,
    failure_policy,
    fitted,
    part,
    pod,
)
from fairlead.workload.sizing import amounts, placement

FRAMEWORK = "trainer.kubeflow.org/framework"
"""Label by which Trainer's SDK knows a runtime."""
HOME = "/home/user"
"""Home and working folder of a node: the SDK writes the function that it sends there, and user 1000 may write nowhere
else in an image that was made for root."""


@dataclass(frozen=True)
class Framework:
    """What tells the runtimes of one framework from those of the others."""

    policy: Mapping[str, Any]
    """Which plugin of Trainer it is."""
    image: str
    """Of the lock, where nodes pull."""
    made: str = ""
    """Of the lock, for machines whose nodes pull none; empty: there is none."""

    @property
    def launched(self) -> bool:
        """Whether one node starts the processes of the others."""
        return "mpi" in self.policy


FRAMEWORKS: Mapping[str, Framework] = {
    "torch": Framework({"torch": {}}, "pytorch-cuda", "pytorch"),
    "jax": Framework({"jax": {}}, "jax-cuda", "jax"),
    "xgboost": Framework({"xgboost": {}}, "xgboost-runtime", "xgboost"),
    "mpi": Framework(mpi.POLICY, "deepspeed-runtime", "openmpi"),
    "deepspeed": Framework(mpi.POLICY, "deepspeed-runtime"),
}
"""By the value of Trainer's label. Its own runtime for MPI alone is called mlx-distributed; the image is that of
DeepSpeed, which holds OpenMPI and an SSH server."""


@dataclass(frozen=True)
class Cluster:
    """What the runtimes of one cluster have in common."""

    images: Mapping[str, str]
    """Framework -> reference."""
    pod_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    grace_seconds: int = GRACE_SECONDS
    selectors: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    """Accelerators whose pods must name labels of their nodes, and these."""
    token: AccountToken | None = None
    """What pods are given to sign in at the object store, where the target gives them nothing."""


@dataclass(frozen=True)
class Nodes:
    """The nodes that runtimes are for."""

    asked: Asked | None = None
    count: int = 0
    """Accelerators of each, unless the job says another number."""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Annotations of the pods: how near each other they stand."""
    fabric: JobFabric | None = None

    @property
    def suffix(self) -> str:
        """What their runtimes' names end with."""
        of = [object_name(self.asked.name)] if self.asked else []
        return "".join(f"-{one}" for one in [*of, *([NODES] if self.fabric else [])])


def images(
    offered: Sequence[str], known: Mapping[str, str], on_nodes: Sequence[str], own: Mapping[str, str]
) -> dict[str, str]:
    """Image of each framework: the platform's own choice, else the one that the target has put on its nodes, else the
    one that nodes pull. known: references of the lock.
    """
    chosen = {name: FRAMEWORKS[name] for name in offered}
    return {
        name: own.get(name) or known[one.made if one.made in on_nodes else one.image]
        for name, one in chosen.items()
    }


def kinds_of_nodes(
    nearness: Mapping[str, Mapping[str, Mapping[str, str]]], fabrics: Sequence[JobFabric], catalog: Catalog
) -> list[Nodes]:
    """Those without accelerators, those of each accelerator, and whole ones with the network between them.

    A network with a daemon or a file of variables of its own is not for everybody's command: job files have it.
    """
    found = [Nodes()]
    plain = {one.accelerator: one for one in fabrics if one.given and not one.daemon and not one.profile}
    for name, words in nearness.items():
        asked = sharing.find(name, "", catalog)
        if isinstance(asked, Problem) or asked.claimed:
            continue  # Devices that pods claim: Trainer's plugins know accelerators by a number in the limits.
        found.append(Nodes(asked, 1, words[NEAR]))
        if name in plain:
            found.append(Nodes(asked, plain[name].count, words[NEAR], plain[name]))
    return found


def runtimes(cluster: Cluster, kinds: Sequence[Nodes], catalog: Catalog) -> list[dict[str, Any]]:
    """Every ClusterTrainingRuntime of the frameworks that have an image here."""
    return [
        fitted(
            _runtime(name, nodes, cluster, catalog),
            cluster.selectors.get(nodes.asked.name) if nodes.asked else None,
            cluster.token,
        )
        for name in cluster.images
        for nodes in kinds
    ]


def _runtime(name: str, nodes: Nodes, cluster: Cluster, catalog: Catalog) -> dict[str, Any]:
    framework = FRAMEWORKS[name]
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterTrainingRuntime",
        "metadata": {
            "name": f"{name}-distributed{nodes.suffix}",
            "labels": {FRAMEWORK: name, labels.MANAGED_BY: "fairlead"},
        },
        "spec": {
            "mlPolicy": {"numNodes": 1, **framework.policy},
            "template": {
                "spec": {
                    "failurePolicy": failure_policy(0),
                    **_jobs(framework, cluster.images[name], nodes, cluster, catalog),
                }
            },
        },
    }


def _jobs(
    framework: Framework, image: str, nodes: Nodes, cluster: Cluster, catalog: Catalog
) -> dict[str, Any]:
    box = {"image": image, **_resources(nodes, catalog)}
    if framework.launched:
        template = _template(box, nodes, cluster, catalog, mpi.together(nodes.notes))
        return mpi.jobs(template)
    return {"replicatedJobs": [part(REPLICATED_JOB, _at_home(_template(box, nodes, cluster, catalog, {})))]}


def _resources(nodes: Nodes, catalog: Catalog) -> dict[str, Any]:
    """What a node asks for unless its job says otherwise. Limits name all of it: the SDK reads the device there."""
    known = connected(nodes.fabric)
    asked = {**amounts(nodes.asked, nodes.count, catalog), **known.get("resources", {}).get("requests", {})}
    return {**known, "resources": {"requests": asked, "limits": dict(asked)}}


def _template(
    box: Mapping[str, Any], nodes: Nodes, cluster: Cluster, catalog: Catalog, notes: Mapping[str, str]
) -> dict[str, Any]:
    said = {**nodes.notes, **notes, **beside.notes(nodes.fabric), **KEPT, **silence.GIVEN_UP}
    return {
        "metadata": {
            **({"labels": dict(cluster.pod_labels)} if cluster.pod_labels else {}),
            "annotations": said,
        },
        "spec": {
            **beside.added(pod(cluster.grace_seconds, box), nodes.fabric),
            **placement(nodes.asked, catalog),
        },
    }


def _at_home(template: dict[str, Any]) -> dict[str, Any]:
    """The template with a home that its user may write to."""
    spec = template["spec"]
    (box,) = spec["containers"]
    at_home = {
        **box,
        "workingDir": HOME,
        "env": [*box.get("env", []), {"name": "HOME", "value": HOME}],
        "volumeMounts": [*box["volumeMounts"], {"name": "home", "mountPath": HOME}],
    }
    volumes: list[Any] = [*spec["volumes"], {"name": "home", "emptyDir": {}}]
    return {**template, "spec": {**spec, "containers": [at_home], "volumes": volumes}}
