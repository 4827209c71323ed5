"""Rules about networks of Google Cloud."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fairlead.rules.gcp_cluster import CLUSTER
from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import Ask, flaws, holds, is_world, listed, may_be, refers, sets

FIREWALL = "gcp:compute/firewall:Firewall"
POLICY_RULE = "gcp:compute/*irewallPolicyRule:*FirewallPolicyRule"
"""Of a hierarchy, a network, and a network's region."""
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
UNLOGGED = ("REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER")
"""Purposes of subnetworks that keep no flow logs: the provider's own words of `logConfig`."""
FLOWS = Ask("logConfig", (), "who talked to whom is not kept", fix="add logConfig")
PRIVATE = Ask(
    "privateIpGoogleAccess", (True,), "Google's services are reached through the internet or not at all"
)
AUTO = Ask("autoCreateSubnetworks", (False,), "a range is taken in every region there is", default=True)


def _world(subject: Subject) -> Iterator[Flaw]:
    """Of rules of a network, and of policies; what is switched off admits nobody."""
    if may_be(subject.get("disabled"), True) or (subject.get("direction") or "INGRESS") != "INGRESS":
        return
    if subject.type == FIREWALL:
        admits, path = subject.get("allows"), "sourceRanges"
    else:
        admits, path = subject.get("action") == "allow", "match.srcIpRanges"
    ranges = listed(subject.get(path))
    for place, one in enumerate(ranges if admits else ()):
        if is_world(one):
            yield Flaw(f"{path}[{place}]", "lets in the whole internet", one, "your ranges", "name ranges")


def _logged(subject: Subject) -> Iterator[Flaw]:
    on = subject.get("logConfig") if subject.type == FIREWALL else subject.get("enableLogging")
    if not on:
        path = "logConfig" if subject.type == FIREWALL else "enableLogging"
        yield Flaw(path, "what it let in is not kept", "left out", "given", f"add {path}")


def _flows(subject: Subject) -> Iterator[Flaw]:
    if subject.get("purpose") not in UNLOGGED and not subject.get(FLOWS.path):
        yield Flaw(FLOWS.path, FLOWS.what, "left out", "given", FLOWS.fix)


def _of_clusters(whole: Whole) -> Iterator[Flaw]:
    for one in _subnetworks(whole, of_clusters=True):
        for flaw in [*_flows(one), *flaws([PRIVATE], one.inputs)]:
            yield replace(flaw, subject=one)


def _others(whole: Whole) -> Iterator[Flaw]:
    for one in _subnetworks(whole, of_clusters=False):
        yield from (replace(flaw, subject=one) for flaw in _flows(one))


def _subnetworks(whole: Whole, *, of_clusters: bool) -> Iterator[Subject]:
    used = [cluster.get("subnetwork") for cluster in whole.of(CLUSTER)]
    for one in whole.of(SUBNETWORK):
        if any(_holds(value, one) for value in used) == of_clusters:
            yield one


def _holds(value: Any, subnetwork: Subject) -> bool:
    """Whether it names that subnetwork, by what it will be or by its own name."""
    own = subnetwork.get("name")
    return refers(value, subnetwork) or bool(own and str(value).rpartition("/")[2] == own)


RULES = (
    ResourceRule(
        id="gcp-firewall-no-world",
        title="No firewall rule lets in the whole internet",
        reason="Ports that all the world reaches are tried within minutes, SSH and RDP first.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 3.6", "CIS-GCP 4.0.0 3.7"),
        types=(FIREWALL, POLICY_RULE),
        check=_world,
    ),
    ResourceRule(
        id="gcp-firewall-logged",
        title="Firewall rules keep what they let in",
        reason="Whether an attack reached a machine is told by connections that were kept.",
        level="advisory",
        references=(),
        types=(FIREWALL, POLICY_RULE),
        check=_logged,
    ),
    WholeRule(
        id="gcp-cluster-subnetwork",
        title="The network of a cluster keeps flow logs and reaches Google privately",
        reason="Nodes without public addresses pull images over it, and who they talked to is asked after an incident.",
        level="mandatory",
        references=("CIS-GKE 1.6.0 5.6.1", "CIS-GCP 4.0.0 3.8"),
        looks_at="resources",
        check=_of_clusters,
    ),
    WholeRule(
        id="gcp-subnetwork-flow-logs",
        title="Subnetworks beside those of clusters keep flow logs too",
        reason="Traffic that nobody recorded can be neither explained nor shown to an auditor.",
        level="advisory",
        references=("CIS-GCP 4.0.0 3.8",),
        looks_at="resources",
        check=_others,
    ),
    ResourceRule(
        id="gcp-network-own-ranges",
        title="A network has the subnetworks that you name",
        reason="Ranges made by themselves overlap with those of other networks and come with open firewall rules.",
        level="mandatory",
        references=(),
        types=("gcp:compute/network:Network",),
        check=holds(AUTO),
        remedy=sets(AUTO),
    ),
)
