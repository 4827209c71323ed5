"""Rules about nodes of Google Kubernetes Engine: pools of their own, and those that stand in a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from fairlead.rules.gcp_cluster import CLUSTER
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, flaws, is_on, listed, may_be, rows, value_at

POOL = "gcp:container/nodePool:NodePool"
TYPES = (POOL, CLUSTER)
DEFAULT_ACCOUNT = "-compute@developer.gserviceaccount.com"
"""How the address of Compute Engine's default account ends; also meant by `default`, and by nothing.
https://cloud.google.com/compute/docs/access/service-accounts#default_service_account"""


def pools(subject: Subject) -> Iterator[tuple[str, Data]]:
    """(where it begins, with a dot behind, the pool) of each pool that a resource makes."""
    if subject.type == POOL:
        yield "", subject.inputs
        return
    for place, one in rows(subject.get("nodePools")):
        yield f"nodePools[{place}].", one
    alone = not may_be(subject.get("removeDefaultNodePool"), True) and not listed(subject.get("nodePools"))
    # The pool that a cluster comes with is there for some minutes even where it is taken away.
    if subject.get("nodeConfig") is not None or (alone and not may_be(subject.get("enableAutopilot"), True)):
        yield "", {"nodeConfig": subject.get("nodeConfig") or {}}


def machines(subject: Subject) -> Iterator[tuple[str, Data]]:
    """(where it begins, with a dot behind, configuration of nodes) of each pool."""
    for at, pool in pools(subject):
        found: Any = pool.get("nodeConfig") or {}
        if isinstance(found, Mapping):
            yield f"{at}nodeConfig.", cast("Data", found)


def _of_machines(*asks: Ask) -> Callable[[Subject], Iterator[Flaw]]:
    def check(subject: Subject) -> Iterator[Flaw]:
        for at, one in machines(subject):
            yield from flaws(asks, one, at)

    return check


def _care(subject: Subject) -> Iterator[Flaw]:
    for at, pool in pools(subject):
        yield from flaws([UPGRADE], pool, at)
        if not _borrowed(pool):
            yield from flaws([REPAIR], pool, at)


def _borrowed(pool: Data) -> bool:
    """Whether its nodes come for a time, by the scheduler of capacity: GKE takes such a pool without repair alone.
    https://cloud.google.com/kubernetes-engine/docs/how-to/dws-flex-start-training"""
    return any(
        may_be(value_at(pool, path), True) for path in ("nodeConfig.flexStart", "queuedProvisioning.enabled")
    )


def _private(subject: Subject) -> Iterator[Flaw]:
    ask = Ask("privateClusterConfig.enablePrivateNodes", (True,), "nodes have public addresses")
    if subject.type == CLUSTER:
        yield from flaws([ask], subject.inputs)
    own = Ask("networkConfig.enablePrivateNodes", (True,), "its nodes have public addresses", default=True)
    for at, one in pools(subject):
        yield from flaws([own], one, at)


def _bounded(subject: Subject) -> Iterator[Flaw]:
    for at, pool in pools(subject):
        scaling = pool.get("autoscaling")
        if isinstance(scaling, Mapping) and not _most(cast("Data", scaling)):
            what = "the pool grows until the quota ends"
            yield Flaw(
                f"{at}autoscaling", what, "no maximum", "totalMaxNodeCount or maxNodeCount", "name one"
            )
    path = "clusterAutoscaling"
    if is_on(subject.get(f"{path}.enabled")) and not subject.get(f"{path}.resourceLimits"):
        what = "pools that Google adds grow until the quota ends"
        yield Flaw(f"{path}.resourceLimits", what, "left out", "a maximum of each resource", "name them")


def _most(scaling: Data) -> bool:
    return bool(scaling.get("totalMaxNodeCount") or scaling.get("maxNodeCount"))


def _default(account: Any) -> bool:
    return account in (None, "", "default") or str(account).endswith(DEFAULT_ACCOUNT)


def _account(subject: Subject) -> Iterator[Flaw]:
    for at, one in machines(subject):
        given = one.get("serviceAccount")
        if _default(given):
            what = "nodes sign in as the default account, which may edit the project as far as scopes go"
            fix = "make an account with roles/container.defaultNodeServiceAccount"
            yield Flaw(f"{at}serviceAccount", what, given or "left out", "an account of its own", fix)


