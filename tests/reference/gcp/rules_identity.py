"""Rules of identities, grants, keys, names and labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from reference.common import Finding, Resource, is_unknown, references
from reference.gcp.declared import (
    ACCOUNT,
    BUCKET,
    CLUSTER,
    KEY,
    KEY_RING,
    POOL,
    Declared,
    finding,
    place,
    some,
)

# Predefined roles of the services in use. Source: github.com/iann0036/iam-dataset gcp/roles, 2026-08-22
ROLES = {
    "artifactregistry": "reader writer repoAdmin",
    "autoscaling": "metricsWriter",
    "cloudsql": "admin client editor instanceUser viewer",
    "cloudkms": "admin cryptoKeyEncrypterDecrypter cryptoKeyEncrypter cryptoKeyDecrypter viewer",
    "compute": "networkUser networkViewer networkAdmin securityAdmin viewer instanceAdmin.v1 loadBalancerAdmin",
    "container": (
        "admin clusterAdmin clusterViewer defaultNodeServiceAccount developer hostServiceAgentUser"
        " nodeServiceAccount viewer"
    ),
    "dns": "admin reader",
    "file": "editor viewer",
    "iam": (
        "serviceAccountUser serviceAccountTokenCreator serviceAccountViewer serviceAccountOpenIdTokenCreator"
        " serviceAccountAdmin workloadIdentityUser workloadIdentityPoolViewer workloadIdentityPoolAdmin"
        " securityReviewer roleViewer"
    ),
    "logging": "logWriter viewer configWriter bucketWriter",
    "lustre": "viewer admin",
    "monitoring": "metricWriter viewer",
    "pubsub": "publisher subscriber viewer",
    "resourcemanager": "projectIamAdmin tagUser tagViewer",
    "secretmanager": "secretAccessor viewer secretVersionManager",
    "serviceusage": "serviceUsageConsumer serviceUsageViewer serviceUsageAdmin",
    "stackdriver": "resourceMetadata.writer",
    "storage": (
        "admin bucketViewer folderAdmin insightsCollectorService legacyBucketReader legacyBucketWriter"
        " objectAdmin objectCreator objectUser objectViewer"
    ),
    "tpu": "viewer",
}
EVERYTHING = re.compile(r"roles/(owner|editor|viewer|reader|writer|admin)")
EVERYONE = ("allUsers", "allAuthenticatedUsers")
_UNKNOWN = r"\$\{[^}]+\}"
_PROJECT = rf"([a-z][-a-z0-9]{{4,28}}[a-z0-9]|{_UNKNOWN})"
_EMAIL = rf"([\w.+-]+@[\w-]+(\.[\w-]+)+|{_UNKNOWN})"
_POOL = rf"//iam\.googleapis\.com/(projects/(\d+|{_UNKNOWN})/locations/global/workloadIdentityPools/[^/]+|{_UNKNOWN})"
MEMBER = re.compile(
    rf"serviceAccount:{_PROJECT}\.svc\.id\.goog\[[a-z0-9-]+/[a-z0-9.-]+\]"
    rf"|serviceAccount:([\w.-]+@([\w-]+\.)*gserviceaccount\.com|{_UNKNOWN})|(user|group):{_EMAIL}|domain:[\w.-]+|\$\{{[^}}]+\.member\}}"
    rf"|principal:{_POOL}/subject/\S+"
    rf"|principalSet:{_POOL}/(\*|group/\S+|attribute\.\w+/\S+|namespace/\S+|kubernetes\.\S+)"
)

NAMES: dict[str, tuple[str, str]] = {
    CLUSTER: ("name", r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?"),
    POOL: ("name", r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?"),
    ACCOUNT: ("accountId", r"[a-z][-a-z0-9]{4,28}[a-z0-9]"),
    BUCKET: ("name", r"(?!goog)(?!.*google)[a-z0-9][-_a-z0-9]{1,61}[a-z0-9]"),
    "gcp:storage/managedFolder:ManagedFolder": ("name", r"([^/]+/)+"),
    KEY: ("name", r"[a-zA-Z0-9_-]{1,63}"),
    KEY_RING: ("name", r"[a-zA-Z0-9_-]{1,63}"),
    "gcp:filestore/instance:Instance": ("name", r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"),
    "gcp:lustre/instance:Instance": ("instanceId", r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"),
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": (
        "workloadIdentityPoolId",
        r"(?!gcp-)[a-z0-9-]{4,32}",
    ),
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": (
        "workloadIdentityPoolProviderId",
        r"(?!gcp-)[a-z0-9-]{4,32}",
    ),
    "gcp:artifactregistry/repository:Repository": ("repositoryId", r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?"),
}
"""Type -> the property with its name, and the name's shape. Compute's are in its discovery document."""
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on grants, accounts, pools of identities, keys and names."""
    for resource in stack.resources:
        if not resource["type"].startswith("gcp:"):
            continue
        if "member" in resource["inputs"]:
            yield from _grant(stack, resource)
        yield from _name(resource)
        yield from _labels(resource)
    yield from _same_names(stack)
    for key in stack.of(KEY):
        yield from _key(stack, key)
    for provider in stack.of("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"):
        yield from _provider(provider)
    for forbidden in stack.of("gcp:serviceaccount/key:Key", "gcp:storage/hmacKey:HmacKey"):
        yield finding(forbidden, "", "a static key")


