"""The engine keeps a stack under its project's name, whatever that is."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.golden import REPO

from fairlead.errors import FairleadError
from fairlead.stack import Stack


@pytest.mark.parametrize("line", ["name: acme", "name: 'acme'", 'name:   "acme"', "name: acme  # ours"])
def test_a_project_is_called_what_its_file_says(tmp_path: Path, line: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"# name: other\n{line}\nmain: stacks/\n")
    assert Stack(tmp_path, "dev").project_name == "acme"


def test_this_project_is_called_fairlead() -> None:
    assert Stack(REPO, "local").project_name == "fairlead"


def test_a_project_without_a_name_is_told_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("main: stacks/\n")
    with pytest.raises(FairleadError, match="write name: NAME"):
        _ = Stack(tmp_path, "dev").project_name
