"""Who may run end-to-end tests, and which of them run after each other in one process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from e2e.bare import Bare
from e2e.stage import make_project

HERE = Path(__file__).parent.name
"""Each file here starts a cluster of its own; the tests of a folder below act on one together."""


class ByCluster(LoadScopeScheduling):
    """Hands out all tests of one cluster together, in their order: those of a folder, and those of each other file.

    A file is the unit of `--dist loadfile` too; `--dist loadgroup` does nothing with pytest 9.2 and xdist 3.8, whose
    group is lost with the node id that it is written into.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.split("::", 1)[0])
        return file.stem if file.parent.name == HERE else file.parent.name


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByCluster:
    return ByCluster(config, log)


@pytest.fixture(scope="session", autouse=True)
def _needs_root() -> None:
    if os.geteuid() != 0:
        pytest.exit("end-to-end tests start a real cluster and need root: sudo make e2e", returncode=2)


@pytest.fixture(scope="session")
def keep(request: pytest.FixtureRequest) -> bool:
    """Whether clusters are left standing, and used again."""
    return bool(request.config.getoption("--keep"))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the stacks of the tests."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    """A bare API server of each file's own, which a file may make more of."""
    made = Bare.start(tmp_path_factory.mktemp("bare"))
    try:
        yield made
    finally:
        made.stop()
