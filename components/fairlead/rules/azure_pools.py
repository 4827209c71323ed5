"""Rules about nodes of Azure Kubernetes Service: pools of their own, and those that stand in a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fairlead.rules.azure_cluster import CLUSTER
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, flaws, is_known, is_on, rows, text

POOL = "azure-native:containerservice*:AgentPool"
TYPES = (POOL, CLUSTER)
PRIVATE = Ask("enableNodePublicIP", (False,), "its nodes have public addresses", default=False)
SSH = Ask("securityProfile.sshAccess", ("Disabled",), "its nodes let people in by keys")
HOST = Ask("enableEncryptionAtHost", (True,), "temporary disks and caches are not encrypted")
PROVISIONING = "nodeProvisioningProfile"


def pools(subject: Subject) -> Iterator[tuple[str, Data]]:
    """(where it begins, with a dot behind, the pool) of each pool that a resource makes."""
    if subject.kind == "AgentPool":
        yield "", subject.inputs
    for place, one in rows(subject.get("agentPoolProfiles")):
        yield f"agentPoolProfiles[{place}].", one


def _each(*asks: Ask) -> Callable[[Subject], Iterator[Flaw]]:
    def check(subject: Subject) -> Iterator[Flaw]:
        for at, one in pools(subject):
            yield from flaws(asks, one, at)

    return check


def _bounded(subject: Subject) -> Iterator[Flaw]:
    for at, one in pools(subject):
        most = one.get("maxCount")
        if is_on(one.get("enableAutoScaling")) and is_known(most) and not most:
            yield Flaw(
                f"{at}maxCount", "the pool grows until the quota ends", "left out", "a number", "name it"
            )
    mode, default = subject.get(f"{PROVISIONING}.mode"), subject.get(f"{PROVISIONING}.defaultNodePools")
    if mode == "Auto" and (default or "Auto") == "Auto":
        what = "Azure adds pools that have no limit"
        fix = "set it to None and make NodePools with limits"
        yield Flaw(f"{PROVISIONING}.defaultNodePools", what, text(default or "left out"), "None", fix)


RULES = (
    ResourceRule(
        id="azure-nodes-private",
        title="Nodes have no public addresses",
        reason="A node that the internet reaches shows it every port that a pod opens on the host.",
        level="mandatory",
        references=("CIS-AKS 1.8.0 5.4.3",),
        types=TYPES,
        check=_each(PRIVATE),
    ),
    ResourceRule(
        id="azure-pool-bounded",
        title="A pool that grows has a maximum",
        reason="A loop that makes pods makes nodes too, and accelerators cost thousands a day.",
        level="mandatory",
        references=(),
        types=TYPES,
        check=_bounded,
    ),
    ResourceRule(
        id="azure-pool-no-ssh",
        title="Nobody signs in to nodes by SSH",
        reason="A key that opens every node is copied, and what is done with it is in no log of Kubernetes.",
        level="mandatory",
        references=("MCSB IM-8",),
        types=TYPES,
        check=_each(SSH),
    ),
    ResourceRule(
        id="azure-pool-host-encryption",
        title="Temporary disks and caches of nodes are encrypted",
        reason="Datasets and checkpoints that a job keeps on local disks lie there in clear.",
        level="advisory",
        references=("MCSB DP-4",),
        types=TYPES,
        check=_each(HOST),
    ),
)
