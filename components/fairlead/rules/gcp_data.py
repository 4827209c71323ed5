"""Rules about keys and databases of Google Cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.rules.gcp_cluster import CLUSTER, bare
from fairlead.rules.gcp_storage import BUCKET
from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, holds, is_known, is_on, is_world, rows, sets, text, value_at

KEY = "gcp:kms/cryptoKey:CryptoKey"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
USER = "gcp:sql/user:User"
MOST_DAYS = 90
"""Days after which a key is another at the latest: CIS-GCP 4.0.0 1.10."""
DAY = 86400
SECONDS = re.compile(r"(\d+(?:\.\d+)?)s?")
ADDRESS = Ask("settings.ipConfiguration.ipv4Enabled", (False,), "it has a public address", default=True)
TLS = Ask(
    "settings.ipConfiguration.sslMode",
    ("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"),
    "callers may send queries and passwords in clear",
)
DELETION = (
    Ask("deletionProtection", (True,), "one wrong `pulumi destroy` takes the data with it", default=True),
    Ask("settings.deletionProtectionEnabled", (True,), "console and API delete it unasked"),
)
FLAGS = "settings.databaseFlags"
IAM_FLAGS = {"POSTGRES": "cloudsql.iam_authentication", "MYSQL": "cloudsql_iam_authentication"}
LOG_FLAGS = ("log_connections", "log_disconnections")


KEPT = (
    (CLUSTER, "deletionProtection", False),
    (INSTANCE, "deletionProtection", False),
    (INSTANCE, "settings.deletionProtectionEnabled", False),
    (BUCKET, "forceDestroy", True),
)
"""(type, path, the value by which the cloud itself does not protect it)."""


def _twice(subject: Subject) -> Iterator[Flaw]:
    for kind, path, open_to in KEPT:
        given = subject.get(path)
        if subject.protect and kind == subject.type and text(given).lower() == text(open_to):
            what = "the program protects it, and Google is told not to"
            yield Flaw(path, what, text(open_to), text(not open_to), f"set it to {text(not open_to)}")


def _rotated(subject: Subject) -> Iterator[Flaw]:
    if (subject.get("purpose") or "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        # Google rotates keys of this purpose alone.
        return
    given, allowed = subject.get("rotationPeriod"), f"{MOST_DAYS * DAY}s or less"
    if given is None:
        yield Flaw("rotationPeriod", "one key stays for ever", "left out", allowed, "name it")
    elif is_known(given) and _seconds(given) > MOST_DAYS * DAY:
        yield Flaw("rotationPeriod", "one key stays for too long", given, allowed, "shorten it")


def _seconds(given: Any) -> float:
    """Google takes a number and `s`; what is written otherwise it refuses by itself."""
    found = SECONDS.fullmatch(text(given))
    return float(found[1]) if found else 0


def _key_kept(subject: Subject) -> Iterator[Flaw]:
    if not subject.protect:
        what = "without the key all that it encrypted is lost"
        yield Flaw("", what, "not protected", "protect", "ResourceOptions(protect=True)")


def _engine(subject: Subject) -> str:
    return str(subject.get("databaseVersion") or "").partition("_")[0]


def _flags(subject: Subject) -> Mapping[str, str]:
    given = rows(subject.get(FLAGS))
    return {str(one.get("name")): text(one.get("value")).lower() for _, one in given}


def _backups(subject: Subject) -> Iterator[Flaw]:
    if subject.get("masterInstanceName"):
        # A replica has its backups where it is a copy of.
        return
    where = "settings.backupConfiguration"
    log = "binaryLogEnabled" if _engine(subject) == "MYSQL" else "pointInTimeRecoveryEnabled"
    for name, what in (("enabled", "nothing is backed up"), (log, "what came after the last backup is lost")):
        given = subject.get(f"{where}.{name}")
        if not is_on(given) and is_known(given):
            yield Flaw(
                f"{where}.{name}",
                what,
                "left out" if given is None else text(given),
                "true",
                "set it to true",
            )


def _world(subject: Subject) -> Iterator[Flaw]:
    where = "settings.ipConfiguration.authorizedNetworks"
    for place, one in rows(subject.get(where)):
        given = one.get("value")
        if is_world(given):
            path = f"{where}[{place}].value"
            yield Flaw(path, "the whole internet may try passwords", str(given), "your ranges", "name ranges")


def _iam(subject: Subject) -> Iterator[Flaw]:
    flag = IAM_FLAGS.get(_engine(subject))
    if flag and is_known(value_at(subject.inputs, FLAGS)) and _flags(subject).get(flag) != "on":
        what = "callers sign in by passwords, which do not end"
        yield Flaw(FLAGS, what, f"no {flag}", f"{flag}: on", "set the flag")


def _password(subject: Subject) -> Iterator[Flaw]:
    if (subject.get("type") or "BUILT_IN") == "BUILT_IN":
        what = "the user signs in by a password that lies in the state"
        allowed = "CLOUD_IAM_SERVICE_ACCOUNT, CLOUD_IAM_USER, CLOUD_IAM_GROUP"
        yield Flaw("type", what, str(subject.get("type") or "left out"), allowed, "make it an account of IAM")


def _logs(subject: Subject) -> Iterator[Flaw]:
    lacking = [one for one in LOG_FLAGS if _flags(subject).get(one) != "on"]
    if _engine(subject) == "POSTGRES" and lacking and is_known(value_at(subject.inputs, FLAGS)):
        what = "who signed in, and when, is not kept"
        yield Flaw(FLAGS, what, f"no {', '.join(lacking)}", "on", "set the flags")


RULES = (
    ResourceRule(
        id="gcp-key-rotated",
        title="Keys are rotated every 90 days",
        reason="The longer one key encrypts, the more is lost with it.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 1.10",),
        types=(KEY,),
        check=_rotated,
    ),
    ResourceRule(
        id="gcp-protected-twice",
        title="What the program protects, Google protects too",
        reason="Protection of the engine ends where somebody uses the console, or takes it off for one change.",
        level="mandatory",
        references=(),
        types=(CLUSTER, INSTANCE, BUCKET),
        check=_twice,
    ),
    ResourceRule(
        id="gcp-key-kept",
        title="Keys are protected from deletion",
        reason="A key that is deleted takes along every disk, bucket and database that it encrypts.",
        level="advisory",
        references=(),
        types=(KEY,),
        check=_key_kept,
    ),
    ResourceRule(
        id="gcp-sql-private",
        title="Databases have no public address",
        reason="A database that the internet reaches is tried with stolen and guessed passwords all day.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 6.6",),
        types=(INSTANCE,),
        check=holds(ADDRESS),
    ),
    ResourceRule(
        id="gcp-sql-no-world",
        title="No database lets in the whole internet",
        reason="One network of 0.0.0.0/0 makes the list of those that may worth nothing.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 6.5",),
        types=(INSTANCE,),
        check=_world,
    ),
    ResourceRule(
        id="gcp-sql-tls",
        title="Databases take encrypted connections alone",
        reason="A caller set up wrongly otherwise sends its password in clear, and nobody notices.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 6.4",),
        types=(INSTANCE,),
        check=holds(TLS),
        remedy=sets(TLS),
    ),
    ResourceRule(
        id="gcp-sql-backups",
        title="Databases are backed up, up to any point in time",
        reason="What one wrong statement does to a table is undone by that alone.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 6.7",),
        types=(INSTANCE,),
        check=_backups,
    ),
    ResourceRule(
        id="gcp-sql-deletion-protection",
        title="Databases are protected from deletion",
        reason="With an instance its backups go too, and nobody is asked twice.",
        level="advisory",
        references=(),
        types=(INSTANCE,),
        check=bare(*DELETION),
        remedy=sets(*DELETION),
    ),
    ResourceRule(
        id="gcp-sql-iam",
        title="Callers sign in to databases by IAM",
        reason="Its tokens end within the hour; a password holds until all callers are changed at once.",
        level="mandatory",
        references=(),
        types=(INSTANCE,),
        check=_iam,
    ),
    ResourceRule(
        id="gcp-sql-no-passwords",
        title="Users of databases have no passwords",
        reason="A password is copied, leaks and lies in the state of the stack.",
        level="mandatory",
        references=(),
        types=(USER,),
        check=_password,
    ),
    ResourceRule(
        id="gcp-sql-logs",
        title="Databases keep who signed in",
        reason="Who read the data is asked first after it was found elsewhere.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 6.2.2", "CIS-GCP 4.0.0 6.2.3"),
        types=(INSTANCE,),
        check=_logs,
    ),
)
