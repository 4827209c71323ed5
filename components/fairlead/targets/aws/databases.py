"""PostgreSQL that Amazon RDS runs for layers. RDS makes and rotates the password; the layer's pods alone read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, ec2, iam, rds, vpc

from fairlead.contract.database import Database, SignIn
from fairlead.contract.handle import Reach
from fairlead.plan.sites.aws_databases import AUTHORITY
from fairlead.plan.sites.aws_model import AwsSite, OwnNetwork
from fairlead.plan.sites.aws_server import Server
from fairlead.targets.aws import policies
from fairlead.targets.aws.network import Subnets
from fairlead.targets.aws.spelling import MANAGED

PORT = 5432
SETTINGS: Mapping[str, str] = {"rds.force_ssl": "1", "log_connections": "1", "log_disconnections": "1"}
"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html, 2026-11-29"""
INSIGHTS_DAYS = 7
"""What performance insights keep without being paid for."""
ANYWHERE_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""Where a server is in a network that stands already: its owner has not said which ranges the subnets have."""
ASKING = """\
import json

import boto3


def password():
    kept = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
    return json.loads(kept["SecretString"])["password"]
"""


@dataclass(frozen=True)
class DatabasesArgs:
    """What the servers are made of."""

    site: AwsSite
    subnets: Subnets
    key: pulumi.Input[str]
    nodes: pulumi.Input[str]
    """Security group of the cluster's nodes: whoever calls a server comes from there."""
    roles: Mapping[str, pulumi.Output[str]]
    """Namespace of a layer -> name of the role of its pods."""


def reach(site: AwsSite) -> list[Reach]:
    """What pods of a layer call: the server's subnets."""
    network = site.network
    ranges = [zone.control for zone in network.zones] if isinstance(network, OwnNetwork) else ANYWHERE_PRIVATE
    return [Reach(one, (PORT,)) for one in ranges]


class Databases(pulumi.ComponentResource):
    """A server for each layer that has its database outside the cluster."""

    handle: Mapping[str, Database]
    """By layer."""

    def __init__(self, name: str, args: DatabasesArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("fairlead:aws:Databases", name, {}, opts)
        self._name, self._args, self._site = name, args, args.site
        self._child = pulumi.ResourceOptions(parent=self)
        self.handle = {one.layer: self._one(one) for one in args.site.servers}
        self.register_outputs({})

    def _tags(self, server: Server) -> dict[str, str]:
        return {"Name": server.name, MANAGED: self._name}

    def _one(self, plan: Server) -> Database:
        server = self._server(plan)
        secret = server.master_user_secrets.apply(lambda found: found[0].secret_arn or "" if found else "")
        document = pulumi.Output.all(secret, self._args.key).apply(
            lambda known: policies.password(known[0], known[1])
        )
        role = self._args.roles[plan.namespace]
        iam.RolePolicy(plan.name, iam.RolePolicyArgs(role=role, policy=document), self._child)
        return Database(
            host=server.address,
            port=PORT,
            name=plan.database,
            user=plan.user,
            password=SignIn(ASKING, {"SECRET": secret, "AWS_REGION": self._site.region}),
            authority=plan.authority,
            reach=reach(self._site),
        )

    def _server(self, plan: Server) -> rds.Instance:
        site, tags, key = self._site, self._tags(plan), self._args.key
        logs = cloudwatch.LogGroup(
            plan.name,
            cloudwatch.LogGroupArgs(
                name=plan.log_group, retention_in_days=site.log_days, kms_key_id=key, tags=tags
            ),
            self._child,
        )
        places = rds.SubnetGroup(
            plan.name,
            rds.SubnetGroupArgs(
                name=plan.name,
                description=f"PostgreSQL of layer {plan.layer}",
                subnet_ids=list(self._args.subnets.control),
                tags=tags,
            ),
            self._child,
        )
        settings = rds.ParameterGroup(
            plan.name,
            rds.ParameterGroupArgs(
                name=plan.name,
                family=f"postgres{plan.version}",
                description=f"PostgreSQL of layer {plan.layer}",
                parameters=[
                    rds.ParameterGroupParameterArgs(name=name, value=value)
                    for name, value in SETTINGS.items()
                ],
                tags=tags,
            ),
            self._child,
        )
        return rds.Instance(
            plan.name,
            rds.InstanceArgs(
                identifier=plan.name,
                engine="postgres",
                # Patch releases come in the maintenance window, major ones never by themselves.
                engine_version=plan.version,
                auto_minor_version_upgrade=True,
                allow_major_version_upgrade=False,
                instance_class=plan.machine,
                multi_az=plan.standby,
                storage_type="gp3",
                allocated_storage=plan.storage_gib,
                max_allocated_storage=plan.most_gib,
                storage_encrypted=True,
                kms_key_id=key,
                db_name=plan.database,
                username=plan.user,
                manage_master_user_password=True,
                master_user_secret_kms_key_id=key,
                port=PORT,
                ca_cert_identifier=AUTHORITY,
                db_subnet_group_name=places.name,
                vpc_security_group_ids=[self._group(plan)],
                publicly_accessible=False,
                parameter_group_name=settings.name,
                backup_retention_period=plan.backup_days,
                backup_window=plan.backup_window,
                maintenance_window=plan.maintenance_window,
                copy_tags_to_snapshot=True,
                delete_automated_backups=not site.protect,
                deletion_protection=site.protect,
                skip_final_snapshot=not site.protect,
                final_snapshot_identifier=f"{plan.name}-last" if site.protect else None,
                enabled_cloudwatch_logs_exports=["postgresql"],
                performance_insights_enabled=True,
                performance_insights_kms_key_id=key,
                performance_insights_retention_period=INSIGHTS_DAYS,
                tags=tags,
            ),
            pulumi.ResourceOptions(parent=self, protect=site.protect, depends_on=[logs]),
        )

    def _group(self, plan: Server) -> pulumi.Output[str]:
        """Lets the cluster's nodes in, on one port, and nobody else; it calls nobody."""
        group = ec2.SecurityGroup(
            plan.name,
            ec2.SecurityGroupArgs(
                description=f"PostgreSQL of layer {plan.layer}, reached from the nodes",
                vpc_id=self._args.subnets.vpc,
                tags=self._tags(plan),
            ),
            self._child,
        )
        vpc.SecurityGroupIngressRule(
            plan.name,
            vpc.SecurityGroupIngressRuleArgs(
                security_group_id=group.id,
                referenced_security_group_id=self._args.nodes,
                description="From the nodes",
                ip_protocol="tcp",
                from_port=PORT,
                to_port=PORT,
            ),
            self._child,
        )
        return group.id
