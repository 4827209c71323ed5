"""Mistakes with output of containers that the judge of AWS must notice, one at a time."""

from __future__ import annotations

from reference.aws.rules_cluster import ADDON
from reference.aws.rules_logs import COLLECTOR, GROUP, RIGHTS
from reference.common import Resource
from reference.mutation import Mutation, delete, edit, to

VALUES, FIRST = "configurationValues@json", "policy@json.Statement[0]"


def _collector(one: Resource) -> bool:
    return one["inputs"].get("addonName") == COLLECTOR


def _of_containers(one: Resource) -> bool:
    return one["name"].endswith("-workloads-application")


def _of_collector(one: Resource) -> bool:
    return one["name"].endswith(COLLECTOR)


LOGS = (
    Mutation("an agent that measures nothing", ADDON, f"{VALUES}.agents", delete, _collector),
    Mutation("a second exporter for GPUs", ADDON, f"{VALUES}.dcgmExporter", delete, _collector),
    Mutation("a second monitor for Neuron", ADDON, f"{VALUES}.neuronMonitor.enabled", to(True), _collector),
    Mutation("metrics that are paid for twice", ADDON, f"{VALUES}.containerInsights", delete, _collector),
    Mutation("traces that nobody asked for", ADDON, f"{VALUES}.applicationSignals.enabled", to(True), _collector),
    Mutation("nothing that collects", ADDON, f"{VALUES}.containerLogs.enabled", to(False), _collector),
    Mutation("another account", ADDON, "podIdentityAssociations[0].serviceAccount", to("fluent-bit"), _collector),
    Mutation("nobody who may write", ADDON, "podIdentityAssociations", delete, _collector),
    Mutation("a group of another name", GROUP, "name", edit(lambda name: name + "s"), _of_containers),
    Mutation("output that is kept for ever", GROUP, "retentionInDays", delete, _of_containers),
    Mutation("output under a key of AWS", GROUP, "kmsKeyId", delete, _of_containers),
    Mutation("days that there are not", GROUP, "retentionInDays", to(91), _of_containers),
    Mutation("rights on every group", RIGHTS, f"{FIRST}.Resource", to("*"), _of_collector),
    Mutation("rights on the audit log", RIGHTS, f"{FIRST}.Resource[0]",
             edit(lambda one: one.partition(":log-group:")[0] + ":log-group:/aws/eks/fairlead-prod/cluster"),
             _of_collector),
    Mutation("groups of its own making", RIGHTS, f"{FIRST}.Action[0]", to("logs:CreateLogGroup"), _of_collector),
    Mutation("rights that delete", RIGHTS, f"{FIRST}.Action[1]", to("logs:DeleteLogStream"), _of_collector),
)  # fmt: skip
