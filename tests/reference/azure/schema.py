"""Every declared resource against the Pulumi SDK and against Azure's own library for its type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reference.azure import models, sdk
from reference.azure.kinds import KINDS, OPEN_WORDS, OTHER_API, OTHER_WORDS, PROVIDER
from reference.azure.shapes import Many, Record, Shape, Table, Wrong, wrong
from reference.common import Finding, Resource, unchecked


def check(resources: Sequence[Resource]) -> list[Finding]:
    """What the SDK and the libraries have against the inputs; a type that none of them knows is a finding."""
    found = unchecked(resources, KINDS.__contains__, PROVIDER)
    for one in resources:
        if one["type"] in KINDS:
            found += [Finding(one["urn"], path, what, sdk.name()) for path, what in _by_sdk(one)]
            source = str(KINDS[one["type"]])
            found += [Finding(one["urn"], path, what, source) for path, what in _by_library(one)]
    return found


def versions() -> list[str]:
    """Types whose library does not speak the API version of the provider, and should."""
    return [
        f"{token}: the provider speaks {sdk.api_version(token)}, {source} {models.api_version(source)}"
        for token, source in KINDS.items()
        if (sdk.api_version(token) == models.api_version(source)) == (token in OTHER_API)
    ]


def differences() -> list[str]:
    """Inputs, however deep, that the SDK has and the library of the type has not."""
    found: list[str] = []
    for token, source in KINDS.items():
        if (known := sdk.shape(token)) is not None:
            found += _differences(known, models.shape(source), token.removeprefix(PROVIDER), set())
    return found


def _differences(ours: Shape, theirs: Shape, path: str, seen: set[tuple[str, str]]) -> list[str]:
    while isinstance(ours, Many) and isinstance(theirs, Many):
        ours, theirs = ours.item, theirs.item
    if isinstance(ours, Table) and isinstance(theirs, Table):
        return _differences(ours.value, theirs.value, path, seen)
    if not (isinstance(ours, Record) and isinstance(theirs, Record)) or (ours.name, theirs.name) in seen:
        return []
    seen.add((ours.name, theirs.name))
    found = [f"{path}.{key}" for key in ours.parts if key not in theirs.parts]
    both = ours.parts.keys() & theirs.parts.keys()
    deeper = (
        _differences(ours.parts[key].shape, theirs.parts[key].shape, f"{path}.{key}", seen) for key in both
    )
    return found + [one for below in deeper for one in below]


def _by_sdk(one: Resource) -> Iterator[Wrong]:
    shape = sdk.shape(one["type"])
    if shape is None:
        yield "", f"the SDK has no type {one['type']}"
    else:
        found = _closed(one, wrong(one["inputs"], shape))
        yield from (each for each in found if (one["type"], each[0]) not in OTHER_WORDS)


def _by_library(one: Resource) -> Iterator[Wrong]:
    yield from _closed(one, wrong(_as_azure(one["inputs"]), models.shape(KINDS[one["type"]])))


def _closed(one: Resource, found: Iterator[Wrong]) -> Iterator[Wrong]:
    """Less what is said of texts whose words nobody lists to the end."""
    free = OPEN_WORDS.get(one["type"], frozenset())
    return (each for each in found if re.sub(r"\[\d+\]", "[]", each[0]) not in free)


def _as_azure(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Inputs as the provider sends them: identities, listed by their users, are keys in Azure."""
    identity = inputs.get("identity")
    if not isinstance(identity, Mapping) or not isinstance(identity.get("userAssignedIdentities"), list):
        return inputs
    keys = {one: {} for one in identity["userAssignedIdentities"] if isinstance(one, str)}
    return {**inputs, "identity": {**identity, "userAssignedIdentities": keys}}
