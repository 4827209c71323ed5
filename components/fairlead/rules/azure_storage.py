"""Rules about storage accounts of Azure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fairlead.rules.azure_links import is_open, speaks_of
from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import Ask, flaws, holds, may_be, sets, text, value_at

ACCOUNT = "azure-native:storage*:StorageAccount"
CONTAINER = "azure-native:storage*:BlobContainer"
PROPERTIES = "azure-native:storage*:BlobServiceProperties"
FILES = "FileStorage"
"""Kind of account that has shares for NFS: those are mounted only where HTTPS is not asked for.
https://learn.microsoft.com/azure/storage/files/files-nfs-protocol"""
PUBLIC = (
    Ask("allowBlobPublicAccess", (False,), "containers can be opened to everybody", default=False),
    Ask("publicAccess", ("None",), "everybody reads the container", default="None"),
)
TLS = Ask("minimumTlsVersion", ("TLS1_2", "TLS1_3"), "callers may speak TLS 1.0, which is broken")
KEYS = Ask("allowSharedKeyAccess", (False,), "one key opens all of it, for ever and for whoever has it")
HTTPS = Ask("enableHttpsTrafficOnly", (True,), "callers may send data and signatures in clear", default=True)
TENANTS = Ask(
    "allowCrossTenantReplication",
    (False,),
    "objects may be copied to other companies' accounts",
    default=False,
)
TWICE = Ask("encryption.requireInfrastructureEncryption", (True,), "it is encrypted once")
OWN_KEY = Ask("encryption.keySource", ("Microsoft.Keyvault",), "it is under Azure's key alone")
DELETED = (
    Ask("deleteRetentionPolicy.enabled", (True,), "a blob that is deleted is gone at once"),
    Ask("containerDeleteRetentionPolicy.enabled", (True,), "a container that is deleted is gone at once"),
)


def _closed(subject: Subject) -> bool:
    public = subject.get("publicNetworkAccess")
    default = value_at(subject.inputs, "networkRuleSet.defaultAction")
    return may_be(public, "Disabled", "SecuredByPerimeter") or may_be(default, "Deny")


def _network(subject: Subject) -> Iterator[Flaw]:
    if not _closed(subject):
        what = "every network reaches it"
        given = text(subject.get("publicNetworkAccess") or "left out")
        fix = "set it to Disabled, or networkRuleSet.defaultAction to Deny"
        yield Flaw("publicNetworkAccess", what, given, "Disabled", fix)


def _https(subject: Subject) -> Iterator[Flaw]:
    if not may_be(subject.get("kind"), FILES) or not _closed(subject):
        yield from flaws([HTTPS], subject.inputs)


def _recoverable(whole: Whole) -> Iterator[Flaw]:
    settings = list(whole.of(PROPERTIES))
    for account in whole.of(ACCOUNT):
        own = [
            one
            for one in settings
            if speaks_of(one.get("accountName"), account, "storageAccounts:accountName")
        ]
        for one in own:
            for flaw in flaws(DELETED, one.inputs):
                yield replace(flaw, subject=one)
        lost = any(is_open(one.get("accountName")) for one in settings)
        if not own and not lost and not may_be(account.get("kind"), FILES):
            what = "what is deleted is gone at once"
            fix = "add BlobServiceProperties with both retention policies"
            yield Flaw("", what, "no BlobServiceProperties of it", "soft delete", fix, account)


RULES = (
    ResourceRule(
        id="azure-storage-not-public",
        title="No container is read by everybody",
        reason="Public containers are found by scanners, and what was copied once cannot be taken back.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 4.17",),
        types=(ACCOUNT, CONTAINER),
        check=holds(*PUBLIC),
    ),
    ResourceRule(
        id="azure-storage-https",
        title="Storage accounts take encrypted connections alone",
        reason="A caller set up wrongly otherwise sends data and signatures in clear, and nobody notices.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 4.1", "MCSB DP-3"),
        types=(ACCOUNT,),
        check=_https,
        remedy=sets(HTTPS),
    ),
    ResourceRule(
        id="azure-storage-tls",
        title="Storage accounts speak TLS 1.2 or newer",
        reason="Older versions are broken, and Azure takes them where nothing is said.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 4.15", "MCSB DP-3"),
        types=(ACCOUNT,),
        check=holds(TLS),
        remedy=sets(TLS),
    ),
    ResourceRule(
        id="azure-storage-no-keys",
        title="No key opens a storage account",
        reason="Account keys are copied, leak, and open everything; tokens of Entra end and have a name.",
        level="mandatory",
        references=("CIS-Azure 5.0.0 9.3.1.3", "MCSB IM-8"),
        types=(ACCOUNT,),
        check=holds(KEYS),
        remedy=sets(KEYS),
    ),
    ResourceRule(
        id="azure-storage-network",
        title="Known networks alone reach a storage account",
        reason="A stolen token is worth nothing to who cannot reach the data with it.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 4.6", "CIS-Azure 3.0.0 4.7"),
        types=(ACCOUNT,),
        check=_network,
    ),
    ResourceRule(
        id="azure-storage-no-foreign-copies",
        title="Objects are not copied to other tenants",
        reason="A rule of replication takes data out of the company without any further request.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 4.16",),
        types=(ACCOUNT,),
        check=holds(TENANTS),
        remedy=sets(TENANTS),
    ),
    WholeRule(
        id="azure-storage-recoverable",
        title="What is deleted in a storage account can be brought back",
        reason="A wrong sync, or a thief with rights to write, otherwise ends data and checkpoints for good.",
        level="mandatory",
        references=("CIS-Azure 3.0.0 4.10", "MCSB BR-2"),
        looks_at="resources",
        check=_recoverable,
    ),
    ResourceRule(
        id="azure-storage-own-key",
        title="Storage accounts are encrypted with a key of your own",
        reason="A key of yours can be taken away from whoever should read no more, backups too.",
        level="advisory",
        references=("CIS-Azure 3.0.0 4.11", "MCSB DP-5"),
        types=(ACCOUNT,),
        check=holds(OWN_KEY),
    ),
    ResourceRule(
        id="azure-storage-encrypted-twice",
        title="Storage accounts are encrypted by two keys",
        reason="One of two algorithms or keys may then be broken; it can be chosen only when an account is made.",
        level="advisory",
        references=("CIS-Azure 3.0.0 4.2",),
        types=(ACCOUNT,),
        check=holds(TWICE),
    ),
)
