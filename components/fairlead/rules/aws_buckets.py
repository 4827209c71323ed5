"""Rules about buckets: who reads them, how, and what becomes of what was overwritten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.rules.aws_documents import Statement, allowing, statements
from fairlead.rules.aws_links import lacks, of
from fairlead.rules.aws_values import entries, part
from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import Ask, holds, is_known, is_on, sets

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
VERSIONING = ("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2")
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
ACLS = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
STATE = re.compile(r"(^|[^a-z])(state|states|tfstate|backup|backups)([^a-z]|$)")
"""Names of buckets whose content is the only record of something."""

_BLOCKED = tuple(
    Ask(one, (True,), "a policy or a list can make the bucket public", default=False) for one in BLOCKS
)
_OWNED = Ask(
    "rule.objectOwnership",
    ("BucketOwnerEnforced",),
    "lists of access to single objects hold beside the bucket's policy",
)


def _blocked(whole: Whole) -> Iterator[Flaw]:
    yield from _lacking(
        whole,
        (BLOCK,),
        "a policy or a list can make it public",
        "declare aws.s3.BucketPublicAccessBlock for it, with all four settings true",
    )


def _lacking(whole: Whole, kinds: tuple[str, ...], what: str, fix: str) -> Iterator[Flaw]:
    """Buckets that have no part of these kinds."""
    parts = list(whole.of(*kinds))
    for bucket in whole.of(*BUCKETS):
        if lacks(parts, bucket, "bucket", "bucket"):
            yield Flaw("", what, "not declared", kinds[0].rpartition(":")[2], fix, bucket)


def _public(subject: Subject) -> Iterator[Flaw]:
    for one in allowing(subject.get("policy"), "policy"):
        if one.is_for_everyone and not one.is_narrowed:
            what = "everybody on the Internet may do what this statement allows"
            fix = "name the principals, or add a condition on their account or organisation"
            yield Flaw(f"{one.path}.Principal", what, "*", "named principals", fix)


def _tls_only(whole: Whole) -> Iterator[Flaw]:
    policies = list(whole.of(POLICY))
    for bucket in whole.of(*BUCKETS):
        own = of(policies, bucket, "bucket", "bucket")
        if not own and not lacks(policies, bucket, "bucket", "bucket"):
            continue
        texts = [one.get("policy") for one in (bucket, *own) if one.get("policy")]
        read = [statements(one, "policy") for one in texts]
        if None not in read and not any(_denies_plain_text(one) for each in read for one in each or ()):
            what = "it answers requests that are not encrypted on their way"
            fix = "add a bucket policy that denies s3:* to everyone where aws:SecureTransport is false"
            yield Flaw(
                "policy" if own else "",
                what,
                "no such statement",
                "one that denies",
                fix,
                (own or [bucket])[0],
            )


def _denies_plain_text(one: Statement) -> bool:
    plain = any(
        key.lower() == "aws:securetransport" and values == ("false",) for _, key, values in one.conditions()
    )
    return one.data.get("Effect") == "Deny" and plain and one.is_for_everyone and _is_all(one.words("Action"))


def _is_all(actions: tuple[str, ...]) -> bool:
    return bool({"*", "s3:*"} & set(actions))


def _versioned(whole: Whole) -> Iterator[Flaw]:
    parts = list(whole.of(*VERSIONING))
    for bucket in whole.of(*BUCKETS):
        versioning = bucket.get("versioning")
        if not _is_record(bucket) or not is_known(versioning) or is_on(part(versioning).get("enabled")):
            continue
        what, fix = (
            "what is overwritten or deleted is gone",
            "declare aws.s3.BucketVersioning for it, Enabled",
        )
        if lacks(parts, bucket, "bucket", "bucket"):
            yield Flaw("", what, "not declared", "Enabled", fix, bucket)
        for one in of(parts, bucket, "bucket", "bucket"):
            status = one.get("versioningConfiguration.status")
            if is_known(status) and status != "Enabled":
                yield Flaw("versioningConfiguration.status", what, str(status), "Enabled", fix, one)


def _is_record(bucket: Subject) -> bool:
    """Whether somebody has said that its content must not be lost, by its protection or its name."""
    name = f"{bucket.name} {bucket.get('bucket') or ''}".lower()
    return bucket.protect or bucket.retain_on_delete or bool(STATE.search(name))


def _own_key(whole: Whole) -> Iterator[Flaw]:
    yield from _lacking(
        whole,
        ENCRYPTION,
        "it is encrypted with a key of AWS",
        "name a key of KMS for it, with bucket_key_enabled",
    )
    for one in whole.of(*ENCRYPTION):
        for place, rule in entries(one.get("rules")):
            given = part(rule.get("applyServerSideEncryptionByDefault")).get("sseAlgorithm")
            if given and is_known(given) and not str(given).startswith("aws:kms"):
                path = f"rules[{place}].applyServerSideEncryptionByDefault.sseAlgorithm"
                what = "objects are encrypted with a key of AWS"
                yield Flaw(path, what, str(given), "aws:kms", "name a key of KMS", one)


def _owned(subject: Subject) -> Iterator[Flaw]:
    if subject.type == OWNERSHIP:
        yield from holds(_OWNED)(subject)
        return
    given = subject.get("acl")
    if is_known(given) and given not in (None, "private"):
        what = "a list of access holds beside the bucket's policy"
        yield Flaw(
            "acl", what, str(given), "no list", "give access by the bucket's policy, and leave the list out"
        )


def _kept(subject: Subject) -> Iterator[Flaw]:
    if (subject.protect or subject.retain_on_delete) and is_on(subject.get("forceDestroy")):
        what = "it is protected, and would still be emptied when that is taken off"
        yield Flaw(
            "forceDestroy", what, "true", "false", "set it to false; empty the bucket by hand when it is time"
        )


RULES = (
    ResourceRule(
        id="aws-bucket-block-complete",
        title="A bucket's block of public access has all its four settings on",
        reason="Each of the four closes another way to make a bucket public; with one off there is still a way.",
        level="mandatory",
        references=("AWS FSBP S3.8", "CIS-AWS 5.0.0 2.1.4"),
        types=(BLOCK,),
        check=holds(*_BLOCKED),
        remedy=sets(*_BLOCKED),
    ),
    WholeRule(
        id="aws-bucket-blocked",
        title="Every bucket has its block of public access",
        reason="Without it one line in a policy, written by anybody who may, makes data and models public.",
        level="mandatory",
        references=("AWS FSBP S3.8", "CIS-AWS 5.0.0 2.1.4"),
        looks_at="resources",
        check=_blocked,
    ),
    ResourceRule(
        id="aws-bucket-policy-private",
        title="No policy of a bucket gives anything to everybody",
        reason="What everybody may read is copied within hours, and what everybody may write is paid for by you.",
        level="mandatory",
        references=("AWS FSBP S3.2", "AWS FSBP S3.3"),
        types=(POLICY, *BUCKETS),
        check=_public,
    ),
    WholeRule(
        id="aws-bucket-tls-only",
        title="A bucket answers encrypted requests only",
        reason="A client that is told http:// sends data and signatures in plain text, and nobody notices.",
        level="mandatory",
        references=("AWS FSBP S3.5", "CIS-AWS 5.0.0 2.1.1"),
        looks_at="resources",
        check=_tls_only,
    ),
    WholeRule(
        id="aws-bucket-versioned",
        title="Buckets of state and of backups, and protected ones, keep old versions",
        reason="One wrong command overwrites the only record of something; with versions it is brought back.",
        level="mandatory",
        references=(),
        looks_at="resources",
        check=_versioned,
    ),
    WholeRule(
        id="aws-bucket-own-key",
        title="Buckets are encrypted with a key of your own",
        reason="A key of AWS opens for whoever may read the bucket; one of your own is a second lock with its own log.",
        level="advisory",
        references=(),
        looks_at="resources",
        check=_own_key,
    ),
    ResourceRule(
        id="aws-bucket-without-lists",
        title="Access to buckets is given by policies, not by lists of access",
        reason="Lists on buckets and objects give access that no policy shows, and that reviews overlook.",
        level="mandatory",
        references=("AWS FSBP S3.12",),
        types=(OWNERSHIP, *ACLS, *BUCKETS),
        check=_owned,
    ),
    ResourceRule(
        id="aws-bucket-kept",
        title="A protected bucket is not emptied when it is deleted",
        reason="With force_destroy the only thing between the data and its end is one flag that somebody takes off.",
        level="mandatory",
        references=(),
        types=BUCKETS,
        check=_kept,
    ),
)
