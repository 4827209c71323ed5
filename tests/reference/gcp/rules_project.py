"""Rules that hold over a whole project: its name and number, its services, its private DNS names."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reference.common import Finding, Resource, is_unknown
from reference.gcp.declared import PROVIDER, Declared, finding, members, some

AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
SERVICE = "gcp:projects/service:Service"
ZONE = "gcp:dns/managedZone:ManagedZone"
RECORD = "gcp:dns/recordSet:RecordSet"
POOLS = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
UNDOCUMENTED = ("lustre",)
"""Services without a discovery document in google-api-python-client 2.202.0."""
AGENTS = (
    "container-engine-robot",
    "compute-system",
    "gs-project-accounts",
    "cloud-filer",
    "gcp-sa-lustre",
    "gcp-sa-cloud-sql",
)
"""Domains of service agents. Source: docs.cloud.google.com/iam/docs/service-agents"""
AGENT = re.compile(r"serviceAccount:service-(\d+)@([\w-]+)\.iam\.gserviceaccount\.com")
NUMBERED = re.compile(
    r"principal(?:Set)?://iam\.googleapis\.com/projects/(\d+)/.*/workloadIdentityPools/([^/]+)/.*"
)
RECORD_TYPES = ("A", "AAAA", "CNAME", "TXT", "NS", "MX", "SRV", "CAA", "PTR")


def check(stack: Declared) -> Iterator[Finding]:
    """One project, one number, services that exist, DNS names inside their zones."""
    made = [one for one in stack.resources if one["type"].startswith("gcp:")]
    yield from _project(made)
    yield from _provider(stack, made)
    yield from _audit(stack)
    yield from _number(stack, made)
    yield from _labels(made)
    for one in stack.of(SERVICE, "gcp:projects/serviceIdentity:ServiceIdentity"):
        name, _, rest = str(one["inputs"].get("service")).partition(".")
        if rest != "googleapis.com" or name not in {*services(), *UNDOCUMENTED}:
            yield finding(one, "service", f"there is no service {one['inputs'].get('service')!r}")
    for one in stack.of("gcp:servicenetworking/connection:Connection"):
        if one["inputs"].get("service") != "servicenetworking.googleapis.com":
            yield finding(one, "service", "networks are peered with servicenetworking.googleapis.com")
    for zone in stack.of(ZONE):
        if not str(zone["inputs"].get("dnsName")).endswith("."):
            yield finding(zone, "dnsName", "a DNS name ends in a dot")
    for record in stack.of(RECORD):
        yield from _record(stack, record)


@cache
def services() -> frozenset[str]:
    """Names of the services that have a discovery document."""
    import googleapiclient

    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    return frozenset(one.name.partition(".")[0] for one in folder.glob("*.json"))


def _project(made: list[Resource]) -> Iterator[Finding]:
    """All resources lie in one project; what is brought lies in its own, and is not declared."""
    projects = Counter(str(one["inputs"]["project"]) for one in made if "project" in one["inputs"])
    if len(projects) < 2:
        return
    main, _ = projects.most_common(1)[0]
    for one in made:
        if one["inputs"].get("project", main) != main:
            yield finding(one, "project", f"{one['inputs']['project']!r}, and all others are in {main!r}")


def _provider(stack: Declared, made: list[Resource]) -> Iterator[Finding]:
    """Everything goes through a provider that says where: else the settings of some machine decide."""
    named = {one["urn"]: one for one in stack.of(PROVIDER)}
    for one in named.values():
        for key in ("project", "region"):
            if not one["inputs"].get(key):
                yield finding(one, key, "the program may run in whatever project someone has signed in to")
    for one in made:
        provider = named.get(one.get("provider", ""))
        if not one["custom"]:
            continue
        if provider is None:
            yield finding(one, "", "goes through the default provider")
            continue
        for key in ("project", "region"):
            given, wanted = one["inputs"].get(key), provider["inputs"].get(key)
            if given and wanted and not is_unknown(given) and given != wanted:
                yield finding(one, key, f"{given!r}, and its provider works in {wanted!r}")


def _audit(stack: Declared) -> Iterator[Finding]:
    """One configuration of a service for its whole project: a second one would replace the first."""
    for one in stack.of(AUDIT):
        name, _, rest = str(one["inputs"].get("service")).partition(".")
        if rest != "googleapis.com" or name not in services():
            yield finding(one, "service", f"there is no service {one['inputs'].get('service')!r}")
        kinds = Counter(str(kind.get("logType")) for kind in members(one["inputs"].get("auditLogConfigs")))
        for kind, count in kinds.items():
            if count > 1:
                yield finding(one, "auditLogConfigs", f"{kind} is named {count} times")
        if not kinds:
            yield finding(one, "auditLogConfigs", "logs nothing")
    for service, count in Counter(one["inputs"].get("service") for one in stack.of(AUDIT)).items():
        if count > 1:
            last = [one for one in stack.of(AUDIT) if one["inputs"].get("service") == service][-1]
            yield finding(last, "service", f"{service} has {count} configurations")


def _labels(made: list[Resource]) -> Iterator[Finding]:
    """Labels of the platform have one value on everything."""
    given = [
        (one, key, value)
        for one in made
        for labels in (one["inputs"].get("labels"), one["inputs"].get("resourceLabels"))
        for key, value in some(labels).items()
    ]
    for key in {key for _, key, _ in given}:
        values = Counter(value for _, name, value in given if name == key)
        for one, name, value in given:
            if name == key and value != values.most_common(1)[0][0]:
                yield finding(one, "labels", f"{key} is {value!r}, and elsewhere another value")


def _number(stack: Declared, made: list[Resource]) -> Iterator[Finding]:
    pools = {one["inputs"].get("workloadIdentityPoolId") for one in stack.of(POOLS)}
    found: list[tuple[Resource, str]] = []
    for one in made:
        member = str(one["inputs"].get("member"))
        if agent := AGENT.fullmatch(member):
            found.append((one, agent[1]))
            if agent[2] not in AGENTS:
                yield finding(one, "member", f"no service has the agent {agent[2]!r}")
        if principal := NUMBERED.fullmatch(member):
            found.append((one, principal[1]))
            if not principal[2].endswith(".svc.id.goog") and principal[2] not in pools:
                yield finding(one, "member", f"no pool of identities {principal[2]!r} is declared")
    numbers = Counter(number for _, number in found)
    for one, number in found:
        if number != numbers.most_common(1)[0][0]:
            yield finding(one, "member", f"the project number {number} is another one elsewhere")


def _record(stack: Declared, record: Resource) -> Iterator[Finding]:
    inputs = record["inputs"]
    name, kind, data = str(inputs.get("name")), inputs.get("type"), inputs.get("rrdatas") or []
    zone = stack.follow(inputs.get("managedZone"), ZONE)
    domain = str(some(zone and zone["inputs"]).get("dnsName"))
    if zone is not None and not (name == domain or name.endswith(f".{domain}")):
        yield finding(record, "name", f"{name!r} is not in the zone {domain!r}")
    if kind not in RECORD_TYPES:
        yield finding(record, "type", f"{kind!r} is no type of record")
    for text in data:
        if is_unknown(text):
            continue
        if kind == "A" and not _address(text):
            yield finding(record, "rrdatas", f"{text!r} is no address")
        if kind == "CNAME" and not str(text).endswith("."):
            yield finding(record, "rrdatas", f"{text!r}: a DNS name ends in a dot")


def _address(text: object) -> bool:
    try:
        return bool(ipaddress.IPv4Address(str(text)))
    except ValueError:
        return False
