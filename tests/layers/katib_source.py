"""Katib's own source, as the lock pins it."""

from __future__ import annotations

from typing import Any

import yaml
from support.charts import module_of

from fairlead.plan.katib_model import CHART


def upstream(path: str) -> list[Any]:
    """The objects of one of its manifests."""
    return [
        one for one in yaml.safe_load_all((module_of(CHART) / "manifests/v1beta1" / path).read_text()) if one
    ]
