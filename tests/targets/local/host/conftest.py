from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fairlead.targets.local.host import HostConfig


@pytest.fixture
def cfg(tmp_path: Path) -> HostConfig:
    import host_configs

    return host_configs.make(tmp_path)
