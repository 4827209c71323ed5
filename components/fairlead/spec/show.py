"""The merged configuration for the reader: every value, and where it came from."""

from __future__ import annotations

from typing import Any

from fairlead.spec.layers import ROOT, Merged
from fairlead.spec.load import draft
from fairlead.spec.paths import walk
from fairlead.spec.problems import shown
from fairlead.spec.table import table

BUILT_IN = "default of the spec"


def effective(merged: Merged) -> dict[str, Any]:
    """The spec with the defaults that no layer has set; as merged where it has problems."""
    platform = draft(merged.value).platform
    return platform.model_dump(mode="json", exclude_none=True, by_alias=True) if platform else merged.value


def rows(merged: Merged) -> list[tuple[str, str, str]]:
    """(path, value, origin) of every value, in the order of the spec; empty lists and maps are values."""
    return [
        (path, shown(value), merged.origins.get(path, BUILT_IN))
        for path, value in walk(effective(merged), ROOT)
        if not (isinstance(value, (dict, list)) and value)
    ]


def to_dict(merged: Merged) -> dict[str, Any]:
    """For programs: the values, the origins by path, the files that took part."""
    return {
        "platform": effective(merged),
        "origins": {path: origin for path, _, origin in rows(merged)},
        "sources": list(merged.sources),
    }


def to_text(merged: Merged, origin: bool = False) -> str:
    """For people: YAML as it would stand in one file, or a table with the origin of every value."""
    if origin:
        return "\n".join(table(("value", "is", "from"), rows(merged), indent="")) + "\n"
    import yaml

    return yaml.safe_dump({ROOT: effective(merged)}, sort_keys=False, allow_unicode=True)
