"""Rules that are the same on every cloud: where things are, and how far machines may grow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from fairlead.rules.model import Flaw, ResourceRule, Subject, Whole, WholeRule
from fairlead.rules.settings import is_known

NODE_POOL = "kubernetes:karpenter.sh/*:NodePool"
PLACES: Mapping[tuple[str, ...], frozenset[str]] = {
    ("aws:*", "pulumi:providers:aws"): frozenset(
        {"region", "regionName", "availabilityZone", "availabilityZones"}
    ),
    ("gcp:*", "pulumi:providers:gcp"): frozenset(
        {"region", "zone", "location", "locations", "nodeLocations"}
    ),
    ("azure-native:*", "pulumi:providers:azure-native"): frozenset({"location", "locationName"}),
}
"""Types of resources of a cloud -> keys, at whatever depth, under which it says where something is."""
EVERYWHERE = "global"
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:(?P<region>[a-z]+(?:-[a-z]+)+-\d):.*")
_AWS_ZONE = re.compile(r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)(?:[a-z]|-[a-z]+-\d+[a-z])")
_GCP_ZONE = re.compile(r"(?P<region>[a-z]+(?:-[a-z]+)+\d+)-[a-z]")


def _regions(whole: Whole) -> Iterator[Flaw]:
    allowed = {_region(one) for one in whole.settings.get("regions") or ()}
    if not allowed:
        return
    for types, keys in PLACES.items():
        for one in whole.of(*types):
            yield from _elsewhere(one, keys, allowed)


def _elsewhere(subject: Subject, keys: frozenset[str], allowed: set[str]) -> Iterator[Flaw]:
    for path, given in (*_places(subject.inputs, keys, ""), *_links(subject)):
        region = _region(given)
        if is_known(given) and region not in allowed and region != EVERYWHERE:
            names = ", ".join(sorted(allowed))
            fix = "use a region that is allowed, or add this one to platform.policies.regions"
            yield Flaw(path, f"is in {region}", given, names, fix, subject)


def _places(value: Any, keys: frozenset[str], path: str) -> Iterator[tuple[str, str]]:
    """(path, place) of all that says where something is."""
    if isinstance(value, Mapping):
        for key, one in cast("Mapping[str, Any]", value).items():
            at = f"{path}.{key}" if path else key
            if key in keys and isinstance(one, str) and one:
                yield at, one
            elif key in keys and _texts(one):
                yield from ((f"{at}[{place}]", each) for place, each in enumerate(one))
            else:
                yield from _places(one, keys, at)
    elif isinstance(value, list):
        for place, one in enumerate(cast("list[Any]", value)):
            yield from _places(one, keys, f"{path}[{place}]")


def _links(subject: Subject) -> Iterator[tuple[str, str]]:
    """(path, ARN) of what it writes to or is encrypted by, and that says its region."""
    for key, one in subject.inputs.items():
        if isinstance(one, str) and _ARN.fullmatch(one):
            yield key, one


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in cast("Sequence[Any]", value))


def _region(place: str) -> str:
    """The region of a region, a zone, an ARN or a link to one, in the spelling of its cloud's API."""
    arn = _ARN.fullmatch(place)
    if arn:
        return arn["region"]
    name = place.rpartition("/")[2].replace(" ", "").lower()
    zone = _AWS_ZONE.fullmatch(name) or _GCP_ZONE.fullmatch(name)
    return zone["region"] if zone else name


def _bounded(subject: Subject) -> Iterator[Flaw]:
    limits = subject.get("spec.limits")
    if not limits:
        what = "Karpenter buys machines for it without an end"
        fix = "say how much CPU, or how many accelerators or nodes, it may have at most"
        yield Flaw("spec.limits", what, "left out", "limits", fix)


RULES = (
    WholeRule(
        id="cloud-region-allowed",
        title="Resources are in the regions that are allowed",
        reason="Where data lies decides which law holds for it and what moving it costs, and it is seldom moved back.",
        level="mandatory",
        references=(),
        looks_at="resources",
        check=_regions,
    ),
    ResourceRule(
        id="cloud-node-pool-bounded",
        title="A pool that buys its own machines has a limit",
        reason="Without one, a job that asks for too much, or too often, is answered with machines until money ends.",
        level="mandatory",
        references=(),
        types=(NODE_POOL,),
        check=_bounded,
    ),
)
