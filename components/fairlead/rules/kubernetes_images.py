"""Rules about images: that what runs tomorrow is what ran today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead.rules.kubernetes_admission import every_box, of_pods, unless
from fairlead.rules.model import Data, Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.pods import ANY, boxes, containers

LATEST = "latest"
PINNED = r"^(.+@sha256:[0-9a-f]{64}|(.*/)?[^/:@]+:[^:/@]+)$"
"""An image with a digest, or with a tag: a colon behind the last slash."""
UNPINNED = r"(^|/)[^/:@]+:latest$"


def _image(container: Data) -> str:
    """Its image; empty where it has none, or one that is not known yet."""
    found: Any = container.get("image")
    return found if isinstance(found, str) and "${" not in found else ""


def _tag(image: str) -> str:
    return image.rpartition("/")[2].partition("@")[0].partition(":")[2]


def _pinned(subject: Subject) -> Iterator[Flaw]:
    for path, one in boxes(subject):
        image = _image(one)
        if image and "@" not in image and _tag(image) in ("", LATEST):
            what = "each node runs what the name means when it pulls"
            fix = "name a version, better its digest"
            yield Flaw(f"{path}.image", what, image, "a tag other than latest, or a digest", fix)


def _digests(whole: Whole) -> Iterator[Flaw]:
    """Not where nodes pull nothing: the local target imports what it has built."""
    if whole.plan.get("target") == "local":
        return
    for subject in whole.of(*ANY):
        for path, one in boxes(subject):
            image = _image(one)
            if image and "@" not in image and _tag(image) not in ("", LATEST):
                what = "whoever may write to the registry decides what runs"
                yield Flaw(f"{path}.image", what, image, "NAME:TAG@sha256:…", "add the digest", subject)


def _pulled(subject: Subject) -> Iterator[Flaw]:
    for path, one in containers(subject):
        if one.get("imagePullPolicy") == "Never":
            what = "the pod starts on nodes alone that have the image by chance"
            yield Flaw(f"{path}.imagePullPolicy", what, "Never", "IfNotPresent or Always", "leave it out")


RULES = (
    ResourceRule(
        id="kubernetes-image-pinned",
        title="Images have a version",
        reason="Two pods of one name run two programs, and nobody can say which, nor go back to the one before.",
        level="mandatory",
        references=(),
        types=ANY,
        check=_pinned,
        admission=of_pods(
            every_box(
                unless("c.image", f"(c.image.matches(r'{PINNED}') && !c.image.matches(r'{UNPINNED}'))"),
            ),
            "images have a version: a tag other than latest, or a digest",
        ),
    ),
    WholeRule(
        id="kubernetes-image-digest",
        title="Images have a digest",
        reason="A tag can be moved: a digest is the image, and what was tested is what runs.",
        level="advisory",
        references=(),
        looks_at="resources",
        check=_digests,
    ),
    ResourceRule(
        id="kubernetes-image-pulled",
        title="Nodes pull the images that they lack",
        reason="A node that is new has no image yet: the pod never starts there.",
        level="advisory",
        references=(),
        types=ANY,
        check=_pulled,
    ),
)
