"""Projects made from the templates break no rule that must be kept: `pulumi up` would refuse them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fairlead.operate.policies import check
from fairlead.operate.scaffold import create
from fairlead.operate.template_answers import templates
from fairlead.stack import Stack

pytestmark = pytest.mark.reference

PLATFORMS = [name for name in templates() if name != "fairlead-team"]


@pytest.mark.parametrize("template", PLATFORMS)
def test_a_project_of_a_template_breaks_no_rule_that_must_be_kept(template: str, tmp_path: Path) -> None:
    create(tmp_path / "project", {"template": template}, ask=False)
    for name in ("dev", "prod"):
        found = check(Stack(tmp_path / "project", name), date.today())
        assert found.resources > 100
        assert [str(one) for one in found.findings if one.refuses] == []
