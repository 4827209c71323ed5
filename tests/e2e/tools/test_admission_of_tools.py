"""Kinds that layers of tools bring carry no attack past the API server either."""

from __future__ import annotations

import pytest
from support.attacks import Attack, attacks

from e2e.stage import Stage
from e2e.tools.conftest import LAYERS

pytestmark = pytest.mark.e2e

HERE = [one for one in attacks() if one.needs in LAYERS]


@pytest.mark.parametrize("attack", HERE, ids=lambda one: one.name)
def test_an_attack_in_an_object_of_a_tool_is_refused_when_it_is_sent(tools: Stage, attack: Attack) -> None:
    told = ("create", "--dry-run=server", "-f", "-")
    assert "(server dry run)" in tools.kubectl(*told, given=attack.harmless, check=False)
    assert attack.said in tools.kubectl(*told, given=attack.object, check=False)
