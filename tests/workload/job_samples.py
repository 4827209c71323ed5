"""Jobs for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairlead.workload.load import load_job
from fairlead.workload.model import TrainingJob

EXAMPLES = Path(__file__).parents[2] / "examples"
MINIMAL: dict[str, Any] = {"name": "small", "tenant": "team-a", "image": "example.com/train:1", "run": "true"}


def job(**changes: Any) -> TrainingJob:
    """A small valid job with changes."""
    return load_job({**MINIMAL, **changes}, "test")
