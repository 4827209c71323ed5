"""The network: private subnets for nodes and control plane, NAT, endpoints, logs of what flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, ec2, iam, vpc

from fairlead.plan.sites.aws_model import AwsSite, BroughtNetwork, OwnNetwork, ZonePlan
from fairlead.targets.aws import policies
from fairlead.targets.aws.spelling import MANAGED, owned, trust

EVERYWHERE = "0.0.0.0/0"
STORE_DNS = ec2.VpcEndpointDnsOptionsArgs(private_dns_only_for_inbound_resolver_endpoint=False)
"""The store's name leads to the interface for callers in the network too, not to the route."""
BALANCERS: Mapping[str, Mapping[str, str]] = {
    "nodes": {"kubernetes.io/role/internal-elb": "1"},
    "public": {"kubernetes.io/role/elb": "1"},
}
"""Subnets -> the tag by which controllers of load balancers find them.

https://kubernetes-sigs.github.io/aws-load-balancer-controller/v2.4/deploy/subnet_discovery, 2026-11-23
"""


@dataclass(frozen=True)
class Subnets:
    """Where things of the cluster are put."""

    vpc: pulumi.Input[str]
    nodes: Mapping[str, pulumi.Input[str]]
    """Zone -> subnet of nodes and pods."""
    control: Sequence[pulumi.Input[str]]
    """Subnets of the API server's addresses."""
    ready: Sequence[pulumi.Resource]
    """Depend on these before a node is to reach anything."""


