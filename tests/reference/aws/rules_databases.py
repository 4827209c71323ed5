"""What must hold of servers of RDS beside the shapes: user guide of Amazon RDS, and cfn-lint's tables of machines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

from reference.aws.cloudformation import data
from reference.aws.declared import Declared, finding, some
from reference.aws.rules_network import INGRESS
from reference.common import Finding, Resource

INSTANCE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK, _DAY = 7 * 1440, 1440
_LEAST = 30
"""Minutes of a window: botocore 1.44.5, CreateDBInstanceMessage.PreferredBackupWindow."""


@cache
def machines(region: str, major: str) -> frozenset[str]:
    """Classes of machines on which RDS runs this major version of PostgreSQL; those of the region that it has."""
    folder = data() / "schemas" / "extensions" / "aws_rds_dbinstance"
    here = _classes(json.loads((folder / "dbinstanceclass_enum.json").read_text())[region]["allOf"], None)
    return here & _classes(json.loads((folder / "db_instance_class.json").read_text())["allOf"], major)


def _classes(rows: list[dict], major: str | None) -> frozenset[str]:
    found: set[str] = set()
    for row in rows:
        asked = row["if"]["properties"]
        if asked["Engine"].get("const") != "postgres":
            continue
        version = some(asked.get("EngineVersion")).get("pattern", "")
        if major is None or version.startswith(f"^({major}\\."):
            found |= set(row["then"]["properties"]["DBInstanceClass"]["enum"])
    return frozenset(found)


def check(stack: Declared) -> list[Finding]:
    """Every rule on every server."""
    return [found for one in stack.of(INSTANCE) for found in _one(stack, one)]


def _one(stack: Declared, one: Resource) -> Iterator[Finding]:
    given = one["inputs"]
    if given.get("publiclyAccessible") is not False:
        yield finding(one, "publiclyAccessible", "has an address in the internet")
    if not given.get("storageEncrypted") or not given.get("kmsKeyId"):
        yield finding(one, "storageEncrypted", "is not encrypted by a key of the platform")
    if not given.get("manageMasterUserPassword") or "password" in given:
        yield finding(one, "manageMasterUserPassword", "somebody else than RDS makes the password")
    if given.get("maxAllocatedStorage", 0) < given.get("allocatedStorage", 0):
        yield finding(one, "maxAllocatedStorage", "is less than the disk has")
    if one["protect"] != bool(given.get("deletionProtection")):
        yield finding(one, "deletionProtection", "RDS and the engine do not protect it alike")
    if not given.get("skipFinalSnapshot") and not given.get("finalSnapshotIdentifier"):
        yield finding(
            one, "finalSnapshotIdentifier", "it could not be deleted: its last snapshot has no name"
        )
    major, region = str(given.get("engineVersion")).partition(".")[0], stack.region
    if region and given.get("instanceClass") not in machines(region, major):
        yield finding(
            one, "instanceClass", f"PostgreSQL {major} runs on no {given.get('instanceClass')} there"
        )
    yield from _settings(stack, one, major)
    yield from _places(stack, one)
    yield from _windows(one)


def _settings(stack: Declared, one: Resource, major: str) -> Iterator[Finding]:
    named = [
        group for group in stack.of(PARAMETERS) if stack.names(one["inputs"].get("parameterGroupName"), group)
    ]
    if not named:
        yield finding(one, "parameterGroupName", "names no group that is declared")
    for group in named:
        told = {each["name"]: each["value"] for each in group["inputs"].get("parameters", ())}
        if told.get("rds.force_ssl") != "1":
            yield finding(group, "parameters", "connections without TLS are let in")
        if group["inputs"].get("family") != f"postgres{major}":
            yield finding(group, "family", f"is of another version than its server, {major}")


def _places(stack: Declared, one: Resource) -> Iterator[Finding]:
    named = [
        group for group in stack.of(SUBNETS) if stack.names(one["inputs"].get("dbSubnetGroupName"), group)
    ]
    # Where a subnet is that stands already, nobody here has said: each counts for a zone of its own.
    zones = {
        stack.zone(subnet) or subnet for group in named for subnet in group["inputs"].get("subnetIds", ())
    }
    if len(zones) < 2:
        yield finding(one, "dbSubnetGroupName", "RDS wants subnets in two zones")
    groups = [stack.follow(group) for group in one["inputs"].get("vpcSecurityGroupIds", ())]
    doors = [
        door["inputs"]
        for door in stack.of(INGRESS)
        if stack.follow(door["inputs"].get("securityGroupId")) in groups
    ]
    port = one["inputs"].get("port")
    if [(door.get("fromPort"), door.get("toPort")) for door in doors] != [(port, port)]:
        yield finding(one, "vpcSecurityGroupIds", f"do not open port {port} and it alone")
    if any("cidrIpv4" in door for door in doors):
        yield finding(one, "vpcSecurityGroupIds", "let in whole ranges")


def _windows(one: Resource) -> Iterator[Finding]:
    """The two windows must not overlap, and neither is shorter than half an hour."""
    daily = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", one["inputs"].get("backupWindow", ""))
    day = "|".join(_DAYS)
    weekly = re.fullmatch(
        rf"({day}):(\d\d):(\d\d)-({day}):(\d\d):(\d\d)", one["inputs"].get("maintenanceWindow", "")
    )
    if not daily or not weekly:
        yield finding(one, "maintenanceWindow", "a window is not written as RDS wants it")
        return
    first, last = (
        _DAYS.index(weekly[at]) * _DAY + int(weekly[at + 1]) * 60 + int(weekly[at + 2]) for at in (1, 4)
    )
    kept = (last - first) % _WEEK
    start, end = (int(daily[at]) * 60 + int(daily[at + 1]) for at in (1, 3))
    backup = (end - start) % _DAY
    if min(kept, backup) < _LEAST:
        yield finding(one, "maintenanceWindow", "a window is shorter than half an hour")
    for place in range(7):
        begins = (place * _DAY + start - first) % _WEEK
        if begins < kept or begins + backup > _WEEK:
            yield finding(one, "backupWindow", "overlaps with maintenance")
            return
