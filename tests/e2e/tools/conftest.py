"""One platform with every layer of tools that runs without accelerators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from e2e.stage import Stage, make_stack, two_teams

STACK, SUBNET = "tools", "100.64.94.0/30"
IMAGES = ["pytorch", "ray"]
LAYERS: dict[str, dict[str, Any]] = {
    "certificates": {"enabled": True},
    "gateway": {"enabled": True},
    "serving": {"enabled": True},
    "scaling": {"enabled": True},
    "store": {"enabled": True, "size": "1Gi"},
    "databases": {"enabled": True, "size": "1Gi", "dumps": {"schedule": "17 2 * * *", "size": "1Gi"}},
    "tracking": {"enabled": True},
    "workflows": {"enabled": True, "archive_days": 30},
    "events": {"enabled": True},
    "ray": {"enabled": True},
    "lws": {"enabled": True},
    "monitoring": {
        "enabled": True,
        "interval": "5s",
        "size": "1Gi",
        "idle": {"policy": "suspend", "after": "1m"},
        "notify": {"on-call": {"kind": "webhook"}},
    },
    "opencost": {"enabled": True},
}


@pytest.fixture(scope="package")
def tools(tmp_path_factory: pytest.TempPathFactory, keep: bool) -> Iterator[Stage]:
    """The platform."""
    project = make_stack(tmp_path_factory.mktemp("tools"), STACK, two_teams(STACK, SUBNET, IMAGES, LAYERS))
    with Stage.standing(project, STACK, keep=keep) as made:
        yield made
