"""Rules about buckets of Google Cloud Storage."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules.gcp_cluster import bare
from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.settings import Ask, holds, is_known, may_be, sets, text, value_at

BUCKET = "gcp:storage/bucket:Bucket"
UNIFORM = Ask("uniformBucketLevelAccess", (True,), "rights of single objects hold beside IAM's")
PUBLIC = Ask("publicAccessPrevention", ("enforced",), "one binding can open the bucket to everybody")
FORCED = Ask("forceDestroy", (False,), "the bucket is deleted with all that is in it", default=False)
KEY = "encryption.defaultKmsKeyName"
DELETED = "softDeletePolicy.retentionDurationSeconds"


def _key(subject: Subject) -> Iterator[Flaw]:
    if not subject.get(KEY) and is_known(subject.get("encryption")):
        yield Flaw(KEY, "objects are under Google's key alone", "left out", "a key's id", "name it")


def _recoverable(subject: Subject) -> Iterator[Flaw]:
    """Google keeps what was deleted for a week unless told otherwise."""
    if text(subject.get(DELETED)) == "0" and not may_be(value_at(subject.inputs, "versioning.enabled"), True):
        what = "what is deleted or overwritten is gone at once"
        yield Flaw(DELETED, what, "0", "604800 or more, or versioning", "leave it out, or keep versions")


RULES = (
    ResourceRule(
        id="gcp-bucket-uniform-access",
        title="IAM alone says who reads a bucket",
        reason="Lists of rights on single objects are seen in no audit of IAM, and stay when a role is taken away.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 5.2",),
        types=(BUCKET,),
        check=holds(UNIFORM),
        remedy=sets(UNIFORM),
    ),
    ResourceRule(
        id="gcp-bucket-not-public",
        title="No bucket can be made public",
        reason="Public buckets are found by scanners; with prevention a wrong binding is refused instead.",
        level="mandatory",
        references=("CIS-GCP 4.0.0 5.1",),
        types=(BUCKET,),
        check=holds(PUBLIC),
        remedy=sets(PUBLIC),
    ),
    ResourceRule(
        id="gcp-bucket-own-key",
        title="Buckets are encrypted with a key of your own",
        reason="A key of yours can be taken away from whoever should read no more, backups too.",
        level="advisory",
        references=(),
        types=(BUCKET,),
        check=_key,
    ),
    ResourceRule(
        id="gcp-bucket-recoverable",
        title="What is deleted in a bucket can be brought back",
        reason="A wrong sync, or a thief with rights to write, otherwise ends data and checkpoints for good.",
        level="mandatory",
        references=(),
        types=(BUCKET,),
        check=_recoverable,
    ),
    ResourceRule(
        id="gcp-bucket-no-force-destroy",
        title="No bucket is deleted with what is in it",
        reason="A destroy in the wrong stack should stop at data, not take it along.",
        level="advisory",
        references=(),
        types=(BUCKET,),
        check=bare(FORCED),
        remedy=sets(FORCED),
    ),
)