def _grant(stack: Declared, grant: Resource) -> Iterator[Finding]:
    role, member = grant["inputs"].get("role"), grant["inputs"]["member"]
    if isinstance(role, str) and not is_unknown(role):
        if EVERYTHING.fullmatch(role):
            yield finding(grant, "role", f"{role} is a basic role: too much")
        elif not _known_role(role):
            yield finding(grant, "role", f"no reference knows the role {role!r}")
    if member in EVERYONE:
        yield finding(grant, "member", f"{member} is everyone")
    elif not MEMBER.fullmatch(str(member)):
        yield finding(grant, "member", f"{member!r} is no principal")
    expression = some(grant["inputs"].get("condition")).get("expression")
    text = str(expression)
    if any(text.count(opening) != text.count(closing) for opening, closing in ("()", "[]")):
        yield finding(grant, "condition.expression", "brackets do not fit")
    for name in re.findall(r"roles/[\w.]+", text):
        if not _known_role(name):
            yield finding(grant, "condition.expression", f"no reference knows the role {name!r}")
    for reference in references(member):
        account = str(member).startswith("serviceAccount:")
        if account and reference.type == ACCOUNT and reference.output != "email":
            yield finding(grant, "member", f"{member}: an account is named by its email")
    if ".svc.id.goog[" in str(member):
        project = str(member).partition(":")[2].partition(".svc.id.goog")[0]
        if stack.project and not is_unknown(project) and project != stack.project:
            yield finding(grant, "member", f"the workload pool of {project}, not of {stack.project}")


def _known_role(role: str) -> bool:
    if re.fullmatch(rf"(projects/{_PROJECT}|organizations/\d+)/roles/[\w.]{{3,64}}", role):
        return True
    service, _, name = role.removeprefix("roles/").partition(".")
    return role.startswith("roles/") and name in ROLES.get(service, "").split()


def _name(resource: Resource) -> Iterator[Finding]:
    key, shape = NAMES.get(resource["type"], ("name", r".*"))
    value = resource["inputs"].get(key)
    if value is None and resource["type"] in NAMES:
        yield finding(resource, key, "no name: the provider would add random letters")
    elif value is not None and not is_unknown(value) and not re.fullmatch(shape, str(value)):
        yield finding(resource, key, f"{value!r} ({len(str(value))} characters) does not match {shape}")


def _same_names(stack: Declared) -> Iterator[Finding]:
    """No two resources of a type have one name, in one place."""
    keys = ("location", "region", "zone", "keyRing", "cluster", "router")
    places: Counter[tuple[Any, ...]] = Counter()
    for one in stack.resources:
        if one["type"].startswith("gcp:") and one["inputs"].get("name"):
            at = (one["type"], one["inputs"]["name"], *(str(one["inputs"].get(key)) for key in keys))
            places[at] += 1
            if places[at] > 1:
                yield finding(one, "name", f"{one['inputs']['name']!r} is taken")


def _labels(resource: Resource) -> Iterator[Finding]:
    for path, labels in (
        ("labels", resource["inputs"].get("labels")),
        ("resourceLabels", resource["inputs"].get("resourceLabels")),
        ("nodeConfig.resourceLabels", some(resource["inputs"].get("nodeConfig")).get("resourceLabels")),
    ):
        for key, value in some(labels).items():
            if not is_unknown(value) and not (
                _LABEL_KEY.fullmatch(key) and _LABEL_VALUE.fullmatch(str(value))
            ):
                yield finding(resource, path, f"{key}={value}: lower case, digits, _ and -, 63 at most")


def _key(stack: Declared, key: Resource) -> Iterator[Finding]:
    period = key["inputs"].get("rotationPeriod")
    found = re.fullmatch(r"(\d+)s", str(period)) if period is not None else None
    if period is not None and (found is None or not 86_400 <= int(found[1]) <= 876_000 * 3600):
        yield finding(key, "rotationPeriod", f"{period!r}: 86400s to 3153600000s")
    if period is not None and key["inputs"].get("purpose", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        yield finding(key, "rotationPeriod", "only keys that encrypt and decrypt are rotated")
    ring = stack.follow(key["inputs"].get("keyRing"), KEY_RING)
    users = (one for one in stack.of(CLUSTER) if _uses(one, key))
    for cluster in users:
        region = place(cluster["inputs"].get("location"))
        if ring and ring["inputs"].get("location") not in (None, region):
            yield finding(key, "keyRing", f"in {ring['inputs'].get('location')}, its cluster in {region}")


def _uses(resource: Resource, key: Resource) -> bool:
    return any((one.type, one.name) == (key["type"], key["name"]) for one in references(resource["inputs"]))


def _provider(provider: Resource) -> Iterator[Finding]:
    inputs = provider["inputs"]
    issuer = some(inputs.get("oidc")).get("issuerUri")
    if issuer is not None and not is_unknown(issuer) and not str(issuer).startswith("https://"):
        yield finding(provider, "oidc.issuerUri", f"{issuer!r} is no https address")
    mapping = some(inputs.get("attributeMapping"))
    if "google.subject" not in mapping:
        yield finding(provider, "attributeMapping", "google.subject must be mapped")
    if "attributeCondition" not in inputs:
        yield finding(provider, "attributeCondition", "any repository of the issuer may come in")
    for name in re.findall(r"attribute\.(\w+)", str(inputs.get("attributeCondition", ""))):
        if f"attribute.{name}" not in mapping:
            yield finding(provider, "attributeCondition", f"attribute.{name} is not mapped")
