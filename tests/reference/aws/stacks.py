"""The stacks on AWS, as they are declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference.common import load

STACKS = ("aws-dev", "aws-prod")


def declared() -> Mapping[str, list[dict[str, Any]]]:
    """Stack -> everything that it declares."""
    return {name: load(name) for name in STACKS}
