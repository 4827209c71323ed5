"""Rules about what keeps data: databases and file systems, and that nobody deletes them by a slip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.rules.aws_links import is_production, lacks, of
from fairlead.rules.aws_values import entries
from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import Ask, holds, is_known, is_on, sets, text
from fairlead.rules.unseen import UNKNOWN

INSTANCE = "aws:rds/instance:Instance"
DATABASE_CLUSTER = "aws:rds/cluster:Cluster"
MEMBER = "aws:rds/clusterInstance:ClusterInstance"
PARAMETERS = ("aws:rds/parameterGroup:ParameterGroup", "aws:rds/clusterParameterGroup:ClusterParameterGroup")
FILES = "aws:efs/fileSystem:FileSystem"
BACKUP = "aws:efs/backupPolicy:BackupPolicy"
FAST_FILES = tuple(
    f"aws:fsx/{one}"
    for one in (
        "lustreFileSystem:LustreFileSystem",
        "ontapFileSystem:OntapFileSystem",
        "openZfsFileSystem:OpenZfsFileSystem",
        "windowsFileSystem:WindowsFileSystem",
    )
)
STATE = (
    *("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2", "aws:kms/key:Key", "aws:eks/cluster:Cluster"),
    *(INSTANCE, DATABASE_CLUSTER, FILES, *FAST_FILES, "aws:dynamodb/table:Table"),
)
"""What has data that nothing else brings back, or what everything stands on."""
DELETION = {
    "aws:eks/cluster:Cluster": "deletionProtection",
    INSTANCE: "deletionProtection",
    DATABASE_CLUSTER: "deletionProtection",
    "aws:dynamodb/table:Table": "deletionProtectionEnabled",
}
"""Type -> its own switch against deletion, which holds for whoever comes without this program too."""
BACKUP_DAYS = 7
FORCES_TLS: Mapping[str, tuple[str, frozenset[str]]] = {
    "postgres": ("rds.force_ssl", frozenset({"1"})),
    "aurora-postgresql": ("rds.force_ssl", frozenset({"1"})),
    "mysql": ("require_secure_transport", frozenset({"1", "ON"})),
    "aurora-mysql": ("require_secure_transport", frozenset({"1", "ON"})),
    "mariadb": ("require_secure_transport", frozenset({"1", "ON"})),
}
"""Family without its version -> the parameter that turns away plain connections, and what turns it on."""

_PRIVATE = Ask("publiclyAccessible", (False,), "the database has an address on the Internet", default=False)
_ENCRYPTED = Ask(
    "storageEncrypted", (True,), "the database and its snapshots are not encrypted", default=False
)
_FILES = Ask("encrypted", (True,), "files are not encrypted", default=False)


def _is_copy(subject: Subject) -> bool:
    """Whether it takes these settings from the database that it copies."""
    return bool(subject.get("replicateSourceDb") or subject.get("replicationSourceIdentifier"))


def _encrypted(subject: Subject) -> Iterator[Flaw]:
    if not _is_copy(subject) and not subject.get("snapshotIdentifier"):
        yield from holds(_ENCRYPTED)(subject)


def _backed_up(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("backupRetentionPeriod")
    if _is_copy(subject) or not is_known(given) or (given or 0) >= BACKUP_DAYS:
        return
    what = "a mistake that is noticed after a week-end cannot be undone"
    fix = f"set it to {BACKUP_DAYS} or more"
    yield Flaw("backupRetentionPeriod", what, text("left out" if given is None else given), fix[10:], fix)


def _passwords(subject: Subject) -> Iterator[Flaw]:
    """What the password is, nobody shows a rule; that there is one, everybody sees."""
    for key in ("password", "masterPassword"):
        if subject.get(key) not in (None, UNKNOWN):
            what = "the administrator's password stands in the program's state, and changes never"
            fix = f"leave {key} out: Secrets Manager makes and changes it"
            yield Flaw("manageMasterUserPassword", what, f"{key} is given", "true", fix)


def _tls(subject: Subject) -> Iterator[Flaw]:
    family = str(subject.get("family") or "")
    known = FORCES_TLS.get(family.rstrip("0123456789."))
    if known is None or not is_known(subject.get("parameters")):
        return
    name, good = known
    for place, one in entries(subject.get("parameters")):
        if one.get("name") == name:
            if str(one.get("value")).upper() not in good:
                yield _plain(f"parameters[{place}].value", str(one.get("value")), name)
            return
    yield _plain("parameters", "left out", name)


def _plain(path: str, given: str, name: str) -> Flaw:
    what = "the database takes connections that are not encrypted"
    return Flaw(path, what, given, f"{name} = 1", f"set the parameter {name} to 1")


def _two_zones(whole: Whole) -> Iterator[Flaw]:
    if not is_production(whole):
        return
    for one in whole.of(INSTANCE):
        given = one.get("multiAz")
        if is_known(given) and not is_on(given) and not _is_copy(one):
            what = "the loss of one zone stops it, until a backup has been restored"
            yield Flaw("multiAz", what, text(given or False), "true", "set it to true", one)


def _file_backups(whole: Whole) -> Iterator[Flaw]:
    policies = list(whole.of(BACKUP))
    for files in whole.of(FILES):
        own = of(policies, files, "fileSystemId")
        on = any(one.get("backupPolicy.status") == "ENABLED" for one in own)
        known = all(is_known(one.get("backupPolicy")) for one in own)
        if lacks(policies, files, "fileSystemId") or (own and known and not on):
            fix = "declare aws.efs.BackupPolicy for it, ENABLED, or put it into a plan of AWS Backup"
            yield Flaw("", "nobody brings deleted files back", "no backups", "ENABLED", fix, files)


def _own_key(subject: Subject) -> Iterator[Flaw]:
    if not subject.get("kmsKeyId") and not _is_copy(subject):
        what = "it is encrypted with a key of AWS, that you can neither take away nor watch"
        yield Flaw(
            "kmsKeyId", what, "left out", "a key of KMS", "name a key of KMS; it cannot be changed later"
        )


def _deletion(whole: Whole) -> Iterator[Flaw]:
    for kind, key in DELETION.items() if is_production(whole) else ():
        for one in whole.of(kind):
            given = one.get(key)
            if is_known(given) and not is_on(given):
                what = "whoever may delete it does so with one call"
                yield Flaw(key, what, text(given or False), "true", "set it to true", one)


def _protected(whole: Whole) -> Iterator[Flaw]:
    if is_production(whole):
        yield from _unprotected(whole)


def _protected_elsewhere(whole: Whole) -> Iterator[Flaw]:
    if not is_production(whole):
        yield from _unprotected(whole)


def _unprotected(whole: Whole) -> Iterator[Flaw]:
    for one in whole.of(*STATE):
        if not (one.protect or one.retain_on_delete):
            what = "a change of the program that replaces it, or takes it out, deletes it with what is in it"
            yield Flaw("", what, "protect: false", "protect: true", "set protect, or retain_on_delete", one)


RULES = (
    ResourceRule(
        id="aws-database-private",
        title="Databases have no address on the Internet",
        reason="A database that the Internet reaches has its password as its only lock.",
        level="mandatory",
        references=("AWS FSBP RDS.2", "CIS-AWS 5.0.0 2.2.3"),
        types=(INSTANCE, MEMBER),
        check=holds(_PRIVATE),
        remedy=sets(_PRIVATE),
    ),
    ResourceRule(
        id="aws-database-encrypted",
        title="Databases are encrypted",
        reason="Snapshots and copies of a database are as open as it is, and it cannot be encrypted later.",
        level="mandatory",
        references=("AWS FSBP RDS.3", "AWS FSBP RDS.27", "CIS-AWS 5.0.0 2.2.1"),
        types=(INSTANCE, DATABASE_CLUSTER),
        check=_encrypted,
    ),
    ResourceRule(
        id="aws-database-backups",
        title="Databases keep backups of a week or more",
        reason="What was deleted on a Friday is missed on a Monday: a shorter time has nothing to go back to.",
        level="mandatory",
        references=("AWS FSBP RDS.11",),
        types=(INSTANCE, DATABASE_CLUSTER),
        check=_backed_up,
    ),
    WholeRule(
        id="aws-database-two-zones",
        title="Databases of production stand in two zones",
        reason="A database in one zone stops with it, and everything that asks it stops too.",
        level="mandatory",
        references=("AWS FSBP RDS.5", "CIS-AWS 5.0.0 2.2.4"),
        looks_at="resources",
        check=_two_zones,
    ),
    ResourceRule(
        id="aws-database-password",
        title="No program has a database's password",
        reason="A password in a program is in its state, in previews and in everybody's hands who may read them.",
        level="mandatory",
        references=(),
        types=(INSTANCE, DATABASE_CLUSTER),
        check=_passwords,
    ),
    ResourceRule(
        id="aws-database-tls-only",
        title="Databases turn away connections that are not encrypted",
        reason="A client that is not told to encrypt sends passwords and data in plain text, and works all the same.",
        level="mandatory",
        references=(),
        types=PARAMETERS,
        check=_tls,
    ),
    ResourceRule(
        id="aws-files-encrypted",
        title="File systems are encrypted",
        reason="A file system has home directories, data and checkpoints of everybody, and cannot be encrypted later.",
        level="mandatory",
        references=("AWS FSBP EFS.1", "AWS FSBP EFS.8", "CIS-AWS 5.0.0 2.3.1"),
        types=(FILES,),
        check=holds(_FILES),
        remedy=sets(_FILES),
    ),
    WholeRule(
        id="aws-files-backed-up",
        title="File systems have backups",
        reason="A file system has no bin: what one wrong command deletes is gone for everybody.",
        level="advisory",
        references=("AWS FSBP EFS.7",),
        looks_at="resources",
        check=_file_backups,
    ),
    ResourceRule(
        id="aws-data-own-key",
        title="Databases and file systems are encrypted with a key of your own",
        reason="A key of your own says who may read, leaves a trace at each use, and ends all access when disabled.",
        level="advisory",
        references=(),
        types=(INSTANCE, DATABASE_CLUSTER, FILES, *FAST_FILES),
        check=_own_key,
    ),
    WholeRule(
        id="aws-deletion-protected",
        title="Clusters and databases of production refuse to be deleted",
        reason="Protection in the program holds for the program: the console and a script delete what it protects.",
        level="mandatory",
        references=("AWS FSBP RDS.7", "AWS FSBP RDS.8"),
        looks_at="resources",
        check=_deletion,
    ),
    WholeRule(
        id="aws-state-protected",
        title="What keeps state in production is protected",
        reason="One renamed resource or one destroy in the wrong stack deletes data that nothing brings back.",
        level="mandatory",
        references=(),
        looks_at="resources",
        check=_protected,
    ),
    WholeRule(
        id="aws-state-protected-elsewhere",
        title="What keeps state outside production is protected too, where it matters",
        reason="Outside production data may be worth less, and somebody should have thought of it once.",
        level="advisory",
        references=(),
        looks_at="resources",
        check=_protected_elsewhere,
    ),
)
