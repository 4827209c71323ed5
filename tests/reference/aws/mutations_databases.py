"""Mistakes with servers of RDS that the judge of AWS must notice, one at a time."""

from __future__ import annotations

from reference.aws.rules_databases import INSTANCE, PARAMETERS, SUBNETS
from reference.aws.rules_network import INGRESS
from reference.common import Resource
from reference.mutation import Mutation, add, delete, edit, to


def _of_a_server(one: Resource) -> bool:
    return one["inputs"].get("fromPort") == 5432


DATABASES = (
    Mutation("server on a machine that does not exist", INSTANCE, "instanceClass", to("db.m7g.tiny")),
    Mutation("server on a machine of EC2", INSTANCE, "instanceClass", to("m7g.large")),
    Mutation("server with an address in the internet", INSTANCE, "publiclyAccessible", to(True)),
    Mutation("server without encryption", INSTANCE, "storageEncrypted", to(False)),
    Mutation("server whose password is in the state", INSTANCE, "", add("password", "secret")),
    Mutation("server whose password nobody makes", INSTANCE, "manageMasterUserPassword", to(False)),
    Mutation("server whose disk shrinks", INSTANCE, "maxAllocatedStorage", to(20)),
    Mutation("server that anybody may delete", INSTANCE, "deletionProtection", to(False)),
    Mutation("server without a last snapshot's name", INSTANCE, "finalSnapshotIdentifier", delete),
    Mutation("server of a version that does not exist", INSTANCE, "engineVersion", to("7")),
    Mutation("server with settings of another", INSTANCE, "parameterGroupName", to("nobody")),
    Mutation("server in one zone", SUBNETS, "subnetIds", edit(lambda found: found[:1])),
    Mutation("server that lets clear text in", PARAMETERS, "parameters[0].value", to("0")),
    Mutation("settings of another version", PARAMETERS, "family", to("postgres16")),
    Mutation("server with another port than its door", INGRESS, "toPort", to(5433), _of_a_server),
    Mutation("backup during maintenance", INSTANCE, "backupWindow", to("02:15-02:45")),
    Mutation("backup window misspelt", INSTANCE, "backupWindow", to("1:30-2:00")),
    Mutation("maintenance of a minute", INSTANCE, "maintenanceWindow", to("sun:02:00-sun:02:01")),
    Mutation("server whose key is a network", INSTANCE, "kmsKeyId", to("${aws:ec2/vpc:Vpc::nobody.id}")),
    Mutation("server with a switch misspelt", INSTANCE, "", add("multiAZ", True)),
    Mutation("backups kept for ever", INSTANCE, "backupRetentionPeriod", to("ever")),
)
