"""One platform with every layer that data scientists work with. With those of `tools` it would fill two cores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.kubeflow.issuer import LOGIN
from e2e.stage import Stage, make_stack, two_teams

STACK, SUBNET = "kubeflow", "100.64.93.0/30"
IMAGES = ["pytorch", "dex", "jax", "xgboost", "openmpi", "spark", "jupyter"]
LAYERS: dict[str, dict[str, Any]] = {
    "certificates": {"enabled": True},
    "secrets": {"enabled": True},
    "gateway": {"enabled": True, "login": dict(LOGIN)},
    "store": {"enabled": True, "size": "1Gi"},
    "databases": {"enabled": True, "size": "1Gi"},
    "tracking": {"enabled": True, "login": True},
    "spark": {"enabled": True},
    "jobs-v1": {"enabled": True},
    "notebooks": {"enabled": True},
    "katib": {"enabled": True},
    "model-registry": {"enabled": True},
}


@pytest.fixture(scope="package")
def tools(tmp_path_factory: pytest.TempPathFactory, keep: bool) -> Iterator[Stage]:
    """The platform."""
    project = make_stack(tmp_path_factory.mktemp("kubeflow"), STACK, two_teams(STACK, SUBNET, IMAGES, LAYERS))
    with Stage.standing(project, STACK, keep=keep) as made:
        yield made
