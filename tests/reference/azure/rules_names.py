"""Rules of names that Azure's libraries leave out, and no two resources with the same id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from reference.azure import models
from reference.azure.kinds import KINDS, PROVIDER
from reference.azure.links import names, own_name
from reference.azure.stack import Stack, wrong
from reference.common import Finding, Resource, is_unknown

_WORD = r"[A-Za-z0-9](?:[\w.-]*\w)?"
_NAMES: Mapping[str, tuple[int, int, str]] = {
    "managedidentity:UserAssignedIdentity": (3, 128, r"[A-Za-z0-9][\w-]*"),
    "network:VirtualNetwork": (2, 64, _WORD),
    "network:Subnet": (1, 80, _WORD),
    "network:NetworkSecurityGroup": (1, 80, _WORD),
    "network:PublicIPAddress": (1, 80, _WORD),
    "network:PublicIPPrefix": (1, 80, _WORD),
    "network:RouteTable": (1, 80, _WORD),
    "network:PrivateEndpoint": (2, 64, _WORD),
    "privatedns:VirtualNetworkLink": (1, 80, _WORD),
    "privatedns:PrivateZone": (1, 63, r"[\w-]+(?:\.[\w-]+){1,33}"),
    "compute:DiskEncryptionSet": (1, 80, r"[\w-]+"),
    "dbforpostgresql:Server": (3, 63, r"[a-z0-9]+(?:-[a-z0-9]+)*"),
    "storage:BlobContainer": (3, 63, r"[a-z0-9](?:-?[a-z0-9])*"),
    "storage:FileShare": (3, 63, r"[a-z0-9](?:-?[a-z0-9])*"),
}
"""Type -> fewest and most characters, and the form (MicrosoftDocs/azure-docs, resource-name-rules.md, read
2026-11-23)."""


def check(stack: Stack) -> Iterator[Finding]:
    """What the rules have against names."""
    seen: set[tuple[str, ...]] = set()
    for one in stack.resources:
        if one["type"] not in KINDS:
            continue
        name = names(one)
        if isinstance(name, str) and not is_unknown(name):
            low, high, form = _NAMES.get(one["type"].removeprefix(PROVIDER), (1, 260, r".+"))
            if not low <= len(name) <= high or not re.fullmatch(form, name, re.ASCII):
                yield wrong(one, "", f"{name!r} is not a name of {low} to {high} characters like {form}")
        keys = models.path_names(KINDS[one["type"]])
        place = (one["type"], *(str(one["inputs"].get(key, one["name"])) for key in keys))
        if place in seen:
            yield wrong(one, "", f"a second resource with the id of {'/'.join(place[1:])}")
        seen.add(place)
        yield from _together(stack, one, keys)


def _together(stack: Stack, one: Resource, keys: Iterable[str]) -> Iterator[Finding]:
    """A part is in the resource group of the whole; what outlives the platform is in a group that does."""
    group = stack.behind(one["inputs"].get("resourceGroupName"))
    for key in keys:
        apart = key in ("resourceGroupName", own_name(one["type"]))
        whole = None if apart else stack.behind(one["inputs"].get(key))
        if whole is not None and group is not None:
            around = stack.behind(whole["inputs"].get("resourceGroupName"))
            if around is not None and around is not group:
                yield wrong(one, "resourceGroupName", f"{whole['name']} is in {around['name']}")
    if group is not None and one.get("retain_on_delete") and not group.get("retain_on_delete"):
        yield wrong(one, "resourceGroupName", f"kept when the platform goes, and {group['name']} is not")
