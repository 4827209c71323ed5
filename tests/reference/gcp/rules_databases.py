"""What must hold of servers of Cloud SQL beside the shapes: its documentation, read on 2026-11-29."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reference.common import Finding, Resource, is_unknown, whole_reference
from reference.gcp.declared import ACCOUNT, Declared, finding, members, numbers, some
from reference.gcp.rules_order import SERVER

USER = "gcp:sql/user:User"
DATABASE = "gcp:sql/database:Database"
ENDPOINT = "gcp:compute/forwardingRule:ForwardingRule"
GRANT = "gcp:projects/iAMMember:IAMMember"
LOGIN = "roles/cloudsql.instanceUser"
LOG_DAYS = {"ENTERPRISE": 7, "ENTERPRISE_PLUS": 35}
"""pulumi-gcp 10.2.0, DatabaseInstanceSettingsBackupConfigurationArgs.transaction_log_retention_days"""
PREDEFINED = frozenset({2, 4, 8, 16, 32, 48, 64, 80, 96, 128})
"""Cores of db-perf-optimized-N-*: docs.cloud.google.com/sql/docs/postgres/machine-series-overview"""
IDENTIFIER = 63


def check(stack: Declared) -> list[Finding]:
    """Every rule on every server, its users and its endpoints."""
    rules = ((SERVER, _server), (USER, _user), (DATABASE, _goes_with_its_server), (ENDPOINT, _endpoint))
    return [found for kind, rule in rules for one in stack.of(kind) for found in rule(stack, one)]


def _server(stack: Declared, one: Resource) -> Iterator[Finding]:
    given = one["inputs"]
    settings = some(given.get("settings"))
    if not given.get("encryptionKeyName"):
        yield finding(one, "encryptionKeyName", "is not encrypted by a key of the platform")
    if {"rootPassword", "rootPasswordWo"} & given.keys():
        yield finding(one, "rootPassword", "somebody knows a password of it")
    guarded = (bool(given.get("deletionProtection")), bool(settings.get("deletionProtectionEnabled")))
    if guarded != (one["protect"], one["protect"]):
        yield finding(one, "deletionProtection", "Cloud SQL and the engine do not protect it alike")
    if one["protect"] and not some(settings.get("finalBackupConfig")).get("enabled"):
        yield finding(one, "settings.finalBackupConfig", "nothing is left of it if it goes")
    yield from _addresses(stack, one, some(settings.get("ipConfiguration")))
    yield from _machine(one, settings)
    yield from _disk(one, settings)
    yield from _backups(one, settings)
    flags = {flag.get("name"): flag.get("value") for flag in members(settings.get("databaseFlags"))}
    if flags.get("cloudsql.iam_authentication") != "on":
        yield finding(one, "settings.databaseFlags", "nobody can sign in by an account of IAM")


def _addresses(stack: Declared, one: Resource, given: Any) -> Iterator[Finding]:
    at = "settings.ipConfiguration"
    if given.get("ipv4Enabled") is not False:
        yield finding(one, f"{at}.ipv4Enabled", "has an address in the internet")
    if given.get("sslMode") not in ("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"):
        yield finding(one, f"{at}.sslMode", "connections without TLS are let in")
    if given.get("serverCaMode") != "GOOGLE_MANAGED_CAS_CA":
        yield finding(one, f"{at}.serverCaMode", "its certificate would not bear the name that callers check")
    (private,) = members(given.get("pscConfigs")) or [{}]
    if private.get("pscEnabled") is not True and not given.get("privateNetwork"):
        yield finding(one, f"{at}.pscConfigs", "is reached from nowhere")
    if private.get("pscEnabled") and private.get("allowedConsumerProjects") != [stack.project]:
        yield finding(one, f"{at}.pscConfigs", f"lets in others than {stack.project}, or not that")


def _machine(one: Resource, settings: Any) -> Iterator[Finding]:
    tier, edition = str(settings.get("tier")), settings.get("edition")
    fast = re.fullmatch(r"db-perf-optimized-N-(\d+)", tier)
    own = re.fullmatch(r"db-custom-(\d+)-(\d+)", tier)
    known = (fast and edition == "ENTERPRISE_PLUS" and int(fast[1]) in PREDEFINED) or (
        own and edition == "ENTERPRISE" and _shape(int(own[1]), int(own[2]))
    )
    if not known:
        yield finding(one, "settings.tier", f"edition {edition} has no {tier}")


def _shape(cores: int, mib: int) -> bool:
    """docs.cloud.google.com/sql/docs/postgres/instance-settings: 0.9 to 6.5 GB a core, steps of 256 MB."""
    even = cores == 1 or (cores % 2 == 0 and cores <= 96)
    return even and mib % 256 == 0 and mib >= 3840 and 0.9 * 1024 * cores <= mib <= 6.5 * 1024 * cores


def _disk(one: Resource, settings: Any) -> Iterator[Finding]:
    size, most = settings.get("diskSize"), settings.get("diskAutoresizeLimit")
    if len(numbers(size, most)) != 2 or not 10 <= size <= most <= 65_536:
        yield finding(one, "settings.diskAutoresizeLimit", f"{size} GB that grow to {most}")
    if settings.get("diskAutoresize") is not True:
        yield finding(one, "settings.diskAutoresize", "the disk does not grow")


def _backups(one: Resource, settings: Any) -> Iterator[Finding]:
    given, at = some(settings.get("backupConfiguration")), "settings.backupConfiguration"
    if given.get("enabled") is not True or given.get("pointInTimeRecoveryEnabled") is not True:
        yield finding(one, at, "no moment can be brought back")
    days = given.get("transactionLogRetentionDays")
    if not numbers(days) or not 1 <= days <= LOG_DAYS.get(settings.get("edition"), 0):
        yield finding(one, f"{at}.transactionLogRetentionDays", f"{days} days in {settings.get('edition')}")
    kept = some(given.get("backupRetentionSettings")).get("retainedBackups")
    if numbers(days, kept) != [days, kept] or not days < kept <= 365:
        yield finding(one, f"{at}.backupRetentionSettings", f"{kept} backups for {days} days of moments")
    start = re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(given.get("startTime")))
    if not start:
        yield finding(one, f"{at}.startTime", "is no time of the day")
    elif (int(start[1]) + 4) % 24 != some(settings.get("maintenanceWindow")).get("hour"):
        yield finding(one, f"{at}.startTime", "its four hours do not end when maintenance begins")


def _user(stack: Declared, one: Resource) -> Iterator[Finding]:
    given = one["inputs"]
    if given.get("type") != "CLOUD_IAM_SERVICE_ACCOUNT":
        yield finding(one, "type", "signs in by a password")
    if {"password", "passwordWo"} & given.keys():
        yield finding(one, "password", "an account of IAM has none")
    if given.get("databaseRoles") != ["cloudsqlsuperuser"]:
        yield finding(one, "databaseRoles", "may make no table in its database")
    name = str(given.get("name"))
    account, _, rest = name.partition("@")
    if len(name) > IDENTIFIER:
        yield finding(one, "name", f"{len(name)} characters: PostgreSQL keeps {IDENTIFIER}")
    accounts = [each for each in stack.of(ACCOUNT) if each["inputs"].get("accountId") == account]
    if rest != f"{stack.project}.iam" or not accounts:
        yield finding(one, "name", f"{name!r} is no account of this stack, as PostgreSQL names it")
    elif not any(_signs_in(grant, each["name"]) for grant in stack.of(GRANT) for each in accounts):
        yield finding(one, "name", f"{name!r} may not sign in to servers of this project")
    yield from _goes_with_its_server(stack, one)


def _signs_in(grant: Resource, account: str) -> bool:
    found = whole_reference(grant["inputs"].get("member"))
    return grant["inputs"].get("role") == LOGIN and found is not None and found.name == account


def _goes_with_its_server(stack: Declared, one: Resource) -> Iterator[Finding]:
    """pulumi-gcp 10.2.0: with tables in it, neither a user nor a database can be deleted by the API."""
    if one["inputs"].get("deletionPolicy") != "ABANDON":
        yield finding(one, "deletionPolicy", "could not be deleted before its server")
    if stack.follow(one["inputs"].get("instance"), SERVER) is None:
        yield finding(one, "instance", "no such server is declared")


def _endpoint(stack: Declared, one: Resource) -> Iterator[Finding]:
    given = one["inputs"]
    if given.get("loadBalancingScheme") != "":
        yield finding(one, "loadBalancingScheme", "an endpoint balances nothing")
    if not is_unknown(given.get("target")):
        yield finding(one, "target", "leads to no server of this stack")
    if given.get("region") != stack.region:
        yield finding(one, "region", "is not where the server is")
