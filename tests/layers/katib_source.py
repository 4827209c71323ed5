"""Katib's own source, as the lock pins it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from reference.gomodule import go_module

from fairlead.catalog import lock
from fairlead.plan.katib_model import CHART


def module() -> Path:
    """The folder of the module."""
    row = lock.charts()[CHART].module
    assert row is not None
    return Path(go_module(row.query, row.sum))


def upstream(path: str) -> list[Any]:
    """The objects of one of its manifests."""
    return [one for one in yaml.safe_load_all((module() / "manifests/v1beta1" / path).read_text()) if one]
