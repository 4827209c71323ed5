"""Rules about clusters of EKS: who reaches them, what they encrypt and write down, who is let in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, holds, is_known, is_on, listed, sets

CLUSTER = "aws:eks/cluster:Cluster"
LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
WIDEST = {4: 16, 6: 48}
"""Version of IP -> the shortest prefix that still is a range of somebody's, not of half the Internet."""
PUBLIC, RANGES = "vpcConfig.endpointPublicAccess", "vpcConfig.publicAccessCidrs"

_PRIVATE = Ask(
    "vpcConfig.endpointPrivateAccess",
    (True,),
    "the network's own nodes reach the API server over the Internet only",
    default=False,
)
_ENTRIES = Ask(
    "accessConfig.authenticationMode",
    ("API",),
    "whoever may write the ConfigMap aws-auth makes himself an administrator",
    default="CONFIG_MAP",
    fix="set it to API and give access by aws.eks.AccessEntry",
)
_CREATOR = Ask(
    "accessConfig.bootstrapClusterCreatorAdminPermissions",
    (False,),
    "who creates the cluster stays its administrator, and stands in no access entry of the program",
    default=True,
)
_STANDARD = Ask(
    "upgradePolicy.supportType",
    ("STANDARD",),
    "the cluster stays on a version that is out of standard support, at the price of extended support",
    default="EXTENDED",
)


def _ranges(subject: Subject) -> Iterator[Flaw]:
    public, ranges = subject.get(PUBLIC), subject.get(RANGES)
    if not is_known(public) or not (public is None or is_on(public)):
        return
    fix = f"set {PUBLIC} to false, or name the ranges that may call it"
    allowed = f"ranges of at least /{WIDEST[4]}, or /{WIDEST[6]} of IPv6"
    if ranges is None:
        yield Flaw(RANGES, "the API server answers the whole Internet", "left out", allowed, fix)
    for place, one in enumerate(listed(ranges)):
        if is_known(one) and _is_wide(one):
            what = "the API server answers more of the Internet than anybody owns"
            yield Flaw(f"{RANGES}[{place}]", what, str(one), allowed, fix)


def _is_wide(given: str) -> bool:
    try:
        network = ipaddress.ip_network(given, strict=False)
    except ValueError:
        return False
    return network.prefixlen < WIDEST[network.version]


def _secrets(subject: Subject) -> Iterator[Flaw]:
    resources = subject.get("encryptionConfig.resources")
    what, fix = (
        "secrets are not encrypted with a key of your own",
        "name a key of KMS, and resources: [secrets]",
    )
    if not subject.get("encryptionConfig.provider.keyArn"):
        yield Flaw("encryptionConfig.provider.keyArn", what, "left out", "a key of KMS", fix)
    elif is_known(resources) and "secrets" not in listed(resources):
        yield Flaw("encryptionConfig.resources", what, "without secrets", "[secrets]", fix)


def _logs(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("enabledClusterLogTypes")
    if not is_known(given):
        return
    lacking = [one for one in LOGS if one not in listed(given)]
    if lacking:
        what = f"nobody learns afterwards what happened: {', '.join(lacking)} are not written down"
        yield Flaw(
            "enabledClusterLogTypes", what, str(given or "left out"), ", ".join(LOGS), "name all of them"
        )


def _all_logs(subject: Subject) -> Data:
    return {**subject.inputs, "enabledClusterLogTypes": list(LOGS)}


RULES = (
    ResourceRule(
        id="aws-cluster-endpoint-private",
        title="The API server of a cluster has an address inside the network",
        reason="Without one nodes reach the API server over the Internet, and public access can never be turned off.",
        level="mandatory",
        references=("CIS-EKS 1.7.0 5.4.2", "NSA 1.2 Network separation and hardening"),
        types=(CLUSTER,),
        check=holds(_PRIVATE),
        remedy=sets(_PRIVATE),
    ),
    ResourceRule(
        id="aws-cluster-endpoint-ranges",
        title="The API server of a cluster answers nobody on the Internet, or named ranges only",
        reason="An API server that the Internet reaches is one stolen credential, or one flaw, from being taken.",
        level="mandatory",
        references=("CIS-EKS 1.7.0 5.4.1", "AWS FSBP EKS.1", "NSA 1.2 Network separation and hardening"),
        types=(CLUSTER,),
        check=_ranges,
    ),
    ResourceRule(
        id="aws-cluster-secrets-encrypted",
        title="Secrets of a cluster are encrypted with a key of your own",
        reason="A key of your own says who reads secrets, writes down who did, and shuts everybody out at once.",
        level="mandatory",
        references=("CIS-EKS 1.7.0 5.3.1",),
        types=(CLUSTER,),
        check=_secrets,
    ),
    ResourceRule(
        id="aws-cluster-logs",
        title="The control plane of a cluster writes all its logs",
        reason="After an incident these logs are the only record of who did what, and they cannot be had later.",
        level="mandatory",
        references=(
            "CIS-EKS 1.7.0 2.1.1",
            "AWS FSBP EKS.8",
            "NSA 1.2 Audit logging and threat detection",
        ),
        types=(CLUSTER,),
        check=_logs,
        remedy=_all_logs,
    ),
    ResourceRule(
        id="aws-cluster-access-entries",
        title="Access to a cluster is given by access entries",
        reason="The ConfigMap aws-auth is a second list of administrators, which IAM does not see and one typo breaks.",
        level="mandatory",
        references=("CIS-EKS 1.7.0 4.1.7",),
        types=(CLUSTER,),
        check=holds(_ENTRIES),
        remedy=sets(_ENTRIES),
    ),
    ResourceRule(
        id="aws-cluster-creator",
        title="Who creates a cluster is no administrator of it by that",
        reason="An administrator whom no access entry names is overlooked by reviews, and stays when people leave.",
        level="advisory",
        references=("CIS-EKS 1.7.0 4.1.1",),
        types=(CLUSTER,),
        check=holds(_CREATOR),
        remedy=sets(_CREATOR),
    ),
    ResourceRule(
        id="aws-cluster-version-supported",
        title="A cluster leaves its version before the standard support of it ends",
        reason="Extended support costs several times as much an hour, and puts off an upgrade until it is forced.",
        level="advisory",
        references=("AWS FSBP EKS.2", "NSA 1.2 Upgrading and application security practices"),
        types=(CLUSTER,),
        check=holds(_STANDARD),
        remedy=sets(_STANDARD),
    ),
)