METADATA = (
    Ask("workloadMetadataConfig.mode", ("GKE_METADATA",), "pods are told the node's own tokens"),
    Ask("metadata.disable-legacy-endpoints", (True,), "old addresses tell tokens unasked", default=True),
)
BOOT = (
    Ask("shieldedInstanceConfig.enableSecureBoot", (True,), "a changed kernel or driver boots too"),
    Ask(
        "shieldedInstanceConfig.enableIntegrityMonitoring",
        (True,),
        "nobody learns that a node booted otherwise",
        default=True,
    ),
)
IMAGE = Ask("imageType", ("COS_CONTAINERD",), "the image is not the hardened one", default="COS_CONTAINERD")
KEY = "bootDiskKmsKey"
PORT = Ask(
    "kubeletConfig.insecureKubeletReadonlyPortEnabled",
    (False,),
    "whoever reaches the node reads what runs on it, without a name",
    default=False,
)
REPAIR = Ask("management.autoRepair", (True,), "a broken node stays broken", default=True)
UPGRADE = Ask("management.autoUpgrade", (True,), "nodes stay behind and keep known flaws", default=True)


def _boot_key(subject: Subject) -> Iterator[Flaw]:
    for at, one in machines(subject):
        if not one.get(KEY):
            yield Flaw(
                f"{at}{KEY}", "disks are under Google's key alone", "left out", "a key's id", "name it"
            )


RULES = (
    ResourceRule(
        id="gcp-nodes-private",
        title="Nodes have no public addresses",
        reason="A node that the internet reaches shows it every port that a pod opens on the host.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.6.5",),
        types=TYPES,
        check=_private,
    ),
    ResourceRule(
        id="gcp-pool-bounded",
        title="A pool that grows has a maximum",
        reason="A loop that makes pods makes nodes too, and accelerators cost thousands a day.",
        level="mandatory",
        references=(),
        types=TYPES,
        check=_bounded,
    ),
    ResourceRule(
        id="gcp-pool-own-account",
        title="Nodes sign in as an account of their own",
        reason="The default account may edit the whole project: one node taken over takes all of it.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.2.1", "CIS-GCP 4.0.0 4.1", "CIS-GCP 4.0.0 4.2"),
        types=TYPES,
        check=_account,
    ),
    ResourceRule(
        id="gcp-pool-metadata-server",
        title="Pods ask GKE's metadata server",
        reason="Compute Engine's own tells every pod the node's tokens, and so the node's rights.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.4.1",),
        types=TYPES,
        check=_of_machines(*METADATA),
    ),
    ResourceRule(
        id="gcp-pool-secure-boot",
        title="Nodes boot what is signed alone, and tell if not",
        reason="Code that comes before the kernel is seen by nothing that runs later.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.5.6", "CIS-GKE 1.6.0 5.5.7"),
        types=TYPES,
        check=_of_machines(*BOOT),
    ),
    ResourceRule(
        id="gcp-pool-image",
        title="Nodes run Container-Optimized OS",
        reason="It has a root file system that cannot be written to, and no package manager.",
        level="advisory",
        references=("CIS-GKE 1.6.0 5.5.1",),
        types=TYPES,
        check=_of_machines(IMAGE),
    ),
    ResourceRule(
        id="gcp-pool-kubelet-port",
        title="The kubelet's read-only port is closed",
        reason="It tells names, images and environment of every pod to whoever asks.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 3.2.4",),
        types=TYPES,
        check=_of_machines(PORT),
    ),
    ResourceRule(
        id="gcp-pool-care",
        title="Nodes are repaired and upgraded",
        reason="A pool that nobody cares for fails node by node, with flaws that are published.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.5.2", "CIS-GKE 1.6.0 5.5.3"),
        types=TYPES,
        check=_care,
    ),
    ResourceRule(
        id="gcp-pool-boot-disk-key",
        title="Disks of nodes are encrypted with a key of your own",
        reason="Images, logs and what pods write to the node lie there; your key can be taken away from them.",
        level="advisory",
        references=("CIS-GKE 1.6.0 5.9.2",),
        types=TYPES,
        check=_boot_key,
    ),
)
