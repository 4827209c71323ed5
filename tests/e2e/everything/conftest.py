"""One platform with every layer that a local target can have. It fills two cores: nothing is run on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.kubeflow import conftest as kubeflow
from e2e.stage import Stage, make_stack, two_teams
from e2e.tools import conftest as ml

STACK, SUBNET = "everything", "100.64.96.0/30"
IMAGES = sorted({*kubeflow.IMAGES, *ml.IMAGES})
LAYERS: dict[str, dict[str, Any]] = {**ml.LAYERS, **kubeflow.LAYERS, "health": {"enabled": True}}


@pytest.fixture(scope="package")
def tools(tmp_path_factory: pytest.TempPathFactory, keep: bool) -> Iterator[Stage]:
    """The platform, without sample jobs: they would need what the layers hold."""
    project = make_stack(
        tmp_path_factory.mktemp("everything"), STACK, two_teams(STACK, SUBNET, IMAGES, LAYERS)
    )
    with Stage.standing(project, STACK, keep=keep, samples=False) as made:
        yield made
