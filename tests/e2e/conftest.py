"""One real cluster for all end-to-end tests, under a stack of its own, beside any other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from e2e.stage import Stage, make_project

ON_STAGE = {"test_check", "test_jobs", "test_real_node", "test_z_lifecycle"}
"""Files whose tests act on the cluster of fixture `stage`; the tests of each other file start their own."""


class ByCluster(LoadScopeScheduling):
    """Hands out all tests of one cluster together, in their order: those of `stage`, and those of each other file.

    A file is the unit of `--dist loadfile` too; `--dist loadgroup` does nothing with pytest 9.2 and xdist 3.8, whose
    group is lost with the node id that it is written into.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.split("::", 1)[0]).stem
        return "stage" if file in ON_STAGE else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByCluster:
    return ByCluster(config, log)


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
