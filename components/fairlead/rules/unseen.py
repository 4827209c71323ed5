"""What rules do not see is no flaw: secrets, and what at a first preview comes from others that do not exist."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

UNKNOWN = "${unknown}"
"""What stands for a value that only exists after creation, where not even its source can be named."""
SECRET = "[secret]"  # noqa: S105 - what is shown in place of one
UNSEEN = (UNKNOWN, SECRET)
_PART = re.compile(r"[^.\[\]]+")


def is_unseen(inputs: Mapping[str, Any], path: str) -> bool:
    """Whether nobody sees the value at a path such as `spec.containers[0].image`, or one that it lies in."""
    found: Any = inputs
    for part in _PART.findall(path):
        if found in UNSEEN:
            return True
        if isinstance(found, Mapping):
            found = cast("Mapping[str, Any]", found).get(part)
        elif isinstance(found, Sequence) and not isinstance(found, str) and part.isdigit():
            entries = cast("Sequence[Any]", found)
            found = entries[int(part)] if int(part) < len(entries) else None
        else:
            return False
    return found in UNSEEN
