"""Rules about networks of Azure."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules.model import Data, Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, holds, is_known, is_world, listed, rows, text

GROUP = "azure-native:network*:NetworkSecurityGroup"
RULE = "azure-native:network*:SecurityRule"
SUBNET = "azure-native:network*:Subnet"
BARE = ("GatewaySubnet", "AzureFirewallSubnet", "AzureFirewallManagementSubnet", "RouteServerSubnet")
"""Subnets of Azure's own services that take no security group.
https://learn.microsoft.com/azure/virtual-network/virtual-network-vnet-plan-design-arm"""
EGRESS = Ask("defaultOutboundAccess", (False,), "machines reach the internet by addresses of Azure's choice")


def _world(subject: Subject) -> Iterator[Flaw]:
    if subject.kind == "SecurityRule":
        yield from _sources("", subject.inputs)
    for place, one in rows(subject.get("securityRules")):
        yield from _sources(f"securityRules[{place}].", one)


def _sources(at: str, rule: Data) -> Iterator[Flaw]:
    admits = text(rule.get("access")).lower() == "allow" and text(rule.get("direction")).lower() == "inbound"
    given = [("sourceAddressPrefix", rule.get("sourceAddressPrefix"))]
    many = enumerate(listed(rule.get("sourceAddressPrefixes")))
    given += [(f"sourceAddressPrefixes[{place}]", one) for place, one in many]
    for path, one in given:
        if admits and is_world(one):
            yield Flaw(f"{at}{path}", "lets in the whole internet", text(one), "your ranges", "name ranges")


def _guarded(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("networkSecurityGroup")
    if subject.get("subnetName") not in BARE and is_known(subject.get("subnetName")) and not given:
        what = "nothing says what may enter it"
        yield Flaw("networkSecurityGroup", what, "left out", "a security group", "name one")


RULES = (
    ResourceRule(
        id="azure-security-group-no-world",
        title="No security rule lets in the whole internet",
        reason="Ports that all the world reaches are tried within minutes, SSH and RDP first.",
        level="mandatory",
        references=(
            "CIS-Azure 3.0.0 7.1",
            "CIS-Azure 3.0.0 7.2",
            "CIS-Azure 3.0.0 7.3",
            "CIS-Azure 3.0.0 7.4",
        ),
        types=(GROUP, RULE),
        check=_world,
    ),
    ResourceRule(
        id="azure-subnet-guarded",
        title="A subnet has a security group",
        reason="Without one every address of the network, and of those peered with it, reaches every port.",
        level="advisory",
        references=("CIS-Azure 5.0.0 7.11", "MCSB NS-1"),
        types=(SUBNET,),
        check=_guarded,
    ),
    ResourceRule(
        id="azure-subnet-own-egress",
        title="A subnet reaches the internet by a way that you made",
        reason="Addresses that Azure lends change, and nobody can allow or refuse them elsewhere.",
        level="advisory",
        references=("MCSB NS-1",),
        types=(SUBNET,),
        check=holds(EGRESS),
    ),
)
