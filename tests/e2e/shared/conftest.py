"""One real cluster for the tests of this folder, under a stack of its own, beside any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.stage import Stage


@pytest.fixture(scope="package")
def stage(project: Path, keep: bool) -> Iterator[Stage]:
    """The platform of stack `e2e`, brought up from nothing, taken down after the last test of the folder."""
    with Stage.standing(project, "e2e", keep=keep) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_job_left(stage: Stage) -> Iterator[None]:
    yield
    stage.clean()