class Network(pulumi.ComponentResource):
    """The network of a platform. One that was brought is left as it is."""

    subnets: Subnets

    def __init__(
        self, name: str, site: AwsSite, key: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__("fairlead:aws:Network", name, {}, opts)
        self._name, self._site = name, site
        self._child = pulumi.ResourceOptions(parent=self)
        self._kept = pulumi.ResourceOptions(parent=self, protect=site.protect)
        if isinstance(site.network, BroughtNetwork):
            brought = site.network
            self.subnets = Subnets(brought.vpc, brought.subnets, list(brought.subnets.values()), ())
        else:
            self.subnets = self._made(site.network, key)
        self.register_outputs({})

    def _tags(self, part: str) -> dict[str, str]:
        return {"Name": f"{self._name}-{part}", MANAGED: self._name}

    def _made(self, plan: OwnNetwork, key: pulumi.Input[str]) -> Subnets:
        network = ec2.Vpc(
            self._name,
            ec2.VpcArgs(
                cidr_block=plan.cidr,
                enable_dns_support=True,
                enable_dns_hostnames=True,
                tags=self._tags("vpc"),
            ),
            self._kept,
        )
        # The group that every interface gets unless told otherwise lets nothing through.
        ec2.DefaultSecurityGroup(
            f"{self._name}-default",
            ec2.DefaultSecurityGroupArgs(vpc_id=network.id, tags=self._tags("default")),
            self._child,
        )
        nodes = {zone.zone: self._subnet(network, zone.zone, "nodes", zone.nodes) for zone in plan.zones}
        control = {
            zone.zone: self._subnet(network, zone.zone, "control", zone.control) for zone in plan.zones
        }
        gateways = self._gateways(network, plan)
        routes: list[pulumi.Resource] = []
        tables: list[pulumi.Input[str]] = []
        for zone in plan.zones:
            gateway = gateways.get(zone.zone) or next(iter(gateways.values()))
            here = (nodes[zone.zone], control[zone.zone])
            table, made = self._table(network, f"private-{zone.zone}", here)
            tables.append(table)
            routes += [*made, self._route(f"private-{zone.zone}", table, nat_gateway_id=gateway)]
        inside = self._endpoints(network, plan, tables, [subnet.id for subnet in control.values()])
        self._flow_logs(network, key)
        return Subnets(
            network.id,
            {zone: subnet.id for zone, subnet in nodes.items()},
            [subnet.id for subnet in control.values()],
            [*routes, *inside],
        )

    def _subnet(self, network: ec2.Vpc, zone: str, purpose: str, cidr: str) -> ec2.Subnet:
        found_by = owned(self._name) if purpose == "nodes" else {}
        found_by |= BALANCERS.get(purpose, {})
        return ec2.Subnet(
            f"{self._name}-{purpose}-{zone}",
            ec2.SubnetArgs(
                vpc_id=network.id,
                cidr_block=cidr,
                availability_zone=zone,
                map_public_ip_on_launch=False,
                tags={**self._tags(f"{purpose}-{zone}"), **found_by},
            ),
            self._kept,
        )

    def _gateways(self, network: ec2.Vpc, plan: OwnNetwork) -> dict[str, pulumi.Output[str]]:
        """Zone -> NAT gateway, with the public subnet that it stands in."""
        internet = ec2.InternetGateway(
            self._name,
            ec2.InternetGatewayArgs(vpc_id=network.id, tags=self._tags("internet")),
            self._child,
        )
        zones = [zone for zone in plan.zones if zone.zone in plan.nat]
        public = {zone.zone: self._subnet(network, zone.zone, "public", zone.public) for zone in zones}
        table, _ = self._table(network, "public", list(public.values()))
        out = self._route("public", table, gateway_id=internet.id)
        return {zone.zone: self._gateway(zone, public[zone.zone], out) for zone in zones}

    def _gateway(self, zone: ZonePlan, subnet: ec2.Subnet, out: pulumi.Resource) -> pulumi.Output[str]:
        tags = self._tags(f"nat-{zone.zone}")
        address = ec2.Eip(f"{self._name}-nat-{zone.zone}", ec2.EipArgs(domain="vpc", tags=tags), self._child)
        gateway = ec2.NatGateway(
            f"{self._name}-{zone.zone}",
            ec2.NatGatewayArgs(subnet_id=subnet.id, allocation_id=address.id, tags=tags),
            pulumi.ResourceOptions(parent=self, depends_on=[out]),
        )
        return gateway.id

    def _table(
        self, network: ec2.Vpc, purpose: str, subnets: Sequence[ec2.Subnet]
    ) -> tuple[pulumi.Output[str], list[pulumi.Resource]]:
        """A route table, and its bonds to subnets."""
        table = ec2.RouteTable(
            f"{self._name}-{purpose}",
            ec2.RouteTableArgs(vpc_id=network.id, tags=self._tags(purpose)),
            self._child,
        )
        bonds: list[pulumi.Resource] = [
            ec2.RouteTableAssociation(
                f"{self._name}-{purpose}-{place}",
                ec2.RouteTableAssociationArgs(route_table_id=table.id, subnet_id=subnet.id),
                self._child,
            )
            for place, subnet in enumerate(subnets)
        ]
        return table.id, bonds

    def _route(
        self,
        purpose: str,
        table: pulumi.Input[str],
        *,
        gateway_id: pulumi.Input[str] | None = None,
        nat_gateway_id: pulumi.Input[str] | None = None,
    ) -> pulumi.Resource:
        return ec2.Route(
            f"{self._name}-{purpose}-out",
            ec2.RouteArgs(
                route_table_id=table,
                destination_cidr_block=EVERYWHERE,
                gateway_id=gateway_id,
                nat_gateway_id=nat_gateway_id,
            ),
            self._child,
        )

    def _endpoints(
        self,
        network: ec2.Vpc,
        plan: OwnNetwork,
        tables: Sequence[pulumi.Input[str]],
        subnets: Sequence[pulumi.Input[str]],
    ) -> list[pulumi.Resource]:
        """The object store by the route tables, which costs nothing; where tenants are to reach it at an
        address of the network alone, by an interface too, as all other services."""
        region = self._site.region
        made: list[pulumi.Resource] = [
            ec2.VpcEndpoint(
                f"{self._name}-s3-routes",
                ec2.VpcEndpointArgs(
                    vpc_id=network.id,
                    service_name=f"com.amazonaws.{region}.s3",
                    vpc_endpoint_type="Gateway",
                    route_table_ids=tables,
                    tags=self._tags("s3-routes"),
                ),
                self._child,
            )
        ]
        if not plan.endpoints:
            return made
        group = self._endpoint_group(network, plan.cidr)
        for service in plan.endpoints:
            part = service.replace(".", "-")
            made.append(
                ec2.VpcEndpoint(
                    f"{self._name}-{part}",
                    ec2.VpcEndpointArgs(
                        vpc_id=network.id,
                        service_name=f"com.amazonaws.{region}.{service}",
                        vpc_endpoint_type="Interface",
                        private_dns_enabled=True,
                        dns_options=STORE_DNS if service == "s3" else None,
                        subnet_ids=subnets,
                        security_group_ids=[group],
                        policy=policies.endpoint(service, self._site.account),
                        tags=self._tags(part),
                    ),
                    self._child,
                )
            )
        return made

    def _endpoint_group(self, network: ec2.Vpc, cidr: str) -> pulumi.Output[str]:
        group = ec2.SecurityGroup(
            f"{self._name}-endpoints",
            ec2.SecurityGroupArgs(
                description="Endpoints of the network, reached from inside it",
                vpc_id=network.id,
                tags=self._tags("endpoints"),
            ),
            self._child,
        )
        vpc.SecurityGroupIngressRule(
            f"{self._name}-endpoints-https",
            vpc.SecurityGroupIngressRuleArgs(
                security_group_id=group.id,
                description="HTTPS from nodes and pods",
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                cidr_ipv4=cidr,
            ),
            self._child,
        )
        return group.id

    def _flow_logs(self, network: ec2.Vpc, key: pulumi.Input[str]) -> None:
        site = self._site
        logs = cloudwatch.LogGroup(
            f"{self._name}-flow",
            cloudwatch.LogGroupArgs(
                name=policies.log_groups(self._name)["flow"],
                retention_in_days=site.log_days,
                kms_key_id=key,
                tags=self._tags("flow"),
            ),
            self._child,
        )
        role = iam.Role(
            f"{self._name}-flow",
            iam.RoleArgs(
                name=site.roles.flow_logs,
                assume_role_policy=trust(
                    "vpc-flow-logs.amazonaws.com",
                    condition={"StringEquals": {"aws:SourceAccount": site.account}},
                ),
                tags=self._tags("flow"),
            ),
            self._child,
        )
        rights = iam.RolePolicy(
            f"{self._name}-flow",
            iam.RolePolicyArgs(
                role=role.name, policy=policies.flow_logs(site.region, site.account, self._name)
            ),
            self._child,
        )
        ec2.FlowLog(
            self._name,
            ec2.FlowLogArgs(
                vpc_id=network.id,
                traffic_type="ALL",
                log_destination_type="cloud-watch-logs",
                log_destination=logs.arn,
                iam_role_arn=role.arn,
                max_aggregation_interval=600,
                tags=self._tags("flow"),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[rights]),
        )
