"""Rules of buckets and file systems."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reference.common import Finding, Resource, is_unknown
from reference.gcp import facts
from reference.gcp.declared import BUCKET, KEY, KEY_RING, Declared, finding, members, numbers, place, some

FILESTORE = "gcp:filestore/instance:Instance"
LUSTRE = "gcp:lustre/instance:Instance"
# Source: GoogleCloudPlatform/lustre-csi-driver pkg/csi_driver/controller.go and docs, 2026-08-19
THROUGHPUTS = ("125", "250", "500", "1000")
LEAST_LUSTRE_GIB = 9000
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
MULTI_REGIONS = ("US", "EU", "ASIA")
ACTIONS = {"Delete": False, "SetStorageClass": True, "AbortIncompleteMultipartUpload": False}
"""Lifecycle action -> whether it names a storage class. Source: discovery document storage.v1"""
CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
REGIONAL_TIERS = ("REGIONAL", "ENTERPRISE")
LEAST_GIB = {"BASIC_HDD": 1024, "BASIC_SSD": 2560, "ZONAL": 1024, "REGIONAL": 100}
"""Least capacity by tier. Sources: docs.cloud.google.com/filestore/docs/service-tiers-zonal and -regional;
parallelworks.com/docs/storage/configuring-NFS/google-filestore for the basic tiers."""


def check(stack: Declared) -> Iterator[Finding]:
    """Every rule on buckets and file systems."""
    for bucket in stack.of(BUCKET):
        yield from _bucket(bucket)
        yield from _encrypted(stack, bucket)
    for instance in stack.of(FILESTORE):
        yield from _filestore(instance)
    for instance in stack.of(LUSTRE):
        yield from _lustre(instance)
        yield from _lustre_kept(stack, instance)


def _lustre(instance: Resource) -> Iterator[Finding]:
    inputs = instance["inputs"]
    location, capacity = inputs.get("location"), str(inputs.get("capacityGib"))
    if not is_unknown(location) and facts.zone_region(str(location)) is None:
        yield finding(instance, "location", f"{location!r} is no zone")
    if str(inputs.get("perUnitStorageThroughput")) not in THROUGHPUTS:
        yield finding(
            instance, "perUnitStorageThroughput", f"none of {', '.join(THROUGHPUTS)} MB/s for each TiB"
        )
    if not capacity.isdigit() or int(capacity) < LEAST_LUSTRE_GIB:
        yield finding(instance, "capacityGib", f"{capacity}: {LEAST_LUSTRE_GIB} at least")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,7}", str(inputs.get("filesystem"))):
        yield finding(
            instance, "filesystem", f"{inputs.get('filesystem')!r}: 1 to 8 letters and digits, a letter first"
        )


def _lustre_kept(stack: Declared, instance: Resource) -> Iterator[Finding]:
    """Its key is the customer's and lies in its region; what Google does to it, it does in a window.

    docs.cloud.google.com/managed-lustre/docs/maintenance-policies; pulumi-gcp, lustre.InstanceArgs, kms_key
    """
    inputs = instance["inputs"]
    if inputs.get("kmsKey") is None:
        yield finding(instance, "kmsKey", "files are not encrypted with the customer's key")
    key = stack.follow(inputs.get("kmsKey"), KEY)
    ring = stack.follow(some(key and key["inputs"]).get("keyRing"), KEY_RING)
    region = facts.zone_region(str(inputs.get("location")))
    if ring and region and ring["inputs"].get("location") != region:
        yield finding(instance, "kmsKey", f"lies in {ring['inputs'].get('location')}, the files in {region}")
    window = some(some(inputs.get("maintenancePolicy")).get("weeklyMaintenanceWindows"))
    start, day = some(window.get("startTime")), window.get("dayOfWeek")
    if day not in DAYS:
        yield finding(instance, "maintenancePolicy", f"{day!r} is none of {', '.join(DAYS)}")
    if not (0 <= start.get("hours", -1) <= 23 and 0 <= start.get("minutes", 0) <= 59):
        yield finding(instance, "maintenancePolicy", f"{start} is no time of a day")


def _bucket(bucket: Resource) -> Iterator[Finding]:
    inputs = bucket["inputs"]
    location = str(inputs.get("location"))
    if (
        location.upper() not in MULTI_REGIONS
        and location.lower() not in facts.REGIONS
        and not is_unknown(location)
    ):
        yield finding(bucket, "location", f"{location!r} is no region")
    if inputs.get("publicAccessPrevention") != "enforced":
        yield finding(bucket, "publicAccessPrevention", "public access is possible")
    if inputs.get("uniformBucketLevelAccess") is not True:
        yield finding(bucket, "uniformBucketLevelAccess", "access lists of single objects are possible")
    if some(inputs.get("versioning")).get("enabled") is not True:
        yield finding(bucket, "versioning", "an overwritten object is lost")
    if inputs.get("storageClass", "STANDARD") not in CLASSES:
        yield finding(bucket, "storageClass", f"{inputs['storageClass']!r} is none of {', '.join(CLASSES)}")
    for rule in members(inputs.get("lifecycleRules")):
        action = some(rule.get("action"))
        if action.get("type") not in ACTIONS:
            yield finding(bucket, "lifecycleRules", f"{action.get('type')!r} is no action")
        elif ACTIONS[action["type"]] != (action.get("storageClass") in CLASSES):
            yield finding(bucket, "lifecycleRules", f"{action} and its storage class do not fit")
        if some(rule.get("condition")).get("withState", "ANY") not in ("ANY", "LIVE", "ARCHIVED"):
            yield finding(bucket, "lifecycleRules", "no such state of an object")
        if not rule.get("condition"):
            yield finding(bucket, "lifecycleRules", "a rule without a condition takes every object")


def _encrypted(stack: Declared, bucket: Resource) -> Iterator[Finding]:
    """A bucket's key lies where the bucket lies."""
    name = some(bucket["inputs"].get("encryption")).get("defaultKmsKeyName")
    key = stack.follow(name, KEY)
    ring = stack.follow(some(key and key["inputs"]).get("keyRing"), KEY_RING)
    location = str(bucket["inputs"].get("location"))
    if ring and str(ring["inputs"].get("location")).upper() != location.upper():
        yield finding(bucket, "encryption", f"key in {ring['inputs'].get('location')}, bucket in {location}")


def _filestore(instance: Resource) -> Iterator[Finding]:
    inputs = instance["inputs"]
    tier, location = inputs.get("tier"), inputs.get("location") or inputs.get("zone")
    if place(location) is None and not is_unknown(location):
        yield finding(instance, "location", f"{location!r} is no region or zone")
    elif (tier in REGIONAL_TIERS) != (location in facts.REGIONS):
        yield finding(instance, "location", f"the tier {tier} in {location}")
    shares = inputs.get("fileShares")
    capacity = some(shares).get("capacityGb")
    if any(one < LEAST_GIB.get(str(tier), 0) for one in numbers(capacity)):
        yield finding(
            instance, "fileShares.capacityGb", f"{capacity}: {LEAST_GIB[str(tier)]} GiB at least for {tier}"
        )
    for network in members(inputs.get("networks")):
        if network.get("modes") not in (["MODE_IPV4"], ["MODE_IPV6"], ["ADDRESS_MODE_UNSPECIFIED"]):
            yield finding(instance, "networks.modes", f"{network.get('modes')}")
