"""Which changes of a resource's inputs force another resource, and which are refused: by the rows of the catalogue."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fairlead.catalog.immutable import EVERY_OBJECT, ImmutableRow, row_of
from fairlead.plan.sites import azure_edits
from fairlead.preview.model import MISSING, Field, Refusal, Resource
from fairlead.preview.paths import Key, at, begins, parsed

Change = tuple[tuple[Key, ...], Field]
"""Where, as keys, and what."""
MUTABLE = {
    "kubernetes:core/v1:ConfigMap": "enableConfigMapMutable",
    "kubernetes:core/v1:Secret": "enableSecretMutable",
}
"""Types whose data the provider changes in place only where it is told to, by this input of its own."""
DATA = ("data", "binaryData", "stringData")
POOL, CLUSTER = "azure-native:containerservice:AgentPool", "azure-native:containerservice:ManagedCluster"
REFUSED = "cannot be changed in a resource that stands"


def forced(
    resource: Resource,
    changes: Iterable[Change],
    provider: Mapping[str, Any],
    *,
    first: Resource | None = None,
) -> list[Field]:
    """The changes, each with whether it forces a replacement.

    resource: as it will be; provider: inputs of its provider; first: the resource as it was, if not the same.
    """
    rows = _rows(resource, provider, first or resource)
    own = [parsed(path) for path in resource.replace_on_changes]
    return [
        replace(field, forces=any(_forces(row, keys, field) for row in rows) or _any(own, keys, field))
        for keys, field in changes
    ]


def refusals(
    before: Resource, after: Resource, changes: Iterable[Change], fixed_of_kind: Sequence[str] = ()
) -> list[Refusal]:
    """What of a change in place is not taken. fixed_of_kind: paths that the kind's own definition fixes."""
    row = row_of(after.type)
    patterns = [parsed(path) for path in (*(row.fixed if row else ()), *fixed_of_kind)]
    edits = _azure(before, after)
    said = {one.where.rpartition(": ")[2] for one in edits}
    found = [
        Refusal(field.path, REFUSED)
        for keys, field in changes
        if _any(patterns, keys, field) and not _covered(keys, said)
    ]
    return [*found, *(Refusal(one.where.rpartition(": ")[2], one.what, one.fix) for one in edits)]


def fixed_by_definitions(resources: Iterable[Resource]) -> dict[str, tuple[str, ...]]:
    """Type -> paths that cannot change, as the CustomResourceDefinitions among the resources say it themselves."""
    found: dict[str, tuple[str, ...]] = {}
    for one in resources:
        if one.type.endswith(":CustomResourceDefinition"):
            spec: Mapping[str, Any] = one.inputs["spec"]
            versions: Sequence[Mapping[str, Any]] = spec["versions"]
            for version in versions:
                schema: Mapping[str, Any] = version.get("schema") or {}
                if paths := tuple(_fixed(schema.get("openAPIV3Schema") or {}, "")):
                    found[f"kubernetes:{spec['group']}/{version['name']}:{spec['names']['kind']}"] = paths
    return found


def _fixed(schema: Mapping[str, Any], path: str) -> Iterable[str]:
    """Places of a schema whose rule is that the value stays as it is."""
    rules: Iterable[Mapping[str, Any]] = schema.get("x-kubernetes-validations") or []
    if path and any(one.get("rule", "").strip() == "self == oldSelf" for one in rules):
        yield path
        return
    inner: Mapping[str, Any] = schema.get("properties") or {}
    for name, part in inner.items():
        yield from _fixed(part, f"{path}.{name}" if path else name)
    if isinstance(schema.get("items"), dict):
        yield from _fixed(schema["items"], f"{path}[*]")


def _rows(resource: Resource, provider: Mapping[str, Any], first: Resource) -> list[ImmutableRow]:
    row = row_of(resource.type)
    if not resource.type.startswith("kubernetes:"):
        return [row] if row else []
    every = row_of(EVERY_OBJECT)
    if resource.type in MUTABLE and row is not None:
        told = str(provider.get(MUTABLE[resource.type], "")).lower() == "true"
        if told and not (first.inputs.get("immutable") or resource.inputs.get("immutable")):
            row = replace(row, replace=tuple(path for path in row.replace if path not in DATA))
    return [one for one in (every, row) if one is not None]


def _forces(row: ImmutableRow, keys: Sequence[Key], field: Field) -> bool:
    return (
        _any([parsed(path) for path in row.replace], keys, field)
        or any(_counts(parsed(path), keys, field) for path in row.counted)
        or any(_removes(parsed(path), keys, field) for path in row.removed)
        or any(tuple(keys) == parsed(path) and not _grows(field.old, field.new) for path in row.smaller)
    )


def _any(patterns: Iterable[Sequence[Key]], keys: Sequence[Key], field: Field) -> bool:
    """Whether a change lies at or below a pattern, or brings or takes something that does."""
    return any(begins(keys, one) or _holds(one, keys, field) for one in patterns)


def _holds(pattern: Sequence[Key], keys: Sequence[Key], field: Field) -> bool:
    """Whether the change is above the pattern's place, and has something there."""
    if len(keys) >= len(pattern) or not begins(keys, pattern[: len(keys)]):
        return False
    rest = pattern[len(keys) :]
    return at(field.old, rest) or at(field.new, rest)


def _counts(pattern: Sequence[Key], keys: Sequence[Key], field: Field) -> bool:
    """Whether a block at the pattern's place, or a member of such blocks, comes or goes."""
    if field.kind == "changed":
        return False
    member = len(keys) == len(pattern) + 1 and isinstance(keys[-1], int)
    here = begins(keys, pattern) and (len(keys) == len(pattern) or member)
    return here or _holds(pattern, keys, field)


def _removes(pattern: Sequence[Key], keys: Sequence[Key], field: Field) -> bool:
    if len(keys) == len(pattern) and begins(keys, pattern):
        return field.kind == "removed" or (bool(field.old) and not field.new)
    return field.kind == "removed" and _holds(pattern, keys, field)


def _grows(old: Any, new: Any) -> bool:
    """Whether a number is larger now, or a network has all of the former one in it."""
    if isinstance(old, int | float) and isinstance(new, int | float):
        return new >= old
    try:
        return ipaddress.ip_network(old).subnet_of(ipaddress.ip_network(new))  # pyright: ignore[reportArgumentType]
    except (ValueError, TypeError):
        return old is MISSING


def _azure(before: Resource, after: Resource) -> list[Any]:
    """What the program's own hooks refuse of pools of Azure, in their words."""
    if after.type == POOL:
        return azure_edits.refused(after.name, before.inputs, after.inputs)
    if after.type == CLUSTER:
        return azure_edits.refused_of_cluster(after.name, before.inputs, after.inputs)
    return []


def _covered(keys: Sequence[Key], said: set[str]) -> bool:
    """Whether the program's own hook speaks of the same input already."""
    return bool({str(key) for key in keys} & said)
