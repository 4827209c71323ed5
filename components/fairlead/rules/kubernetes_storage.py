"""Rules about volumes and where they come from."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.rules.model import Flaw, ResourceRule, Subject
from fairlead.rules.settings import text

VOLUME = ("kubernetes:core/v1:PersistentVolume",)
CLASS = ("kubernetes:storage.k8s.io/*:StorageClass",)
EBS = "ebs.csi.aws.com"


def _kept(subject: Subject) -> Iterator[Flaw]:
    """Of volumes that somebody has written down: what a class has made is its class' matter."""
    given = subject.get("spec.persistentVolumeReclaimPolicy")
    if given == "Delete":
        what = "who deletes the claim deletes what others keep there"
        yield Flaw("spec.persistentVolumeReclaimPolicy", what, "Delete", "Retain", "set Retain")


def _claimed(subject: Subject) -> Iterator[Flaw]:
    if not subject.get("spec.claimRef.namespace"):
        what = "the first claim that fits gets it, in whatever namespace"
        fix = "name the claim and its namespace in claimRef"
        yield Flaw("spec.claimRef", what, "left out", "a claim of one namespace", fix)


def _encrypted(subject: Subject) -> Iterator[Flaw]:
    if subject.get("provisioner") == EBS and text(subject.get("parameters.encrypted")) != "true":
        given = subject.get("parameters.encrypted")
        what = "disks of this class are not encrypted unless the whole account says so"
        shown = "left out" if given is None else text(given)
        yield Flaw("parameters.encrypted", what, shown, "true", 'set parameters.encrypted to "true"')


RULES = (
    ResourceRule(
        id="kubernetes-volume-kept",
        title="What was there before a claim outlives it",
        reason="A volume that is written down holds data that somebody has put there by other means.",
        level="mandatory",
        references=(),
        types=VOLUME,
        check=_kept,
    ),
    ResourceRule(
        id="kubernetes-volume-claimed",
        title="A volume that is written down is for one claim",
        reason="Otherwise a tenant that is quicker, or asks for the right size, has another's data.",
        level="mandatory",
        references=(),
        types=VOLUME,
        check=_claimed,
    ),
    ResourceRule(
        id="kubernetes-storage-class-encrypted",
        title="Disks of a storage class are encrypted",
        reason="A disk that is copied, or a snapshot that is shared by mistake, is read by whoever has it.",
        level="mandatory",
        references=(),
        types=CLASS,
        check=_encrypted,
    ),
)
