"""The wrapper that builds node-problem-detector: its version, and the versions that it shares."""

from __future__ import annotations

import re

from fairlead.catalog import lock
from fairlead.tools import wrappers

NAME = "node-problem-detector"


def versions(wrapper: str) -> dict[str, str]:
    text = wrappers.text(wrapper)["go.mod"]
    return dict(re.findall(r"^\s*(?:require )?(\S+\.\S+/\S+) (v\S+)", text, re.MULTILINE))


def test_it_is_built_at_the_version_of_its_row() -> None:
    row = lock.images()[NAME]
    assert row.build is not None
    assert row.build.go is not None
    assert row.build.go.wrapper == NAME
    assert versions(NAME)["k8s.io/node-problem-detector"] == row.tag


def test_what_it_shares_with_the_controllers_has_their_version_so_that_it_is_compiled_once() -> None:
    mine, theirs = versions(NAME), versions("controllers")
    shared = set(mine) & set(theirs)
    assert len(shared) > 50
    assert {path: mine[path] for path in shared} == {path: theirs[path] for path in shared}


def test_it_is_built_without_what_needs_cgo_or_a_cloud() -> None:
    tags = wrappers.settings(wrappers.root() / NAME).tags
    assert "disable_stackdriver_exporter" in tags
    assert "journald" not in tags
