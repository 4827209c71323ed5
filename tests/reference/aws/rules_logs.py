"""Output of containers: its collector adds to log groups that are there before it, and to no others; nothing measures.

values.yaml and templates of github.com/aws-observability/helm-charts, tag amazon-cloudwatch-observability-6.3.0
"""

from __future__ import annotations

from collections.abc import Iterator

from reference.aws import iam_documents as iam
from reference.aws.declared import CLUSTER, Declared, finding, json_text, some
from reference.aws.rules_cluster import ADDON
from reference.common import Finding, Resource

COLLECTOR = "amazon-cloudwatch-observability"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
RIGHTS = "aws:iam/rolePolicy:RolePolicy"
PARTS = ("application", "dataplane", "host")
MEASURES = {
    "containerInsights": True,
    "applicationSignals": True,
    "dcgmExporter": True,
    "neuronMonitor": True,
    "otelContainerInsights": False,
}
"""Part that measures -> whether it does so where nothing is said."""
ADDS = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on every collector."""
    for one in stack.of(ADDON):
        if one["inputs"].get("addonName") == COLLECTOR:
            yield from _settings(one)
            yield from _groups(stack, one)
            yield from _role(stack, one)


def _settings(addon: Resource) -> Iterator[Finding]:
    values = json_text(addon["inputs"].get("configurationValues"))
    values = values if isinstance(values, dict) else {}
    for part, unsaid in MEASURES.items():
        if some(values.get(part)).get("enabled", unsaid):
            yield finding(addon, "configurationValues", f"{part} measures what is measured already")
    if values.get("agents") != []:
        yield finding(addon, "configurationValues", "an agent that has nothing to measure crashes")
    if not some(values.get("containerLogs")).get("enabled", True):
        yield finding(addon, "configurationValues", "nothing is collected")


def _groups(stack: Declared, addon: Resource) -> Iterator[Finding]:
    given = addon["inputs"].get("clusterName")
    name = next((one["inputs"].get("name") for one in stack.of(CLUSTER) if stack.names(given, one)), None)
    groups = {one["inputs"].get("name"): one for one in stack.of(GROUP)}
    for part in PARTS:
        wanted = f"/aws/containerinsights/{name}/{part}"
        if wanted not in groups:
            yield finding(
                addon, "", f"there is no log group {wanted}: the collector makes one that keeps for ever"
            )
        elif groups[wanted]["urn"] not in addon["depends_on"]:
            yield finding(addon, "", f"does not wait for the log group {wanted}")


def _role(stack: Declared, addon: Resource) -> Iterator[Finding]:
    named = {one["inputs"].get("name") for one in stack.of(GROUP)}
    for bond in addon["inputs"].get("podIdentityAssociations") or ():
        role = stack.follow(bond.get("roleArn"))
        given = [one for one in stack.of(RIGHTS) if role and stack.names(one["inputs"].get("role"), role)]
        statements = [
            (one, each) for one in given for each in iam.statements(json_text(one["inputs"].get("policy")))
        ]
        done = {action for _, each in statements for action in iam.several(each.get("Action"))}
        if done != ADDS:
            yield finding(
                addon, "podIdentityAssociations", f"its role may {', '.join(sorted(done)) or 'nothing'}"
            )
        for one, each in statements:
            for target in iam.several(each.get("Resource")):
                group = str(target).partition(":log-group:")[2].partition(":")[0]
                if group not in named or not group.startswith("/aws/containerinsights/"):
                    yield finding(one, "policy", f"{target} is no log group for containers")
