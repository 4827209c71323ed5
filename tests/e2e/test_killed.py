"""`fairlead up` and `fairlead down` killed at many points: the next one goes on, or cleans up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.stage import Stage, until

pytestmark = pytest.mark.e2e

ALL, ONE = True, False
POINTS = [
    ("starting the cluster", 0.3, ONE),
    ("pulumi up", 0.5, ALL),
    ("25 objects created", 0.0, ONE),
    ("75 objects created", 0.0, ALL),
    ("125 objects created", 1.0, ONE),
]
"""When to kill: this long after a line; and whom: the command alone, or it with all it has started."""


@pytest.fixture(scope="module")
def victim(project: Path) -> Iterator[Stage]:
    made = Stage.of(project, "killed")
    made.down()
    yield made
    made.down()


def killed(stage: Stage, command: str, line: str, after: float, *, everything: bool) -> str:
    """Runs a command until a line and kills it a moment later; what it had said."""
    program = str(Path(sys.executable).parent / "fairlead")
    place = stage.stack.project
    process = subprocess.Popen(
        [program, command, "-s", "killed"],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    said: list[str] = []
    for text in process.stdout:
        said.append(text)
        if line in text:
            break
    else:
        pytest.fail(f"`{line}` was never said:\n{''.join(said)}")
    time.sleep(after)
    assert process.poll() is None, f"it ended before it could be killed:\n{''.join(said)}"
    os.killpg(process.pid, signal.SIGKILL) if everything else process.kill()
    process.wait()
    process.stdout.close()
    return "".join(said)


@pytest.mark.soak
def test_up_killed_at_five_points_recovers_each_time_and_ends_well(victim: Stage) -> None:
    for line, after, everything in POINTS:
        killed(victim, "up", line, after, everything=everything)
    victim.up()
    gang = victim.submit(name="gang", accelerators="H100:8", num_nodes=4, run_for="2s")
    assert victim.finished(gang) == "Succeeded"
    again = victim.up()
    assert set(again.counts) == {"unchanged"}, "what the killed runs made was taken over"


def test_down_killed_half_way_is_finished_by_the_next_down_and_leaves_nothing(victim: Stage) -> None:
    victim.up()
    killed(victim, "down", "50 objects deleted", 0.0, everything=True)
    victim.down()
    assert not victim.stack.run_dir.exists()
    marker = str(victim.stack.run_dir)
    until("no process is left", lambda: not _processes(marker))
    links = subprocess.check_output(["ip", "-o", "link"], text=True)
    assert "fl-killed" not in links
    assert marker not in Path("/proc/mounts").read_text()


def _processes(marker: str) -> list[str]:
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = entry.read_bytes().decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if marker in text:
            found.append(text)
    return found


def test_up_after_a_killed_down_works(victim: Stage) -> None:
    victim.up()
    killed(victim, "down", "50 objects deleted", 0.0, everything=False)
    victim.up()
    gang = victim.submit(name="gang", accelerators="H100:8", num_nodes=4, run_for="2s")
    assert victim.finished(gang) == "Succeeded"
