"""Whether an object on a cluster says what is wanted. API servers and controllers fill in what was left out."""

from __future__ import annotations

from typing import Any, cast


def says(there: Any, wanted: Any) -> bool:
    """Whether all that is wanted is there; maps may hold more, and so may those inside lists."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        known = cast("dict[str, Any]", there)
        return all(says(known.get(key), value) for key, value in cast("dict[str, Any]", wanted).items())
    if isinstance(wanted, list) and isinstance(there, list):
        entries, asked = cast("list[Any]", there), cast("list[Any]", wanted)
        return len(entries) == len(asked) and all(map(says, entries, asked))
    return there == wanted
