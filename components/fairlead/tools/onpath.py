"""Programs that the machine already has: taken only if they answer an acceptable version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from fairlead.catalog.lock import ToolRow
from fairlead.catalog.ways import PathWay

ANSWER_SECONDS = 20


def on_path(row: ToolRow, way: PathWay) -> Path | None:
    """The machine's own program, if it answers an acceptable version."""
    found = shutil.which(row.executables[0])
    if found is None:
        return None
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true", "GOTOOLCHAIN": "local"}
    try:
        answer = subprocess.run(
            [found, *way.args],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None  # a program that cannot answer is none of ours; the next way is gone
    version = re.search(way.pattern, answer.stdout + answer.stderr, re.MULTILINE)
    if answer.returncode != 0 or version is None:
        return None
    return Path(found) if acceptable(version[1], row.version, way) else None


def acceptable(found: str, wanted: str, way: PathWay) -> bool:
    """Whether a version that a program answered will do."""
    if way.accept == "exact":
        return found == wanted
    if way.accept == "minor":
        return _numbers(found)[:2] == _numbers(wanted)[:2]
    return _numbers(found) >= _numbers(way.minimum)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
