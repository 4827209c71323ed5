"""The clients that users know, as their locks pin them, beside this project's own packages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def installed(lock: str, folder: Path) -> Path:
    """Where the packages of a lock lie. They may want others than this project has."""
    uv = Path(sys.executable).parent / "uv"
    told = ["pip", "install", "--quiet", "--require-hashes", "--no-deps", "--target", str(folder)]
    subprocess.run([uv, *told, "-r", str(HERE / lock)], check=True, timeout=300)
    return folder


def answered(program: str, told: Mapping[str, Any], packages: Path, timeout: float) -> Mapping[str, Any]:
    """The last line of what a program says that uses these packages, as JSON. told: given to it as JSON."""
    # A file: a client may send the source of a function that the program has.
    (file := packages / "a_users_program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(file)],
        input=json.dumps(told),
        env={"PYTHONPATH": str(packages), "HOME": str(packages)},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])
