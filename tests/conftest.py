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


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what is slow to make run in one process: those of a file, or of a file and a stack."""
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        shared = [str(params[name]) for name in ("stack", "platform") if name in params]
        file = "contract" if "platform" in params else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group("-".join([file, *shared])))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares with tests/golden, or updates it under --update-golden."""
    return Golden(update=bool(request.config.getoption("--update-golden")))
