"""The wrapper that builds an issuer for trying login out: the commit of its row, and nothing of other modules."""

from __future__ import annotations

from fairlead.catalog import lock
from fairlead.tools import wrappers

NAME = "dex"


def test_it_is_built_at_the_commit_of_its_row() -> None:
    row = lock.images()[NAME]
    assert row.build is not None
    assert row.build.go is not None
    assert row.build.go.wrapper == NAME
    assert wrappers.pinned(NAME, "github.com/dexidp/dex").version == f"v0.0.0-{row.tag}"


def test_it_is_built_without_the_interface_whose_module_nobody_serves() -> None:
    files = wrappers.text(NAME)
    assert "dex/api" not in files["main.go"]
    assert "apiserver" not in files["main.go"]
