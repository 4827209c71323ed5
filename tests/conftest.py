"""Options and fixtures of all tests."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from support.golden import Golden

# How fast an example runs says something about the machine's load, not about the code.
settings.register_profile(
    "fairlead",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=60,
    print_blob=True,
)
settings.load_profile("fairlead")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
    parser.addoption(
        "--keep", action="store_true", help="leave the end-to-end cluster standing, and use it again"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares with tests/golden, or updates it under --update-golden."""
    return Golden(update=bool(request.config.getoption("--update-golden")))
