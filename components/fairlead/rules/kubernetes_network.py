"""Rules about what is reached from where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead.rules import kubernetes_sources as sources
from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.pods import entries
from fairlead.rules.settings import is_known, is_world, listed, text

SERVICE = ("kubernetes:core/v1:Service",)
INSIDE = (
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    (
        "networking.gke.io/load-balancer-type",
        "Internal",
    ),
)
AZURE = "service.beta.kubernetes.io/azure-load-balancer-internal"


def _open(subject: Subject) -> Iterator[Flaw]:
    kind = subject.get("spec.type")
    if kind == "NodePort":
        what = "a port of every node leads to it, past the gateway"
        yield Flaw("spec.type", what, "NodePort", "ClusterIP", "let the gateway lead to it")
    if kind == "LoadBalancer" and not _internal(subject):
        ranges = listed(subject.get("spec.loadBalancerSourceRanges"))
        for place, one in enumerate(ranges):
            if is_world(one):
                where = f"spec.loadBalancerSourceRanges[{place}]"
                yield Flaw(where, "the whole Internet reaches it", text(one), "your ranges", "name ranges")
        if not ranges:
            what = "the whole Internet reaches it"
            fix = "name ranges, or let the gateway lead to it"
            yield Flaw("spec.loadBalancerSourceRanges", what, "left out", "your ranges", fix)


def _internal(subject: Subject) -> bool:
    """Whether notes for a cloud say so, or may say so once they are known."""
    notes: Any = subject.get("metadata.annotations") or {}
    if not is_known(notes) or not is_known(subject.get("metadata")):
        return True
    return notes.get(AZURE) == "true" or any(notes.get(key) == value for key, value in INSIDE)


def _external_ips(subject: Subject) -> Iterator[Flaw]:
    for place, one in enumerate(listed(subject.get("spec.externalIPs"))):
        what = "every node answers for this address, whoever it belongs to (CVE-2020-8554)"
        yield Flaw(f"spec.externalIPs[{place}]", what, text(one), "none", "leave externalIPs out")


def _external_name(subject: Subject) -> Iterator[Flaw]:
    if subject.get("spec.type") == "ExternalName":
        what = "what calls it inside is led outside, past every network policy that names pods"
        given = text(subject.get("spec.externalName"))
        yield Flaw("spec.externalName", what, given, "a Service with pods", "call the name itself")


def _tls(subject: Subject) -> Iterator[Flaw]:
    if not is_known(subject.get("spec.tls")):
        return
    secured = {host for one in entries(subject.get("spec.tls")) for host in listed(one.get("hosts"))}
    for place, one in enumerate(entries(subject.get("spec.rules"))):
        host = one.get("host")
        if not secured or (host and not _covered(text(host), secured)):
            what = "what is sent to it is read on the way"
            where = f"spec.rules[{place}].host"
            yield Flaw(where, what, text(host or "any"), "a host that is in tls", "add it to spec.tls")


def _covered(host: str, secured: set[str]) -> bool:
    return host in secured or f"*.{host.partition('.')[2]}" in secured


def _everybody(subject: Subject) -> Iterator[Flaw]:
    for place, one in enumerate(entries(subject.get("spec.ingress"))):
        if not one.get("from") and not one.get("ports"):
            what = "everybody may call every port of these pods"
            fix = "name who calls, or the ports"
            yield Flaw(f"spec.ingress[{place}]", what, "{}", "from or ports", fix)


RULES = (
    ResourceRule(
        id="kubernetes-service-inside",
        title="Services are reached from inside, or from named ranges",
        reason="What the gateway asks for, names, TLS and limits, is not asked for here.",
        level="mandatory",
        references=(sources.NETWORK,),
        types=SERVICE,
        check=_open,
    ),
    ResourceRule(
        id="kubernetes-no-external-ips",
        title="No Service takes addresses that are not the cluster's",
        reason="Who names an address of others gets what pods send there: passwords, tokens and all.",
        level="mandatory",
        references=(),
        types=SERVICE,
        check=_external_ips,
    ),
    ResourceRule(
        id="kubernetes-no-external-name",
        title="No Service is a name for something outside",
        reason="A gateway or a pod that trusts names of the cluster is led to a server of somebody's choice.",
        level="advisory",
        references=(),
        types=SERVICE,
        check=_external_name,
    ),
    ResourceRule(
        id="kubernetes-ingress-tls",
        title="What comes in from outside is encrypted",
        reason="Without TLS everybody on the way reads and changes what is sent, tokens among it.",
        level="mandatory",
        references=(sources.NETWORK,),
        types=("kubernetes:networking.k8s.io/*:Ingress",),
        check=_tls,
    ),
    ResourceRule(
        id="kubernetes-network-policy-narrow",
        title="A network policy that lets in says whom, or to which port",
        reason="A rule without either undoes the policies that shut everything off.",
        level="mandatory",
        references=(sources.NETWORK,),
        types=("kubernetes:networking.k8s.io/*:NetworkPolicy",),
        check=_everybody,
    ),
)
