"""What CI asks before it begins the longer tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.golden import REPO


@pytest.mark.parametrize("package", ["e2e.tools", "e2e.kubeflow"])
def test_with_nothing_built_the_ml_stack_takes_longer_than_ci_has(package: str, tmp_path: Path) -> None:
    argv = [sys.executable, str(REPO / "tools" / "building.py"), package]
    told = {"FAIRLEAD_CACHE": str(tmp_path), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    said = subprocess.run(argv, env=told, capture_output=True, text=True, check=True).stdout
    assert int(said) > 3000
