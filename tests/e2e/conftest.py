"""One real cluster for all end-to-end tests, under a stack of its own, beside any other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.stage import Stage, make_project


@pytest.fixture(scope="session", autouse=True)
def _needs_root() -> None:
    if os.geteuid() != 0:
        pytest.exit("end-to-end tests start a real cluster and need root: sudo make e2e", returncode=2)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the stacks of the tests."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def stage(project: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The platform of stack `e2e`, brought up from nothing, taken down at the end."""
    keep = bool(request.config.getoption("--keep"))
    made = Stage.of(project, "e2e")
    if not keep:
        made.down()
    made.up()
    yield made
    if not keep:
        made.down()


@pytest.fixture(autouse=True)
def _no_job_left(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "stage" in request.fixturenames:
        request.getfixturevalue("stage").clean()
