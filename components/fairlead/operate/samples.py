"""The two sample jobs of `fairlead up --samples`, sent through the workload interface and followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fairlead.workload.client import Client
from fairlead.workload.load import load_file
from fairlead.workload.state import JobState

FILES = ("gang.yaml", "train-cpu.yaml")
"""Under examples/: four nodes with eight simulated accelerators each; two workers that really compute."""
TIMEOUT_SECONDS = 600
USUAL_SECONDS = 30


def run(project: Path, kubeconfig: Path, say: Callable[[str], None]) -> list[JobState]:
    """Sends the samples and follows each to its end; their last states.

    Sent before, they are not sent again: what they did is shown.
    """
    client = Client(kubeconfig, say)
    jobs = [job for file in FILES for job in load_file(project / "examples" / file)]
    for job in jobs:
        say(f"{job.tenant}/{job.name} {client.submit(job).action}")
    # The one that really runs first: its lines come while the simulated one runs.
    for job in (job for job in jobs if job.accelerators is None):
        for line in client.logs(job.tenant, job.name, following=True):
            say(f"    {job.name} {line}")
    return [client.wait(job.tenant, job.name, "finished", TIMEOUT_SECONDS, _teller(say)) for job in jobs]


def _teller(say: Callable[[str], None]) -> Callable[[JobState], None]:
    def tell(state: JobState) -> None:
        say(
            f"{state.tenant}/{state.name} {state.phase}"
            f" {state.running}/{state.pods} pods {state.reason}".rstrip()
        )

    return tell
