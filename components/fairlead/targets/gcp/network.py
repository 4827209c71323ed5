"""The network: subnet, way out, private ways to Google's APIs; and the networks between accelerators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_gcp import compute, dns

from fairlead.plan.sites.gcp_model import FabricPlan, GcpSite
from fairlead.plan.sites.gcp_network import PRIVATE_ADDRESSES
from fairlead.targets.gcp.spelling import kept, under

WEBHOOK_PORTS = ("8443", "9443", "10250")
"""Ports on which controllers answer the API server, and the kubelet's."""


class Network(pulumi.ComponentResource):
    """The network of the nodes, made or brought. Depend on `ready` before nodes come up."""

    network: pulumi.Input[str]
    subnet: pulumi.Input[str]
    ready: Sequence[pulumi.Resource]

    def __init__(
        self,
        name: str,
        site: GcpSite,
        services: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:gcp:Network", name, {}, opts)
        plan = site.network
        if plan.made:
            self._make(name, site, services)
        else:
            self.network = plan.path
            self.subnet = f"projects/{plan.project}/regions/{site.region}/subnetworks/{plan.subnet}"
            self.ready = []
        self.register_outputs({})

    def _make(self, name: str, site: GcpSite, services: Sequence[pulumi.Resource]) -> None:
        plan = site.network
        network = compute.Network(
            name,
            name=plan.network,
            project=site.project,
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            opts=kept(self, site.protect, services),
        )
        subnet = compute.Subnetwork(
            name,
            name=plan.subnet,
            project=site.project,
            region=site.region,
            network=network.id,
            ip_cidr_range=plan.cidr,
            private_ip_google_access=True,
            secondary_ip_ranges=[
                compute.SubnetworkSecondaryIpRangeArgs(range_name=plan.pods, ip_cidr_range=plan.pod_cidr),
                compute.SubnetworkSecondaryIpRangeArgs(
                    range_name=plan.services, ip_cidr_range=plan.service_cidr
                ),
            ],
            log_config=compute.SubnetworkLogConfigArgs(
                aggregation_interval="INTERVAL_10_MIN", flow_sampling=0.5, metadata="INCLUDE_ALL_METADATA"
            ),
            opts=kept(self, site.protect),
        )
        self.network, self.subnet = network.id, subnet.id
        self.ready = [
            self._way_out(name, site, network, subnet),
            self._control_plane(name, site, network),
            *self._private_access(name, site, network),
        ]

    def _way_out(
        self, name: str, site: GcpSite, network: compute.Network, subnet: compute.Subnetwork
    ) -> pulumi.Resource:
        router = compute.Router(
            name,
            name=site.network.router,
            project=site.project,
            region=site.region,
            network=network.id,
            opts=under(self),
        )
        return compute.RouterNat(
            name,
            name=site.network.nat,
            project=site.project,
            region=site.region,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
            subnetworks=[
                compute.RouterNatSubnetworkArgs(name=subnet.id, source_ip_ranges_to_nats=["ALL_IP_RANGES"])
            ],
            log_config=compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=under(self),
        )

    def _control_plane(self, name: str, site: GcpSite, network: compute.Network) -> pulumi.Resource:
        """The API server's private address is one of the subnet: it calls webhooks from there."""
        return compute.Firewall(
            name,
            name=site.network.firewall,
            project=site.project,
            network=network.id,
            direction="INGRESS",
            source_ranges=[site.network.cidr],
            allows=[compute.FirewallAllowArgs(protocol="tcp", ports=list(WEBHOOK_PORTS))],
            log_config=compute.FirewallLogConfigArgs(metadata="INCLUDE_ALL_METADATA"),
            opts=under(self),
        )

    def _private_access(
        self, name: str, site: GcpSite, network: compute.Network
    ) -> Sequence[pulumi.Resource]:
        """Registry and object store answer on addresses that do not lie in the internet."""
        made: list[pulumi.Resource] = []
        for zone_name, domain in site.network.private_access:
            zone = dns.ManagedZone(
                f"{name}-{domain.partition('.')[0]}",
                name=zone_name,
                project=site.project,
                dns_name=domain,
                description=f"Private ways to {domain}",
                visibility="private",
                private_visibility_config=dns.ManagedZonePrivateVisibilityConfigArgs(
                    networks=[dns.ManagedZonePrivateVisibilityConfigNetworkArgs(network_url=network.id)]
                ),
                labels=dict(site.labels),
                opts=under(self),
            )
            for part, record, data in (
                ("apex", domain, ("A", PRIVATE_ADDRESSES)),
                ("all", f"*.{domain}", ("CNAME", (domain,))),
            ):
                made.append(
                    dns.RecordSet(
                        f"{name}-{domain.partition('.')[0]}-{part}",
                        name=record,
                        project=site.project,
                        managed_zone=zone.name,
                        type=data[0],
                        ttl=300,
                        rrdatas=list(data[1]),
                        opts=under(self),
                    )
                )
        return made


class Fabric(pulumi.ComponentResource):
    """One network between accelerators. `subnets`: name in the plan -> subnet."""

    subnets: Mapping[str, compute.Subnetwork]

    def __init__(
        self,
        name: str,
        site: GcpSite,
        plan: FabricPlan,
        services: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("fairlead:gcp:Fabric", name, {}, opts)
        profile = f"projects/{site.project}/global/networkProfiles/{plan.profile}" if plan.profile else None
        network = compute.Network(
            name,
            name=plan.network,
            project=site.project,
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            mtu=plan.mtu,
            network_profile=profile,
            opts=under(self, services),
        )
        self.subnets = {
            one.subnet: compute.Subnetwork(
                f"{name}-{place}",
                name=one.subnet,
                project=site.project,
                region=site.region,
                network=network.id,
                ip_cidr_range=one.cidr,
                opts=under(self),
            )
            for place, one in enumerate(plan.subnets)
        }
        if not plan.profile:
            # A network of RDMA takes no firewall rules: its profile lets its own interfaces talk.
            compute.Firewall(
                name,
                name=plan.network,
                project=site.project,
                network=network.id,
                direction="INGRESS",
                source_ranges=[plan.cidr],
                allows=[
                    compute.FirewallAllowArgs(protocol="tcp"),
                    compute.FirewallAllowArgs(protocol="udp"),
                    compute.FirewallAllowArgs(protocol="icmp"),
                ],
                opts=under(self),
            )
        self.register_outputs({})
