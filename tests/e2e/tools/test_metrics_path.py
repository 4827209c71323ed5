"""A service grows by what its accelerators do, all the way: exporter, Prometheus, its rules, KEDA, HPA, replicas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.stage import Stage, until
from e2e.test_scaling import SERVICE, TENANT, service
from e2e.tools.exporter import dcgm, speaking

pytestmark = pytest.mark.e2e

PATIENCE = 240
"""What the whole way takes on a busy machine: two scrapes, the rules, KEDA's look and the HPA's."""


@pytest.fixture(scope="module")
def say(tools: Stage) -> Iterator[Callable[[int], int]]:
    """All accelerators of the service are so busy from now on, in percent; how many replicas there were."""
    with speaking(tools) as tell:

        def told(busy: int) -> int:
            pods = replicas(tools)
            tell("".join(dcgm(pod, [busy]) for pod in pods))
            return len(pods)

        yield told


def replicas(stage: Stage) -> list[dict[str, Any]]:
    """Those that run on their accelerators."""
    found = [pod for pod in stage.objects("pods", TENANT) if pod["metadata"]["labels"].get("app") == SERVICE]
    return [pod for pod in found if pod["status"].get("phase") == "Running"]


@pytest.fixture(scope="module")
def scaled(tools: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A service with one replica that may become three."""
    made = service(tools)
    tools.apply({**made, "spec": {**made["spec"], "replicas": 1}})
    words = {
        "kind": "ServiceScale",
        "name": SERVICE,
        "tenant": TENANT,
        "min": 1,
        "max": 3,
        "targets": {"accelerator_utilization": 50},
        "scale_down_after": "5s",
    }
    path: Path = tmp_path_factory.mktemp("scale") / "scale.yaml"
    path.write_text(yaml.safe_dump(words))
    tools.fairlead("scale", "-f", str(path))
    yield tools
    tools.kubectl("delete", "scaledobject", SERVICE, "-n", TENANT, "--ignore-not-found")
    tools.kubectl("delete", "deployment", SERVICE, "-n", TENANT)


def test_a_service_grows_while_its_accelerators_are_busy_and_shrinks_when_they_are_not(
    scaled: Stage, say: Callable[[int], int]
) -> None:
    until("one runs", lambda: len(replicas(scaled)) == 1, PATIENCE)
    until("busy accelerators bring all that may be", lambda: say(95) == 3, PATIENCE)
    until("idle ones leave one", lambda: say(5) == 1, PATIENCE)
    assert len(replicas(scaled)) == 1
