"""Names that two sides must agree on: in AWS and in Kubernetes, in a node group and in its tags, in two versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reference.aws import iam_documents as iam
from reference.aws.declared import CLUSTER, NODE_GROUP, ROLE, Declared, finding, json_text, some
from reference.aws.rules_cluster import ENTRY, POD_IDENTITY
from reference.common import Finding, Resource, is_unknown, references

TAG = "aws:autoscaling/tag:Tag"
ISSUER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
SERVICE_ACCOUNT = "kubernetes:core/v1:ServiceAccount"
BINDINGS = (
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
)
TEMPLATE = "k8s.io/cluster-autoscaler/node-template/"
"""Cluster Autoscaler, cloudprovider/aws/README.md: what it must know of a group without nodes."""
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}


def check(stack: Declared) -> list[Finding]:
    """Every rule on what two sides must agree on."""
    found: list[Finding] = []
    for one in stack.of(ENTRY):
        found += _bound(stack, one)
    for one in stack.of(POD_IDENTITY):
        found += _account(stack, one)
    for one in stack.of(TAG):
        found += _template_tag(stack, one)
    for one in stack.of(NODE_GROUP):
        found += _versions(stack, one)
    for one in stack.of(ROLE):
        found += _issuer(stack, one)
    return found


def _bound(stack: Declared, entry: Resource) -> Iterator[Finding]:
    """A group that an access entry puts somebody into has rights in the cluster."""
    bound = {
        subject.get("name")
        for one in stack.of(*BINDINGS)
        for subject in one["inputs"].get("subjects") or ()
        if subject.get("kind") == "Group"
    }
    for index, group in enumerate(entry["inputs"].get("kubernetesGroups") or ()):
        if group not in bound and not is_unknown(group):
            yield finding(entry, f"kubernetesGroups[{index}]", f"no binding gives {group!r} any rights")


def _account(stack: Declared, bond: Resource) -> Iterator[Finding]:
    """A pod identity is bound to a service account that exists."""
    inputs = bond["inputs"]
    wanted = (inputs.get("namespace"), inputs.get("serviceAccount"))
    known = {
        (meta.get("namespace"), meta.get("name"))
        for one in stack.of(SERVICE_ACCOUNT)
        if (meta := some(one["inputs"].get("metadata")))
    }
    if wanted not in known and not any(map(is_unknown, wanted)):
        yield finding(bond, "serviceAccount", f"there is no service account {wanted[0]}/{wanted[1]}")


def _template_tag(stack: Declared, tag: Resource) -> Iterator[Finding]:
    """What an autoscaler is told of a group's nodes is what the group gives them."""
    inner = some(tag["inputs"].get("tag"))
    key, value = str(inner.get("key")), inner.get("value")
    group = next(map(stack.at, references(tag["inputs"].get("autoscalingGroupName"))), None)
    if group is None or not key.startswith(TEMPLATE):
        yield finding(
            tag, "tag.key", f"{key!r} on {tag['inputs'].get('autoscalingGroupName')!r} tells nobody anything"
        )
        return
    kind, _, name = key.removeprefix(TEMPLATE).partition("/")
    if kind == "label":
        right: Any = some(group["inputs"].get("labels")).get(name)
    elif kind == "taint":
        taints = {one["key"]: one for one in group["inputs"].get("taints") or ()}
        one = taints.get(name, {})
        right = f"{one.get('value')}:{_EFFECTS.get(one.get('effect', ''))}"
    elif kind == "resources":
        right = value if str(value).isdigit() else "a count"
    else:
        right = None
    if value != right:
        yield finding(tag, "tag.value", f"{key} is {value!r}, {group['name']} has {right!r}")


def _versions(stack: Declared, group: Resource) -> Iterator[Finding]:
    """Nodes are no newer than their cluster, and a release belongs to its version."""
    version, release = group["inputs"].get("version"), group["inputs"].get("releaseVersion")
    for cluster in stack.of(CLUSTER):
        own = cluster["inputs"].get("version")
        if version and own and _number(version) > _number(own):
            yield finding(group, "version", f"{version} is newer than the cluster's {own}")
    bottlerocket = str(group["inputs"].get("amiType")).startswith("BOTTLEROCKET")
    if release and version and not bottlerocket and not str(release).startswith(f"{version}."):
        yield finding(group, "releaseVersion", f"{release!r} is no release of {version}")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _issuer(stack: Declared, role: Resource) -> Iterator[Finding]:
    """A role that trusts a declared issuer tests the claims of that issuer, for one of its audiences."""
    for index, one in enumerate(iam.statements(json_text(role["inputs"].get("assumeRolePolicy")))):
        for principal in iam.principals(one, "Federated"):
            issuer = next(map(stack.at, references(principal)), None)
            if (
                issuer is None
                or issuer["type"] != ISSUER
                or is_unknown(url := issuer["inputs"].get("url", ""))
            ):
                continue
            host = url.removeprefix("https://")
            tests = {
                key: iam.several(value)
                for part in (one.get("Condition") or {}).values()
                for key, value in part.items()
            }
            path = f"assumeRolePolicy@json.Statement[{index}].Condition"
            if {key.rpartition(":")[0] for key in tests} != {host}:
                yield finding(role, path, f"tests {sorted(tests)}, the issuer is {host}")
            if any(re.fullmatch(r"(repo:)?[*:]+", str(subject)) for subject in tests.get(f"{host}:sub", ())):
                yield finding(role, path, "lets every subject of the issuer in")
            if set(tests.get(f"{host}:aud", ())) - set(issuer["inputs"].get("clientIdLists") or ()):
                yield finding(role, path, "tests an audience that the issuer is not registered for")


def _tests(statement: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Key of a condition -> the values that it allows."""
    parts = (statement.get("Condition") or {}).values()
    return {key: iam.several(value) for part in parts for key, value in part.items()}
