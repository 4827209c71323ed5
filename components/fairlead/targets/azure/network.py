"""The network: a range for nodes behind a NAT gateway, and private endpoints; or one that stands already."""

from __future__ import annotations

import pulumi
from pulumi_azure_native import network, privatedns

from fairlead.plan.sites.azure_model import AzureSite
from fairlead.targets.azure.group import ResourceGroups

SERVICE_ENDPOINTS = ("Microsoft.ContainerRegistry", "Microsoft.KeyVault")
"""Services that nodes reach inside Azure's network; the object store has a private endpoint."""


class Network(pulumi.ComponentResource):
    """Where nodes are. `nodes` and `endpoints` are ids of subnets."""

    nodes: pulumi.Input[str]
    endpoints: pulumi.Input[str]
    lustre: pulumi.Input[str] | None
    vnet: pulumi.Input[str]
    """Id of the network that both subnets belong to."""

    def __init__(
        self, name: str, site: AzureSite, groups: ResourceGroups, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("fairlead:azure:Network", name, {}, opts)
        self._site, self._group = site, groups.cluster.name
        self._child = pulumi.ResourceOptions(parent=self)
        if site.network.subnet:
            self.nodes = self.endpoints = site.network.subnet
            self.lustre = None
            self.vnet = site.network.subnet.rpartition("/subnets/")[0]
        else:
            self._build(name)
        self.register_outputs({})

    def _build(self, name: str) -> None:
        site, child = self._site, self._child
        vnet = network.VirtualNetwork(
            f"{name}-vnet",
            network.VirtualNetworkInitArgs(
                resource_group_name=self._group,
                virtual_network_name=f"{name}-vnet",
                location=site.region,
                address_space=network.AddressSpaceArgs(address_prefixes=[site.network.space]),
            ),
            # Subnets are resources of their own: the network must not take them for foreign ones.
            pulumi.ResourceOptions(parent=self, protect=site.protect, ignore_changes=["subnets"]),
        )
        guard = network.NetworkSecurityGroup(
            f"{name}-nodes",
            network.NetworkSecurityGroupInitArgs(
                resource_group_name=self._group,
                network_security_group_name=f"{name}-nodes",
                location=site.region,
            ),
            child,
        )
        gateway = self._gateway(name)
        nodes = self._subnet(name, "nodes", site.network.nodes, vnet, [], guard=guard, gateway=gateway)
        # Azure changes one subnet of a network at a time.
        ends = self._subnet(name, "endpoints", site.network.endpoints, vnet, [nodes], guard=guard)
        self.lustre = None
        if site.network.lustre:
            self.lustre = self._subnet(name, "lustre", site.network.lustre, vnet, [nodes, ends]).id
        self.nodes, self.endpoints, self.vnet = nodes.id, ends.id, vnet.id

    def _gateway(self, name: str) -> network.NatGateway:
        site = self._site
        address = network.PublicIPAddress(
            f"{name}-egress",
            network.PublicIPAddressInitArgs(
                resource_group_name=self._group,
                public_ip_address_name=f"{name}-egress",
                location=site.region,
                sku=network.PublicIPAddressSkuArgs(name=network.PublicIPAddressSkuName.STANDARD),
                public_ip_allocation_method=network.IPAllocationMethod.STATIC,
                zones=list(site.region_zones),
            ),
            self._child,
        )
        return network.NatGateway(
            f"{name}-nat",
            network.NatGatewayInitArgs(
                resource_group_name=self._group,
                nat_gateway_name=f"{name}-nat",
                location=site.region,
                sku=network.NatGatewaySkuArgs(name=network.NatGatewaySkuName.STANDARD),
                public_ip_addresses=[network.SubResourceArgs(id=address.id)],
                idle_timeout_in_minutes=30,
            ),
            self._child,
        )

    def _subnet(
        self,
        name: str,
        purpose: str,
        prefix: str,
        vnet: network.VirtualNetwork,
        after: list[network.Subnet],
        guard: network.NetworkSecurityGroup | None = None,
        gateway: network.NatGateway | None = None,
    ) -> network.Subnet:
        served = SERVICE_ENDPOINTS if gateway else ()
        return network.Subnet(
            f"{name}-{purpose}",
            network.SubnetInitArgs(
                resource_group_name=self._group,
                virtual_network_name=vnet.name,
                subnet_name=purpose,
                address_prefix=prefix,
                default_outbound_access=False,
                nat_gateway=network.SubResourceArgs(id=gateway.id) if gateway else None,
                network_security_group=network.NetworkSecurityGroupArgs(id=guard.id) if guard else None,
                private_endpoint_network_policies="Disabled",
                service_endpoints=[
                    network.ServiceEndpointPropertiesFormatArgs(service=one) for one in served
                ],
            ),
            pulumi.ResourceOptions(parent=self, depends_on=after),
        )


class PrivateDoor(pulumi.ComponentResource):
    """A service inside the network: a private endpoint, and the DNS zone that leads to it."""

    ready: pulumi.Resource

    def __init__(
        self,
        name: str,
        where: Network,
        group: pulumi.Input[str],
        region: str,
        service: tuple[pulumi.Input[str], str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """service: resource id, its part (blob, file), the DNS zone."""
        super().__init__("fairlead:azure:PrivateDoor", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        target, part, zone_name = service
        zone = private_zone(name, where, group, zone_name, child)
        self.ready = private_door(name, where, group, region, (target, part, zone), child)
        self.register_outputs({})


def private_zone(
    name: str, where: Network, group: pulumi.Input[str], zone_name: str, opts: pulumi.ResourceOptions
) -> privatedns.PrivateZone:
    """A DNS zone that the network asks first: of each name there is one in a network."""
    zone = privatedns.PrivateZone(
        f"{name}-zone",
        privatedns.PrivateZoneArgs(resource_group_name=group, private_zone_name=zone_name, location="global"),
        opts,
    )
    privatedns.VirtualNetworkLink(
        f"{name}-link",
        privatedns.VirtualNetworkLinkArgs(
            resource_group_name=group,
            private_zone_name=zone.name,
            virtual_network_link_name=name,
            location="global",
            registration_enabled=False,
            virtual_network=privatedns.SubResourceArgs(id=where.vnet),
        ),
        opts,
    )
    return zone


def private_door(
    name: str,
    where: Network,
    group: pulumi.Input[str],
    region: str,
    service: tuple[pulumi.Input[str], str, privatedns.PrivateZone],
    opts: pulumi.ResourceOptions,
) -> pulumi.Resource:
    """A private endpoint, and its name in the zone. service: resource id, its part, the DNS zone."""
    target, part, zone = service
    door = network.PrivateEndpoint(
        name,
        network.PrivateEndpointArgs(
            resource_group_name=group,
            private_endpoint_name=name,
            location=region,
            subnet=network.SubnetArgs(id=where.endpoints),
            private_link_service_connections=[
                network.PrivateLinkServiceConnectionArgs(
                    name=name, private_link_service_id=target, group_ids=[part]
                )
            ],
        ),
        opts,
    )
    return network.PrivateDnsZoneGroup(
        f"{name}-names",
        network.PrivateDnsZoneGroupArgs(
            resource_group_name=group,
            private_endpoint_name=door.name,
            private_dns_zone_group_name="default",
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(name=part, private_dns_zone_id=zone.id)
            ],
        ),
        opts,
    )
