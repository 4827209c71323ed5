"""Removes the cluster when the bench has ended, however it ended: a process that is killed cleans up nothing.

`python -m schedule.guard RUN_DIR FOLDER`: waits for the end of its standard input, which the bench holds open.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from fairlead.targets.local import host


def watch(run_dir: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Starts the guard. It acts when this process ends or closes the guard's standard input."""
    argv = [sys.executable, "-m", "schedule.guard", str(run_dir), str(folder)]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, start_new_session=True)


def main() -> None:
    """Waits, then removes."""
    run_dir, folder = (Path(one) for one in sys.argv[1:])
    sys.stdin.buffer.read()
    host.down(run_dir, lambda _: None)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
