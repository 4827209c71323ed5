"""How a server of Cloud SQL is reached: an address in the platform's subnet, and the server's own name for it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_gcp import compute, dns, sql

from fairlead.plan.sites.gcp_model import GcpSite
from fairlead.targets.gcp.spelling import under

ENDPOINT, ONE_SERVER = "PRIVATE_SERVICE_CONNECT", "INSTANCE"
"""Of a server's names the one for such an address, and for it alone.
google-api-python-client 2.202.0 sqladmin.v1, DnsNameMapping, 2026-11-29"""


class Door(pulumi.ComponentResource):
    """A private endpoint of one server, found by the name that stands in the server's certificate."""

    host: pulumi.Output[str]
    ready: pulumi.Resource

    def __init__(
        self,
        name: str,
        site: GcpSite,
        server: sql.DatabaseInstance,
        where: tuple[pulumi.Input[str], pulumi.Input[str]],
        parent: pulumi.Resource,
    ) -> None:
        """where: network and subnet of the endpoint."""
        super().__init__("fairlead:gcp:DatabaseDoor", name, {}, pulumi.ResourceOptions(parent=parent))
        network, subnet = where
        address = compute.Address(
            name,
            name=name,
            project=site.project,
            region=site.region,
            address_type="INTERNAL",
            subnetwork=subnet,
            labels=dict(site.labels),
            opts=under(self),
        )
        compute.ForwardingRule(
            name,
            name=name,
            project=site.project,
            region=site.region,
            network=network,
            ip_address=address.id,
            target=server.psc_service_attachment_link,
            # An endpoint balances nothing, and says so by an empty text.
            load_balancing_scheme="",
            recreate_closed_psc=True,
            labels=dict(site.labels),
            opts=under(self),
        )
        self.host = pulumi.Output.all(server.dns_names.apply(own_name), server.dns_name).apply(
            lambda known: (known[0] or known[1]).rstrip(".")
        )
        self.ready = self._named(name, site, network, address)
        self.register_outputs({})

    def _named(
        self, name: str, site: GcpSite, network: pulumi.Input[str], address: compute.Address
    ) -> pulumi.Resource:
        """A zone for this one name: any wider one would hide other servers of the network."""
        domain = pulumi.Output.concat(self.host, ".")
        zone = dns.ManagedZone(
            name,
            name=name,
            project=site.project,
            dns_name=domain,
            description=f"Private way to {name}",
            visibility="private",
            private_visibility_config=dns.ManagedZonePrivateVisibilityConfigArgs(
                networks=[dns.ManagedZonePrivateVisibilityConfigNetworkArgs(network_url=network)]
            ),
            labels=dict(site.labels),
            opts=under(self),
        )
        return dns.RecordSet(
            name,
            name=domain,
            project=site.project,
            managed_zone=zone.name,
            type="A",
            ttl=300,
            rrdatas=[address.address],
            opts=under(self),
        )


def own_name(names: Sequence[sql.outputs.DatabaseInstanceDnsName] | None) -> str:
    """The name of a server for its endpoints, which its certificate is made for; empty where it has one name alone."""
    found = (one for one in names or () if (one.connection_type, one.dns_scope) == (ENDPOINT, ONE_SERVER))
    return next((one.name or "" for one in found), "")
