"""Behind all others: what stands is what was asked for."""

from __future__ import annotations

import pytest

from e2e.stage import Stage

pytestmark = pytest.mark.e2e


def test_a_second_up_changes_nothing(tools: Stage) -> None:
    assert tools.up().changed == 0
