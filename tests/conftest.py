"""Options and fixtures of all tests."""

from __future__ import annotations

import pytest
from support.golden import Golden


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
    parser.addoption(
        "--keep", action="store_true", help="leave the end-to-end cluster standing, and use it again"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares with tests/golden, or updates it under --update-golden."""
    return Golden(update=bool(request.config.getoption("--update-golden")))
