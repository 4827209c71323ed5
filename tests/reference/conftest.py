"""What is declared is judged by references that others wrote: run by `make judge`, part of `make verify`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CAUGHT = "caught"
"""Property of a test's report: it reaches the process that prints, from whichever process ran the test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.reference)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Prints a text when all tests have run: how many mistakes were caught."""
    return lambda text: record_property(CAUGHT, text)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [one for found in terminalreporter.stats.values() for one in found]
    calls = [one for one in reports if getattr(one, "when", "") == "call"]
    told = [text for one in calls for key, text in one.user_properties if key == CAUGHT]
    if told:
        terminalreporter.section("mistakes put in on purpose")
        terminalreporter.write_line("\n".join(sorted(told)))
