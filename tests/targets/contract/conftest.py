"""Every test of the contract runs once per target, on a platform registered with a recording engine."""

from __future__ import annotations

import pytest
from support.targets import TARGETS, Built, built


@pytest.fixture(params=sorted(TARGETS))
def platform(request: pytest.FixtureRequest) -> Built:
    return built(request.param)
