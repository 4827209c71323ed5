"""Behind all others: what stands is what was asked for, and takes no more than it should."""

from __future__ import annotations

import pytest

from e2e.stage import Stage
from e2e.taken import printed, used
from fairlead.plan.layer_rows import ROWS

pytestmark = pytest.mark.e2e

MOST_GIB = 6
"""Memory of all layers of tools together, beside nothing that a tenant runs."""


def test_a_second_up_changes_nothing(tools: Stage) -> None:
    assert tools.up().changed == 0


def test_what_the_layers_take_is_measured_and_printed(tools: Stage) -> None:
    assert printed(tools, "all layers of tools") < MOST_GIB * 2**30
    own = {space for layer in tools.plan().layers if layer.enabled for space in ROWS[layer.name].namespaces}
    assert own - {"fairlead-gpu"} <= set(used(tools)), "every layer's pods are measured"
