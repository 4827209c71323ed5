"""Rules about keys, messages, logs, secrets and images."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from fairlead.rules.aws_documents import allowing
from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, holds, is_known, sets, text

KEY = "aws:kms/key:Key"
QUEUE = "aws:sqs/queue:Queue"
TOPIC = "aws:sns/topic:Topic"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
IMAGES = "aws:ecr/repository:Repository"
SHARED = (
    *("aws:sqs/queuePolicy:QueuePolicy", "aws:sns/topicPolicy:TopicPolicy", QUEUE, TOPIC),
    *("aws:ecr/repositoryPolicy:RepositoryPolicy", "aws:secretsmanager/secretPolicy:SecretPolicy"),
    *("aws:secretsmanager/secret:Secret", "aws:efs/fileSystemPolicy:FileSystemPolicy"),
)
RECORDS = re.compile(r"/aws/eks/.+/cluster|/aws/(vpc|rds)/.+|.*(flow|audit).*")
"""Names of groups of logs that tell who did what."""
RECORD_DAYS = 365
SYMMETRIC = (None, "SYMMETRIC_DEFAULT")

_ROTATED = Ask("enableKeyRotation", (True,), "what it encrypts is encrypted alike for ever", default=False)
_SCANNED = Ask(
    "imageScanningConfiguration.scanOnPush",
    (True,),
    "nobody looks for known flaws in its images",
    default=False,
)
_FIXED = Ask(
    "imageTagMutability",
    ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"),
    "a tag that was tested can be another image tomorrow",
    default="MUTABLE",
)


def _rotated(subject: Subject) -> Iterator[Flaw]:
    """KMS changes symmetric keys that encrypt, and of its own making; others it cannot."""
    spec = subject.get("customerMasterKeySpec") or subject.get("keySpec")
    encrypts = subject.get("keyUsage") in (None, "ENCRYPT_DECRYPT")
    if spec in SYMMETRIC and encrypts and not subject.get("customKeyStoreId"):
        yield from holds(_ROTATED)(subject)


def _closed(what: str) -> Callable[[Subject], Iterator[Flaw]]:
    """A check that no statement of a policy is for everybody. what: that then happens, one clause."""

    def check(subject: Subject) -> Iterator[Flaw]:
        for one in allowing(subject.get("policy"), "policy"):
            if one.is_for_everyone and not one.is_narrowed:
                fix = "name the principals, or add a condition on their account, organisation or source"
                yield Flaw(f"{one.path}.Principal", what, "*", "named principals", fix)

    return check


def _messages(subject: Subject) -> Iterator[Flaw]:
    """SQS encrypts by itself where nobody turns it off; SNS does not."""
    key, managed = subject.get("kmsMasterKeyId"), subject.get("sqsManagedSseEnabled")
    what = "messages are not encrypted"
    if subject.type == QUEUE and not key and text(managed).lower() == "false":
        fix = "leave it out, or name a key of KMS in kmsMasterKeyId"
        yield Flaw("sqsManagedSseEnabled", what, "false", "true", fix)
    if subject.type == TOPIC and not key:
        yield Flaw(
            "kmsMasterKeyId", what, "left out", "a key of KMS", "name a key; alias/aws/sns is one of AWS"
        )


def _kept(subject: Subject) -> Iterator[Flaw]:
    given, name = subject.get("retentionInDays"), subject.get("name")
    if not is_known(given) or not isinstance(name, str) or not RECORDS.fullmatch(name):
        return
    if given and given < RECORD_DAYS:
        what = "what happened is forgotten before anybody asks"
        yield Flaw("retentionInDays", what, str(given), f"{RECORD_DAYS} or more", f"set it to {RECORD_DAYS}")


def _ended(subject: Subject) -> Iterator[Flaw]:
    given = subject.get("retentionInDays")
    if is_known(given) and not given:
        what = "logs are kept, and paid for, for ever"
        yield Flaw("retentionInDays", what, "left out", "days", f"set it, for example to {RECORD_DAYS}")


def _encrypted_logs(subject: Subject) -> Iterator[Flaw]:
    if not subject.get("kmsKeyId"):
        what = "it is encrypted with a key of AWS, that you can neither take away nor watch"
        yield Flaw(
            "kmsKeyId", what, "left out", "a key of KMS", "name a key whose policy lets the service in"
        )


RULES = (
    ResourceRule(
        id="aws-key-rotated",
        title="Keys of KMS change every year",
        reason="A key that never changes encrypts more each year, and all of it is open once it is known.",
        level="mandatory",
        references=("CIS-AWS 5.0.0 3.6",),
        types=(KEY,),
        check=_rotated,
        remedy=sets(_ROTATED),
    ),
    ResourceRule(
        id="aws-key-policy-private",
        title="No key of KMS is for everybody",
        reason="Encryption with a key that everybody may use is none: whoever gets the data opens it.",
        level="mandatory",
        references=("AWS FSBP KMS.5",),
        types=(KEY, "aws:kms/keyPolicy:KeyPolicy"),
        check=_closed("every account of AWS may use the key"),
    ),
    ResourceRule(
        id="aws-shared-policy-private",
        title="Queues, topics, images, secrets and file systems are not for everybody",
        reason="Everybody who may send to a queue commands what reads it, and who may read a secret has what it opens.",
        level="mandatory",
        references=("AWS FSBP SQS.3", "AWS FSBP SNS.4"),
        types=SHARED,
        check=_closed("every account of AWS may do what this statement allows"),
    ),
    ResourceRule(
        id="aws-messages-encrypted",
        title="Messages of queues and topics are encrypted",
        reason="Messages carry names, addresses and tokens, and lie in a queue for days.",
        level="mandatory",
        references=("AWS FSBP SQS.1", "AWS FSBP SNS.1"),
        types=(QUEUE, TOPIC),
        check=_messages,
    ),
    ResourceRule(
        id="aws-records-kept",
        title="Logs that tell who did what are kept for a year",
        reason="Intrusions are found months after they began; what was written down by then must still be there.",
        level="mandatory",
        references=("CIS-EKS 1.7.0 2.1.2", "NSA 1.2 Audit logging and threat detection"),
        types=(LOGS,),
        check=_kept,
    ),
    ResourceRule(
        id="aws-logs-end",
        title="Logs have an end",
        reason="Logs without an end are paid for each month for ever, and hold personal data longer than anybody may.",
        level="advisory",
        references=(),
        types=(LOGS,),
        check=_ended,
    ),
    ResourceRule(
        id="aws-logs-own-key",
        title="Logs are encrypted with a key of your own",
        reason="Logs of a control plane and of flows tell an intruder all about the platform.",
        level="advisory",
        references=(),
        types=(LOGS,),
        check=_encrypted_logs,
    ),
    ResourceRule(
        id="aws-images-scanned",
        title="Images are scanned when they are pushed",
        reason="An image with a known flaw runs for as long as nobody has looked.",
        level="advisory",
        references=("AWS FSBP ECR.1", "CIS-EKS 1.7.0 5.1.1"),
        types=(IMAGES,),
        check=holds(_SCANNED),
        remedy=sets(_SCANNED),
    ),
    ResourceRule(
        id="aws-images-fixed",
        title="A tag of an image stays what it was",
        reason="A tag that can be moved runs another image than the one that was tested, without a change anywhere.",
        level="mandatory",
        references=("AWS FSBP ECR.2",),
        types=(IMAGES,),
        check=holds(_FIXED),
        remedy=sets(_FIXED),
    ),
)
